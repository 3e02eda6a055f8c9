import { join } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import {
  entriesOf,
  filterIndex,
  indexFromRaw,
  isAttestation,
  isImageType,
  isIndexType,
  type Descriptor,
} from '../../image/index.ts'
import { formatPlatformFully, type Platform } from '../../platform/index.ts'
import type { PushOutcome, RawManifest } from '../../registry/index.ts'
import {
  beginCopy,
  createCopier,
  findAttached,
  formatLocation,
  gatherEntries,
  isSamePlace,
  keepPlatforms,
  nameWithin,
  openStore,
  renamed,
  type Attached,
  type BegunCopy,
  type BlobEvent,
  type Copier,
  type ImageStore,
  type Location,
} from '../../transfer/index.ts'
import { tellProgress } from './blob-progress.ts'
import type { ImageContext } from './context.ts'
import { pinned } from './write-index.ts'

/** What to copy, and where to. */
export interface CopyRequest {
  readonly from: Location
  readonly to: Location
  /** Only these, as a new index; everything, byte for byte, when empty. */
  readonly platforms: readonly Platform[]
  /** Signatures and attestations that are kept beside the images as well. */
  readonly referrers: boolean
  /** Every tag of the repository, each under its own name. */
  readonly allTags: boolean
}

/** What came of a copy. */
export interface CopyResult {
  readonly images: readonly CopiedImage[]
  readonly blobs: Readonly<Record<PushOutcome, BlobCount>>
  readonly manifests: number
  readonly referrers: number
}

/** What one name stands for at its new place. */
export interface CopiedImage {
  readonly reference: string
  readonly digest: string
  /** `unchanged`: it was there already. */
  readonly outcome: 'copied' | 'unchanged'
}

/** How many blobs took which way. */
export interface BlobCount {
  count: number
  sizeBytes: number
}

/**
 * Copies images and indexes with everything they name: children first, tags last, nothing twice; what a broken run
 * brought is not brought again.
 * @throws MANIFEST_UNKNOWN, PLATFORM_NOT_OFFERED, REGISTRY_…
 */
export async function copyImage(context: ImageContext, request: CopyRequest): Promise<CopyResult> {
  const [source, sink] = await Promise.all([
    openStore(request.from, 'read', context),
    openStore(request.to, 'write', context),
  ])
  const work = startWork(context, { request, source: source.store, sink: sink.store })
  const images: CopiedImage[] = []
  for (const { name, to } of await namesToCopy(context, request, source.store)) {
    images.push(await copyOne(work, name, to))
  }
  await sink.finish()
  await (await work.begun())?.finish()
  return { images, blobs: work.blobs, manifests: work.counts.manifests, referrers: work.counts.referrers }
}

interface Work {
  readonly context: ImageContext
  readonly request: CopyRequest
  readonly source: ImageStore
  readonly sink: ImageStore
  readonly copier: Copier
  readonly blobs: Record<PushOutcome, BlobCount>
  readonly counts: { manifests: number; referrers: number }
  /** Undefined when no content had to be brought. */
  readonly begun: () => Promise<BegunCopy | undefined>
}

function startWork(context: ImageContext, parts: Pick<Work, 'request' | 'source' | 'sink'>): Work {
  const blobs: Work['blobs'] = {
    exists: { count: 0, sizeBytes: 0 },
    mounted: { count: 0, sizeBytes: 0 },
    uploaded: { count: 0, sizeBytes: 0 },
  }
  const counts = { manifests: 0, referrers: 0 }
  const image = formatLocation(parts.request.to)
  const onBlob = ({ digest, sizeBytes, how }: BlobEvent): void => {
    blobs[how].count += 1
    blobs[how].sizeBytes += sizeBytes
    context.emit({ type: 'blobPushed', image, digest, sizeBytes, how })
  }
  const onProgress = tellProgress(context, image)
  const { source, sink } = parts
  const onManifest = (): void => {
    counts.manifests += 1
  }
  let begun: Promise<BegunCopy> | undefined
  const isResumed = async (): Promise<boolean> => {
    begun ??= beginCopy(join(context.dataFolder, 'copies'), sink.title)
    return (await begun).isResumed
  }
  const { signal } = context
  const copier = createCopier({ source, sink, isResumed, signal, onBlob, onProgress, onManifest })
  return { context, ...parts, copier, blobs, counts, begun: async () => begun }
}

