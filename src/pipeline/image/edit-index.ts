import { ToolError } from '../../errors/index.ts'
import {
  changeEntry,
  entriesOf,
  familyOf,
  indexFromRaw,
  isAttestation,
  isIndexType,
  writeIndex,
  type IndexEntry,
  type MediaTypeFamily,
} from '../../image/index.ts'
import { formatPlatformFully, parsePlatform, platformsEqual, type Platform } from '../../platform/index.ts'
import {
  formatLocation,
  isAbout,
  nameWithin,
  openStore,
  type GatheredEntry,
  type Location,
} from '../../transfer/index.ts'
import { annotateEntries, indexAnnotations, type Annotation } from './annotations.ts'
import type { ImageContext } from './context.ts'
import { findTwinEntries, gatherSources, uniqueEntries, type CreatedIndex } from './create-index.ts'
import { putIndex } from './write-index.ts'

/** How an index that is there is to be changed: first what is removed, then what is put in, then annotations. */
export interface EditIndexRequest {
  readonly index: Location
  /** Platforms or digests; attestations go with their images. */
  readonly remove: readonly string[]
  /** Images and indexes whose entries take the place of those for the same platforms. */
  readonly replace: readonly Location[]
  /** Images and indexes for platforms that the index does not have yet. */
  readonly add: readonly Location[]
  readonly annotations: readonly Annotation[]
  /** Keys to take away, written like {@link Annotation}s without value. */
  readonly dropAnnotations: readonly Annotation[]
  /** The index's own when absent. */
  readonly family?: MediaTypeFamily
  /** The digest that the tag has to have. */
  readonly expectDigest?: string
  readonly dryRun: boolean
}

/**
 * Changes an index in place. What nobody asked to change stays as it is written; the tag is only moved if it still
 * points at what was read.
 * @throws IMAGE_INVALID when it is one image, INDEX_ENTRY_UNKNOWN, INDEX_PLATFORM_TWICE, TAG_MOVED, REGISTRY_…
 */
export async function editIndex(context: ImageContext, request: EditIndexRequest): Promise<CreatedIndex> {
  const { index: to, dryRun } = request
  const { store } = await openStore(to, 'read', context)
  const [top, replacing, adding] = await Promise.all([
    store.getManifest(nameWithin(to), context.signal),
    gatherSources(context, { sources: request.replace, platforms: [] }),
    gatherSources(context, { sources: request.add, platforms: [] }),
  ])
  if (!isIndexType(top.descriptor.mediaType)) throw noIndex(to)
  checkRead(to, top.descriptor.digest, request.expectDigest)
  const base = indexFromRaw(top.bytes, top.descriptor)
  const own: readonly GatheredEntry[] = entriesOf(base).map((entry) => ({ ...entry, source: store }))
  const kept = removeEntries(own, request.remove)
  const replaced = replacing.flatMap(({ entries }) => entries).reduce(putInPlace, kept)
  const added = uniqueEntries([...replaced, ...adding.flatMap(({ entries }) => entries)])
  checkTwins(own, added)
  const entries = dropFromEntries(annotateEntries(added, request.annotations), request.dropAnnotations)
  const index = writeIndex({
    entries,
    annotations: indexAnnotations(request.annotations),
    dropAnnotations: request.dropAnnotations.filter(({ on }) => on === 'index').map(({ key }) => key),
    base,
    family: request.family ?? familyOf(top.descriptor.mediaType),
  })
  const written = await putIndex(context, { index, entries, to, dryRun, expectDigest: top.descriptor.digest })
  return { index, written: [written] }
}

function checkRead(to: Location, digest: string, expected: string | undefined): void {
  if (expected === undefined || expected === digest) return
  throw new ToolError('TAG_MOVED', `${formatLocation(to)} points at ${digest}, and not at ${expected} as expected`, {
    hint: 'look at what is there now, then try again with its digest',
  })
}

