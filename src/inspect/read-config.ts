import {
  isAttestation,
  isConfigType,
  parseConfig,
  parseManifest,
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
} from '../image/index.ts'
import { ToolError } from '../errors/index.ts'
import { formatPlatform, only, selectOne, type Platform } from '../platform/index.ts'
import { formatReference, parseReference, withDigest, type Reference } from '../reference/index.ts'
import type { Registry } from '../registry/index.ts'

/** Which configuration of a reference is wanted. */
export interface ReadConfigOptions {
  readonly registry: Registry
  /** Of an index; absent: the first image of it. */
  readonly platform?: Platform
  readonly signal?: AbortSignal
}

/**
 * Reads the configuration of an image: what it starts, its variables, its labels.
 * @throws PLATFORM_NOT_OFFERED when the index has no image for the platform
 * @throws REFERENCE_INVALID, MANIFEST_UNKNOWN, MANIFEST_INVALID, IMAGE_CONFIG_INVALID, REGISTRY_…
 */
export async function readImageConfig(text: string, options: ReadConfigOptions): Promise<ImageConfig> {
  const { registry, signal } = options
  const parsed = parseReference(text)
  const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
  const { config } = await imageManifest(reference, options)
  if (!isConfigType(config.mediaType)) {
    throw new ToolError('MANIFEST_INVALID', `${text} is no image to run: its content is ${config.mediaType}`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.getBlob(reference, config, signal)) chunks.push(chunk)
  return parseConfig(Buffer.concat(chunks))
}

async function imageManifest(reference: Reference, options: ReadConfigOptions): Promise<ImageManifest> {
  const { bytes, descriptor } = await options.registry.getManifest(reference, options.signal)
  const parsed = parseManifest(bytes, descriptor.mediaType)
  if (parsed.kind === 'image') return parsed.manifest
  const entries = parsed.index.manifests.filter((entry) => !isAttestation(entry))
  const entry = chooseEntry(entries, options.platform)
  if (entry === undefined) throw notOffered(reference, options.platform)
  const child = await options.registry.getManifest(withDigest(reference, entry.digest), options.signal)
  const inner = parseManifest(child.bytes, child.descriptor.mediaType)
  if (inner.kind === 'image') return inner.manifest
  throw new ToolError('MANIFEST_INVALID', `${formatReference(reference)} is an index of indexes`)
}

function chooseEntry(entries: readonly Descriptor[], platform: Platform | undefined): Descriptor | undefined {
  return platform === undefined ? entries[0] : selectOne(only(platform), entries, (entry) => entry.platform)
}

function notOffered(reference: Reference, platform: Platform | undefined): ToolError {
  const what = platform === undefined ? 'image' : `image for ${formatPlatform(platform)}`
  return new ToolError('PLATFORM_NOT_OFFERED', `${formatReference(reference)} has no ${what}`)
}
