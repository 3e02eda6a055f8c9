import { createHash } from 'node:crypto'
import type { Artifact } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import type { BaseInspector } from '../../inspect/index.ts'
import type { MediaTypeFamily } from '../../image/index.ts'
import { formatPlatformFully, normalizePlatform, onlyStrict, type Platform } from '../../platform/index.ts'
import { parseReference } from '../../reference/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { FileDigests } from '../../workspace/index.ts'
import type { Builder, BuildRequest, ParentImage } from '../contract.ts'
import type { Attesting } from '../builders/dockerfile/attestation-flags.ts'
import { baseNames } from './base-images.ts'
import { isAttested } from './is-attested.ts'
import { treeOfDependencies } from '../builders/native/dependencies.ts'
import { createInputDigester } from './digest-inputs.ts'
import type { InputTree } from './digest-tree.ts'

/** What keys are made with. */
export interface KeyParts {
  /** Knows what the artifact depends on. */
  readonly builder: Pick<Builder, 'dependencies' | 'inputs'>
  /** Knows what base images are now. */
  readonly bases: BaseInspector
  readonly digests: FileDigests
  /** This machine as containers see it; only decides which stages of a Dockerfile are needed. */
  readonly host: Platform
  /** As the builders' own: another level gives other digests. */
  readonly compressionLevel?: number
  /** Whose media types are asked for: the others give other digests. */
  readonly indexType?: MediaTypeFamily
  /** As the builder of Dockerfiles has it; `asked` when absent. */
  readonly attesting?: Attesting
  /** `SOURCE_DATE_EPOCH`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** To be raised when builders make other images of the same inputs. */
const formatVersion = 3

/** Keys by platform, or undefined when they cannot be made. */
export type ArtifactKeys = ReadonlyMap<Platform, string> | undefined

/**
 * For each platform a name of all that its image depends on: files, the builder's configuration, base images, required
 * artifacts, the platform. Nothing of the machine goes in. Undefined when something of it cannot be found out, and the
 * build has to say what is wrong.
 */
export async function artifactKeys(request: BuildRequest, parts: KeyParts): Promise<ArtifactKeys> {
  return attempt(request, parts, async (shared) => {
    const keys = await Promise.all(
      request.platforms.map(async (platform) => {
        const inputs = await inputsFor(platform, request, shared)
        return inputs === undefined
          ? undefined
          : keyOf(platform, inputs, await shared.digester.of(inputs.paths, inputs.tree))
      }),
    )
    return mapOf(request.platforms, keys)
  })
}

/**
 * The same keys for when the build is done, which has read most files by then: all is looked at now, and what is not the same
 * then gives no keys.
 */
export async function artifactKeysLater(
  request: BuildRequest,
  parts: KeyParts,
): Promise<(() => Promise<ArtifactKeys>) | undefined> {
  return attempt(request, parts, async (shared) => {
    const begun = await Promise.all(
      request.platforms.map(async (platform) => {
        const inputs = await inputsFor(platform, request, shared)
        return inputs === undefined
          ? undefined
          : { platform, inputs, files: await shared.digester.later(inputs.paths, inputs.tree) }
      }),
    )
    if (begun.includes(undefined)) return undefined
    return async () =>
      attempt(request, parts, async () => {
        const keys: (string | undefined)[] = []
        for (const one of begun) {
          const files = await one?.files()
          keys.push(one === undefined || files === undefined ? undefined : keyOf(one.platform, one.inputs, files))
        }
        return mapOf(request.platforms, keys)
      })
  })
}

async function attempt<T>(
  request: BuildRequest,
  parts: KeyParts,
  action: (shared: Shared) => Promise<T>,
): Promise<T | undefined> {
  const { contextFolder, signal } = request
  const { bases, digests } = parts
  for (const { reference, image, images } of request.parents ?? []) {
    if (images.length > 0) bases.learn([reference, image], images)
  }
  const artifact = withParents(request)
  const resolve = memoizeAsync(async (name: string) => bases.resolve(name, signal))
  try {
    const made = await action({
      ...parts,
      artifact,
      digester: createInputDigester({ folder: contextFolder, digests, signal }),
      bases: resolvingFirst(bases, resolve),
      resolve,
    })
    await saveIfPossible(digests)
    return made
  } catch (error) {
    signal.throwIfAborted()
    if (!isToolError(error)) throw error
    request.emit({ type: 'detail', text: `nothing is looked up for ${artifact.image}: ${error.message}` })
    return undefined
  } finally {
    digests.forget()
  }
}

/** What a name stood for in an earlier build of a session may be something else by now. */
function resolvingFirst(bases: BaseInspector, resolve: (name: string) => Promise<unknown>): BaseInspector {
  return {
    ...bases,
    async inspect(name, platform, signal) {
      if (!bases.hasLearned(name)) await resolve(name)
      return bases.inspect(name, platform, signal)
    },
  }
}

/** What is not kept is found out again. */
async function saveIfPossible(digests: FileDigests): Promise<void> {
  try {
    await digests.save()
  } catch (error) {
    if (!isToolError(error)) throw error
  }
}

function mapOf(platforms: readonly Platform[], keys: readonly (string | undefined)[]): ArtifactKeys {
  const known = platforms.flatMap((platform, index) => {
    const key = keys[index]
    return key === undefined ? [] : [[platform, key] as const]
  })
  return known.length === platforms.length ? new Map(known) : undefined
}

interface Shared extends KeyParts {
  readonly artifact: Artifact
  readonly digester: ReturnType<typeof createInputDigester>
  readonly resolve: (name: string) => Promise<string | undefined>
}

/** What a key is made of, the bytes of files left out. */
interface KeyInputs {
  readonly paths: readonly string[]
  /** In place of the paths. */
  readonly tree: InputTree | undefined
  readonly others: readonly unknown[]
}

async function inputsFor(platform: Platform, request: BuildRequest, shared: Shared): Promise<KeyInputs | undefined> {
  const { contextFolder, signal, reference, parents = [] } = request
  const { artifact, builder, env, host, resolve, compressionLevel, indexType, attesting = 'asked' } = shared
  const of = { artifact, contextFolder, signal }
  const names = await baseNames({ ...of, platform, host, bases: shared.bases })
  if (names === undefined) return undefined
  const asked = { ...of, platforms: [platform], reference }
  const known = await builder.inputs?.(asked)
  const paths = known === undefined ? await builder.dependencies(asked) : []
  const tree = known ?? treeOfDependencies(paths)
  const given = new Set(parents.map((parent) => parent.reference))
  const bases = await Promise.all(
    names.filter((name) => !given.has(name)).map(async (name) => [name, (await resolve(name)) ?? '']),
  )
  const others = [
    sorted(request.artifact.builder),
    bases,
    parents.map((parent) => [parent.alias, digestFor(platform, parent)]),
    env['SOURCE_DATE_EPOCH'] ?? '',
    ...(compressionLevel === undefined ? [] : [compressionLevel]),
    ...(indexType === undefined ? [] : [indexType]),
    ...((await isAttested({ ...of, platform, host, attesting })) ? ['attested'] : []),
  ]
  return { paths, tree, others }
}

function keyOf(platform: Platform, { others }: KeyInputs, files: string): string {
  const inputs = [formatVersion, formatPlatformFully(normalizePlatform(platform)), files, ...others]
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