function removeEntries(entries: readonly GatheredEntry[], texts: readonly string[]): readonly GatheredEntry[] {
  const gone = texts.flatMap((text) => {
    const matching = entries.filter((entry) => isNamed(entry, text))
    if (matching.length > 0) return matching
    throw new ToolError('INDEX_ENTRY_UNKNOWN', `no entry of the index is ${text}`, {
      hint: `it has ${entries.map(describe).join(', ')}`,
    })
  })
  return entries.filter((entry) => !gone.includes(entry) && !isAbout(entry.descriptor, gone))
}

function isNamed({ descriptor }: IndexEntry, text: string): boolean {
  if (/^sha(?:256|512):/.test(text)) return descriptor.digest === text
  const { platform } = descriptor
  if (platform === undefined || isAttestation(descriptor)) return false
  const wanted = parsePlatform(text, { os: 'linux', architecture: '' })
  return isSamePlatform(wanted, platform) || formatPlatformFully(platform) === text
}

/** Builds of Windows are platforms of their own when they are named. */
function isSamePlatform(wanted: Platform, own: Platform): boolean {
  return platformsEqual(wanted, own) && (wanted.osVersion === undefined || wanted.osVersion === own.osVersion)
}

/** An image stands where the one for its platform stood, whose attestations go; everything else comes at the end. */
function putInPlace(entries: readonly GatheredEntry[], fresh: GatheredEntry): readonly GatheredEntry[] {
  if (entries.some(({ descriptor }) => descriptor.digest === fresh.descriptor.digest)) return entries
  const { platform } = fresh.descriptor
  const old = entries.find(({ descriptor }) => {
    if (platform === undefined || isAttestation(fresh.descriptor) || isAttestation(descriptor)) return false
    return descriptor.platform !== undefined && isSamePlatform(platform, descriptor.platform)
  })
  if (old === undefined) return [...entries, fresh]
  return entries
    .filter((entry) => !isAbout(entry.descriptor, [old]))
    .map((entry) => (entry === old ? { ...fresh, ...keepNotes(old, fresh) } : entry))
}

/** What was said about the platform's entry is said about the new one; it is the same place in the index. */
function keepNotes({ descriptor }: IndexEntry, fresh: IndexEntry): IndexEntry {
  if (descriptor.annotations === undefined) return fresh
  return changeEntry(fresh, { annotations: { ...descriptor.annotations, ...fresh.descriptor.annotations } })
}

/** Twins that were there before are not this edit's business. */
function checkTwins(before: readonly IndexEntry[], after: readonly IndexEntry[]): void {
  const twins = findTwinEntries(after)
  if (twins === undefined || findTwinEntries(before) !== undefined) return
  const { platform } = twins[0].descriptor
  const name = platform === undefined ? '' : formatPlatformFully(platform)
  throw new ToolError('INDEX_PLATFORM_TWICE', `the index has an image for ${name} already`, {
    hint: 'put the new one in its place with --replace',
  })
}

function dropFromEntries(entries: readonly GatheredEntry[], drops: readonly Annotation[]): readonly GatheredEntry[] {
  const own = drops.filter(({ on }) => on === 'descriptor')
  return entries.map((entry) => {
    const { platform } = entry.descriptor
    const fitting = own.filter((drop) => {
      return drop.platform === undefined || (platform !== undefined && platformsEqual(drop.platform, platform))
    })
    const keys = fitting.map(({ key }) => key).filter((key) => entry.descriptor.annotations?.[key] !== undefined)
    return keys.length === 0 ? entry : { ...entry, ...changeEntry(entry, { dropAnnotations: keys }) }
  })
}

function describe({ descriptor }: IndexEntry): string {
  const { platform, digest } = descriptor
  return platform === undefined || isAttestation(descriptor) ? digest : formatPlatformFully(platform)
}

function noIndex(to: Location): ToolError {
  const name = formatLocation(to)
  return new ToolError('IMAGE_INVALID', `${name} is one image and no index`, {
    hint: `make an index of it first: catamaran index create ${name} ${name}`,
  })
}
