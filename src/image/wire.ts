import * as v from 'valibot'
import type { Platform } from '../platform/index.ts'
import { isDigest } from './digest.ts'
import type { Descriptor, ImageConfig, ImageManifest, IndexManifest } from './types.ts'

/** Go writes empty lists and maps as null; a null member says the same as none. Members of unknown objects included. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, member] of Object.entries(value)) if (member !== null) kept[key] = withoutNulls(member)
  return kept
}

const strings = v.array(v.string())
/** The map as it is: its keys are anybody's, `__proto__` included. */
const stringMap = v.custom<Readonly<Record<string, string>>>(isStringMap, 'is not a mapping to texts')
const objectMap = v.record(v.string(), v.looseObject({}))

/** @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests (grammar) */
const digest = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/, 'is not a digest'),
  v.check((text) => !/^sha(?:256|512):/.test(text) || isDigest(text), 'does not have the digits of its algorithm'),
)

/** @see https://github.com/opencontainers/image-spec/blob/main/image-index.md (platform) */
const platform = v.pipe(
  v.looseObject({
    architecture: v.string(),
    os: v.string(),
    variant: v.exactOptional(v.string()),
    'os.version': v.exactOptional(v.string()),
    'os.features': v.exactOptional(strings),
  }),
  v.transform((wire): Platform => ({
    os: wire.os,
    architecture: wire.architecture,
    ...(wire.variant === undefined || wire.variant === '' ? {} : { variant: wire.variant }),
    ...(wire['os.version'] === undefined || wire['os.version'] === '' ? {} : { osVersion: wire['os.version'] }),
    ...(wire['os.features'] === undefined ? {} : { osFeatures: wire['os.features'] }),
  })),
)

/** @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export const descriptorSchema: v.GenericSchema<unknown, Descriptor> = v.object({
  mediaType: v.string(),
  digest,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  platform: v.exactOptional(platform),
  annotations: v.exactOptional(stringMap),
  artifactType: v.exactOptional(v.string()),
  urls: v.exactOptional(strings),
  data: v.exactOptional(v.string()),
})

const schemaVersion = v.literal(2)

/** @see https://github.com/opencontainers/image-spec/blob/main/manifest.md */
export const manifestSchema: v.GenericSchema<unknown, Omit<ImageManifest, 'mediaType'>> = v.object({
  schemaVersion,
  artifactType: v.exactOptional(v.string()),
  config: descriptorSchema,
  layers: v.optional(v.array(descriptorSchema), []),
  subject: v.exactOptional(descriptorSchema),
  annotations: v.exactOptional(stringMap),
})

/**
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 * @see https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md (manifest list)
 */
export const indexSchema: v.GenericSchema<unknown, Omit<IndexManifest, 'mediaType'>> = v.object({
  schemaVersion,
  artifactType: v.exactOptional(v.string()),
  manifests: v.optional(v.array(descriptorSchema), []),
  subject: v.exactOptional(descriptorSchema),
  annotations: v.exactOptional(stringMap),
})

const healthcheck = v.looseObject({
  Test: v.exactOptional(strings),
  Interval: v.exactOptional(v.number()),
  Timeout: v.exactOptional(v.number()),
  StartPeriod: v.exactOptional(v.number()),
  StartInterval: v.exactOptional(v.number()),
  Retries: v.exactOptional(v.number()),
})

const containerConfig = v.looseObject({
  User: v.exactOptional(v.string()),
  ExposedPorts: v.exactOptional(objectMap),
  Env: v.exactOptional(strings),
  Entrypoint: v.exactOptional(strings),
  Cmd: v.exactOptional(strings),
  Volumes: v.exactOptional(objectMap),
  WorkingDir: v.exactOptional(v.string()),
  Labels: v.exactOptional(stringMap),
  StopSignal: v.exactOptional(v.string()),
  ArgsEscaped: v.exactOptional(v.boolean()),
  Healthcheck: v.exactOptional(healthcheck),
  OnBuild: v.exactOptional(strings),
  Shell: v.exactOptional(strings),
})

const historyEntry = v.looseObject({
  created: v.exactOptional(v.string()),
  created_by: v.exactOptional(v.string()),
  author: v.exactOptional(v.string()),
  comment: v.exactOptional(v.string()),
  empty_layer: v.exactOptional(v.boolean()),
})

/**
 * Members that the specification does not name are kept, so that a changed configuration does not lose them.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export const configSchema: v.GenericSchema<unknown, ImageConfig> = v.looseObject({
  created: v.exactOptional(v.string()),
  author: v.exactOptional(v.string()),
  os: v.pipe(v.string(), v.nonEmpty('is empty')),
  architecture: v.pipe(v.string(), v.nonEmpty('is empty')),
  variant: v.exactOptional(v.string()),
  'os.version': v.exactOptional(v.string()),
  'os.features': v.exactOptional(strings),
  config: v.exactOptional(containerConfig),
  rootfs: v.looseObject({ type: v.literal('layers'), diff_ids: v.optional(v.array(digest), []) }),
  history: v.exactOptional(v.array(historyEntry)),
})

function isStringMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((member) => typeof member === 'string')
}
