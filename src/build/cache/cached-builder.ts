import { isToolError } from '../../errors/index.ts'
import type { Image } from '../../image/index.ts'
import { formatPlatform, type Platform } from '../../platform/index.ts'
import type { Registry } from '../../registry/index.ts'
import { withTag, type Reference } from '../../reference/index.ts'
import type { Builder, BuildRequest, BuildResult } from '../contract.ts'
import { buildPlatforms } from '../build-platforms.ts'
import { withBuild } from '../with-build.ts'
import { artifactKeys, artifactKeysLater, setKey, type ArtifactKeys, type KeyParts } from './artifact-key.ts'
import type { ArtifactRecord, ArtifactRecords } from './artifact-records.ts'
import { findLocally, localRecord, type LocalImages } from './find-local.ts'
import { findAttached, findImages, imageFor, manifestAt, type ImagePlace } from './find-images.ts'

/** What a cache of artifacts needs beside the builder. */
export interface CachedBuilderParts extends Omit<KeyParts, 'builder'> {
  /** Where what was built is looked for. */
  readonly registry: Registry
  readonly records: ArtifactRecords
  /** Absent: images that are not pushed are always built. */
  readonly local?: LocalImages
}

/**
 * The same builder, which builds only what was not built before out of the same inputs: per platform, so that another
 * platform beside the old ones is built alone. What was built is found by its key in the records, and has to be in the
 * registry still, or in Docker's engine when it is not pushed.
 */
export function cacheBuilder(builder: Builder, parts: CachedBuilderParts): Builder {
  const lookups = new WeakMap<Reference, Promise<Lookup>>()
  const keyParts = { ...parts, builder }
  // a build looks up what `find` has looked up for it
  const lookUpOnce = (request: BuildRequest): Promise<Lookup> => {
    const lookup = lookups.get(request.reference) ?? lookUp(request, keyParts)
    lookups.set(request.reference, lookup)
    return lookup
  }
  return withBuild(builder, {
    multiPlatform: true,
    async find(request) {
      if (!request.push) return findUnpushed(request, keyParts)
      const lookup = await lookUpOnce(request)
      say(request, lookup)
      return lookup.pushed ?? allOf(request, lookup)
    },
    async build(request) {
      if (!request.push) return buildUnpushed(request, keyParts)
      return buildMissing(request, await lookUpOnce(request), keyParts)
    },
  })
}

interface Parts extends CachedBuilderParts {
  readonly builder: Builder
}

async function findUnpushed(request: BuildRequest, parts: Parts): Promise<BuildResult | undefined> {
  const { records, local } = parts
  const keys = local === undefined ? undefined : await artifactKeys(request, parts)
  if (local === undefined || keys === undefined) return undefined
  const found = await findLocally(setKey(keys), request, { records, local })
  const { artifact, emit, platforms } = request
  const texts = platforms.map(formatPlatform)
  const [there, missing] = found === undefined ? [[], texts] : [texts, []]
  emit({ type: 'cacheChecked', image: artifact.image, found: there, missing, isLocal: true })
  return found
}

async function buildUnpushed(request: BuildRequest, parts: Parts): Promise<BuildResult> {
  const keys = parts.local === undefined ? undefined : await artifactKeys(request, parts)
  const result = await buildPlatforms(parts.builder, request)
  const record = keys === undefined ? undefined : localRecord(setKey(keys), request, result)
  if (record !== undefined) await addRecords(request, [record], parts)
  return result
}

interface Lookup {
  /** Whether it is known what would have to be there. */
  readonly isKnown: boolean
  /** The keys to remember under what is built now; undefined when there are none. */
  readonly keys: () => Promise<ArtifactKeys>
  readonly images: ReadonlyMap<Platform, Image>
  /** What a builder has pushed on its own for exactly these platforms. */
  readonly pushed?: BuildResult
}

async function lookUp(request: BuildRequest, parts: Parts): Promise<Lookup> {
  if (!(await parts.records.hasAny(request.reference.registry))) return lookUpLater(request, parts)
  const keys = await artifactKeys(request, parts)
  const lookup = { isKnown: keys !== undefined, keys: async () => Promise.resolve(keys), images: new Map() }
  if (keys === undefined) return lookup
  const pushed = await findPushed(request, keys, parts)
  if (pushed !== undefined) return { ...lookup, pushed }
  const found = await Promise.all(
    [...keys].map(async ([platform, key]) => {
      const image = await findOne({ request, platform, key }, parts)
      return image === undefined ? [] : [[platform, image] as const]
    }),
  )
  return { ...lookup, images: new Map(found.flat()) }
}

/** Nothing can be there: what the files hold is asked when the build has read them. */
async function lookUpLater(request: BuildRequest, parts: Parts): Promise<Lookup> {
  const later = await artifactKeysLater(request, parts)
  return { isKnown: later !== undefined, keys: async () => later?.(), images: new Map() }
}

interface Wanted {
  readonly request: BuildRequest
  readonly platform: Platform
  readonly key: string
}

async function findOne({ request, platform, key }: Wanted, parts: Parts): Promise<Image | undefined> {
  for (const record of inOrder(await parts.records.get(key), request.reference)) {
    const image = imageFor(platform, await imagesOf(record, request, parts))
    if (image !== undefined) return image
  }
  return undefined
}

