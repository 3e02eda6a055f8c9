import { createHash } from 'node:crypto'
import type { Artifact } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import { formatPlatformFully, normalizePlatform, onlyStrict, type Platform } from '../../platform/index.ts'
import type { Registry } from '../../registry/index.ts'
import { parseReference } from '../../reference/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { FileDigests } from '../../workspace/index.ts'
import type { Builder, BuildRequest, ParentImage } from '../contract.ts'
import { baseNames, resolveBase } from './base-images.ts'
import { createInputDigester } from './digest-inputs.ts'

/** What keys are made with. */
export interface KeyParts {
  /** Knows what the artifact depends on. */
  readonly builder: Pick<Builder, 'dependencies'>
  readonly registry: Registry
  readonly digests: FileDigests
  /** This machine as containers see it; only decides which stages of a Dockerfile are needed. */
  readonly host: Platform
  /** `SOURCE_DATE_EPOCH`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** To be raised when builders make other images of the same inputs. */
const formatVersion = 1

/**
 * For each platform a name of all that its image depends on: files, the builder's configuration, base images, required
 * artifacts, the platform. Nothing of the machine goes in. Undefined when something of it cannot be found out, and the
 * build has to say what is wrong.
 */
export async function artifactKeys(
  request: BuildRequest,
  parts: KeyParts,
): Promise<ReadonlyMap<Platform, string> | undefined> {
  const { contextFolder, signal } = request
  const { registry, digests } = parts
  const artifact = withParents(request)
  const shared: Shared = {
    ...parts,
    artifact,
    digester: createInputDigester({ folder: contextFolder, digests, signal }),
    resolve: memoizeAsync(async (name) => resolveBase(name, registry, signal)),
  }
  try {
    const keys = await Promise.all(
      request.platforms.map(async (platform) => [platform, await keyFor(platform, request, shared)] as const),
    )
    const known = keys.flatMap(([platform, key]) => (key === undefined ? [] : [[platform, key] as const]))
    return known.length === keys.length ? new Map(known) : undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!isToolError(error)) throw error
    request.emit({ type: 'detail', text: `nothing is looked up for ${artifact.image}: ${error.message}` })
    return undefined
  } finally {
    digests.forget()
  }
}

interface Shared extends KeyParts {
  readonly artifact: Artifact
  readonly digester: ReturnType<typeof createInputDigester>
  readonly resolve: (name: string) => Promise<string | undefined>
}

async function keyFor(platform: Platform, request: BuildRequest, shared: Shared): Promise<string | undefined> {
  const { contextFolder, signal, parents = [] } = request
  const { artifact, builder, env, host, digester, resolve } = shared
  const of = { artifact, contextFolder, signal }
  const names = await baseNames({ ...of, platform, host })
  if (names === undefined) return undefined
  const files = await digester.of(await builder.dependencies({ ...of, platforms: [platform] }))
  const given = new Set(parents.map(({ reference }) => reference))
  const bases = await Promise.all(
    names.filter((name) => !given.has(name)).map(async (name) => [name, (await resolve(name)) ?? '']),
  )
  const inputs = [
    formatVersion,
    sorted(request.artifact.builder),
    formatPlatformFully(normalizePlatform(platform)),
    files,
    bases,
    parents.map((parent) => [parent.alias, digestFor(platform, parent)]),
    env['SOURCE_DATE_EPOCH'] ?? '',
  ]
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}

/** Its own image for the platform when that is known: another platform beside it changes nothing. */
function digestFor(platform: Platform, { images, reference }: ParentImage): string {
  const own = images.find((image) => onlyStrict(platform).matches(image.platform))
  return own?.descriptor.digest ?? parseReference(reference).digest ?? reference
}

/** Required images are arguments of the build. */
function withParents({ artifact, parents = [] }: BuildRequest): Artifact {
  const { builder } = artifact
  if ((builder.kind !== 'docker' && builder.kind !== 'kaniko') || parents.length === 0) return artifact
  const added = Object.fromEntries(parents.map(({ alias, reference }) => [alias, reference]))
  return { ...artifact, builder: { ...builder, buildArgs: { ...added, ...builder.buildArgs } } }
}

/** The same text for the same members, in whatever order they were written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)])
}

/** Names what was made for several platforms in one go. */
export function setKey(keys: ReadonlyMap<Platform, string>): string {
  return createHash('sha256')
    .update([...keys.values()].sort().join('\n'))
    .digest('hex')
}