interface NamedCopy {
  readonly name: string | undefined
  readonly to: Location
}

/** Tags of a digest are no images: they come with what they are about. */
async function namesToCopy(
  { signal }: ImageContext,
  { from, to, allTags }: CopyRequest,
  source: ImageStore,
): Promise<readonly NamedCopy[]> {
  if (!allTags) return [{ name: nameWithin(from), to }]
  const tags = (await source.listTags(signal)).filter((tag) => !/^sha(?:256|512)-[0-9a-f]{64}/.test(tag))
  return tags.map((tag) => ({ name: tag, to: renamed(to, tag) }))
}

async function copyOne(work: Work, name: string | undefined, to: Location): Promise<CopiedImage> {
  const { context, source, sink, request } = work
  const tag = tagFor(to, name)
  const [whole, before] = await Promise.all([
    source.getManifest(name, context.signal),
    sink.resolve(tag, context.signal),
  ])
  const top = await pickPlatforms(work, whole)
  const { digest } = top.descriptor
  const isThere = before?.digest === digest
  const hasMore = request.referrers && !isSamePlace(source, sink)
  // looked for while the image is on its way
  const looking = hasMore ? findAttached(source, subjectsIn(top), context.signal) : undefined
  looking?.catch(ignore)
  if (!isThere) {
    await work.copier.bringContent(top)
    await sink.putManifest(tag, top, context.signal)
    work.counts.manifests += 1
  }
  if (looking !== undefined) await copyAttached(work, await looking)
  return { reference: pinned(named(to, tag), digest), digest, outcome: isThere ? 'unchanged' : 'copied' }
}

/** Folders keep the source's tag where they are given none. */
function tagFor(to: Location, name: string | undefined): string {
  return nameWithin(to) ?? (name === undefined || name.includes(':') ? 'latest' : name)
}

function named(to: Location, tag: string): Location {
  return to.kind === 'registry' || to.kind === 'docker-daemon' ? to : renamed(to, tag)
}

async function pickPlatforms({ context, request, source }: Work, whole: RawManifest): Promise<RawManifest> {
  const { platforms, from } = request
  if (platforms.length === 0) return whole
  const name = whole.descriptor.digest
  const { entries, index } = await gatherEntries(source, name, { platforms, signal: context.signal })
  if (entries.length === 0) {
    const wanted = platforms.map(formatPlatformFully).join(', ')
    throw new ToolError('PLATFORM_NOT_OFFERED', `${formatLocation(from)} has no image for ${wanted}`)
  }
  if (index === undefined) return whole
  const kept = new Set(keepPlatforms(entriesOf(index), platforms).map(({ descriptor }) => descriptor.digest))
  const picked = filterIndex(index, ({ digest }) => kept.has(digest))
  context.emit({
    type: 'info',
    text: `${formatLocation(from)} is ${name}; of it ${kept.size} of ${index.index.manifests.length} entries are copied, as the new index ${picked.descriptor.digest}`,
  })
  return { descriptor: picked.descriptor, bytes: picked.rawManifest }
}

/** What fails is told when it is waited for. */
function ignore(): void {}

async function copyAttached({ context, source, sink, copier, counts }: Work, attached: Attached): Promise<void> {
  const { signal } = context
  const { referrers, tags } = attached
  await Promise.all(referrers.map(async (descriptor) => copier.bring(descriptor)))
  for (const tag of tags) {
    const manifest = await source.getManifest(tag, signal)
    if ((await sink.resolve(tag, signal))?.digest === manifest.descriptor.digest) continue
    await copier.bringContent(manifest)
    await sink.putManifest(tag, manifest, signal)
  }
  counts.referrers += referrers.length + tags.length
}

/** What somebody may have signed: the index and its images. */
function subjectsIn(top: RawManifest): readonly string[] {
  const { mediaType, digest } = top.descriptor
  if (!isIndexType(mediaType)) return [digest]
  const children: readonly Descriptor[] = indexFromRaw(top.bytes).index.manifests
  const images = children.filter((child) => isImageType(child.mediaType) && !isAttestation(child))
  return [digest, ...images.map((child) => child.digest)]
}