/** Those of the repository that is pushed to first; of other registries none, for all layers would have to come along. */
function inOrder(records: readonly ArtifactRecord[], target: Reference): readonly ArtifactRecord[] {
  const near = records.filter(({ registry }) => registry === target.registry)
  return [...near.filter((record) => isIn(record, target)), ...near.filter((record) => !isIn(record, target))]
}

function isIn({ registry, repository }: ArtifactRecord, target: Reference): boolean {
  return registry === target.registry && repository === target.repository
}

async function imagesOf(
  record: ArtifactRecord,
  { reference, signal }: BuildRequest,
  { registry }: Parts,
): Promise<readonly Image[]> {
  const place: ImagePlace = { registry, repository: record, signal }
  const { attached = [] } = record
  try {
    const images = (await findImages(record.digest, place)) ?? []
    const whole = await Promise.all(images.map(async (image) => findAttached(image, attached, place)))
    return whole.flatMap((image) => image ?? [])
  } catch (error) {
    signal.throwIfAborted()
    // another repository may be closed to this user by now, and what is in it may be damaged
    if (!isToolError(error) || (isIn(record, reference) && error.code.startsWith('REGISTRY_'))) throw error
    return []
  }
}

/** A builder that pushes on its own has made the index as well: it is kept as it is, under the new tag. */
async function findPushed(
  request: BuildRequest,
  keys: ReadonlyMap<Platform, string>,
  { builder, records, registry }: Parts,
): Promise<BuildResult | undefined> {
  if (!builder.multiPlatform) return undefined
  const { reference, signal } = request
  const place: ImagePlace = { registry, repository: reference, signal }
  for (const record of await records.get(setKey(keys))) {
    if (!isIn(record, reference)) continue
    const manifest = await manifestAt(record.digest, place)
    if (manifest === undefined) continue
    const isTagged = (await registry.resolve(reference, signal))?.digest === record.digest
    if (!isTagged && reference.tag !== undefined) {
      await registry.putManifest(withTag(place.repository, reference.tag), manifest, signal)
    }
    return { kind: 'pushed', digest: record.digest }
  }
  return undefined
}

function say({ artifact, emit, platforms }: BuildRequest, { isKnown, images, pushed }: Lookup): void {
  if (!isKnown) return
  const missing = pushed === undefined ? platforms.filter((platform) => !images.has(platform)) : []
  const found = platforms.filter((platform) => !missing.includes(platform))
  emit({
    type: 'cacheChecked',
    image: artifact.image,
    found: found.map(formatPlatform),
    missing: missing.map(formatPlatform),
  })
}

function allOf({ platforms }: BuildRequest, { images }: Lookup): BuildResult | undefined {
  const found = platforms.flatMap((platform) => images.get(platform) ?? [])
  return found.length === platforms.length ? { kind: 'images', images: found } : undefined
}

async function buildMissing(request: BuildRequest, lookup: Lookup, parts: Parts): Promise<BuildResult> {
  const { images, pushed } = lookup
  const found = pushed ?? allOf(request, lookup)
  if (found !== undefined) return found
  const missing = request.platforms.filter((platform) => !images.has(platform))
  const isPart = missing.length < request.platforms.length ? { isPart: true as const } : {}
  const result = await buildPlatforms(parts.builder, { ...request, ...isPart, platforms: missing })
  const keys = await lookup.keys()
  if (keys === undefined) return result
  const made = result.kind === 'images' ? result.images : await readPushed(result.digest, request, parts)
  await remember(request, { keys, made, pushed: result.kind === 'pushed' ? result.digest : undefined }, parts)
  if (images.size === 0) return result
  const all = request.platforms.flatMap((platform) => images.get(platform) ?? imageFor(platform, made) ?? [])
  return { kind: 'images', images: all }
}

/** None when the registry keeps it to itself: the build has succeeded all the same. */
async function readPushed(
  digest: string,
  { reference, signal }: BuildRequest,
  { registry }: Parts,
): Promise<readonly Image[]> {
  try {
    return (await findImages(digest, { registry, repository: reference, signal })) ?? []
  } catch (error) {
    signal.throwIfAborted()
    if (!isToolError(error)) throw error
    return []
  }
}

interface Made {
  readonly keys: ReadonlyMap<Platform, string>
  readonly made: readonly Image[]
  readonly pushed: string | undefined
}

async function remember(request: BuildRequest, { keys, made, pushed }: Made, parts: Parts): Promise<void> {
  const { registry, repository } = request.reference
  const at = { registry, repository }
  const single = [...keys].flatMap(([platform, key]) => {
    const image = imageFor(platform, made)
    if (image === undefined) return []
    const attached = image.attached?.map(({ descriptor }) => descriptor.digest)
    return [{ key, ...at, digest: image.descriptor.digest, ...(attached === undefined ? {} : { attached }) }]
  })
  const whole = pushed === undefined || single.length < keys.size ? [] : [{ key: setKey(keys), ...at, digest: pushed }]
  await addRecords(request, [...single, ...whole], parts)
}

async function addRecords(request: BuildRequest, added: readonly ArtifactRecord[], { records }: Parts): Promise<void> {
  try {
    await records.add(added)
  } catch (error) {
    if (!isToolError(error)) throw error
    const hint = 'pass --cache-file with a file that you may write, or --cache-artifacts=false'
    request.emit({ type: 'warning', text: `the next build will build it again: ${error.message}`, hint })
  }
}
