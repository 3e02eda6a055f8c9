import { ToolError } from '../../errors/index.ts'
import { isAttestation, writeIndex, type ImageIndex, type IndexEntry, type MediaTypeFamily } from '../../image/index.ts'
import { formatPlatformFully, normalizePlatform, type Platform } from '../../platform/index.ts'
import {
  formatLocation,
  gatherEntries,
  nameWithin,
  openStore,
  type Gathered,
  type GatheredEntry,
  type Location,
} from '../../transfer/index.ts'
import { annotateEntries, indexAnnotations, type Annotation } from './annotations.ts'
import type { ImageContext } from './context.ts'
import { putIndex, type IndexWritten } from './write-index.ts'

/** An index to make out of images and indexes. */
export interface CreateIndexRequest {
  /** With the tags; all get the same index. */
  readonly to: readonly Location[]
  readonly sources: readonly Location[]
  /** Only these; all when empty. */
  readonly platforms: readonly Platform[]
  readonly annotations: readonly Annotation[]
  /** When absent: Docker's list if all entries are of Docker's types and there are no annotations, else OCI's index. */
  readonly family?: MediaTypeFamily
  /** Of the first place: the digest that its tag has to have now, or `none`. */
  readonly expectDigest?: string
  readonly dryRun: boolean
}

/** An index that was made. */
export interface CreatedIndex {
  readonly index: ImageIndex
  readonly written: readonly IndexWritten[]
}

/**
 * Makes an index and writes it under every tag. Sources that are indexes give their entries, attestations included;
 * order is kept as given, and so is everything that one source index alone says about itself.
 * @throws INDEX_PLATFORM_TWICE, INDEX_EMPTY, PLATFORM_NOT_OFFERED, TAG_MOVED, REGISTRY_…
 */
export async function createIndexOf(context: ImageContext, request: CreateIndexRequest): Promise<CreatedIndex> {
  const gathered = await gatherSources(context, request)
  const entries = annotateEntries(uniqueEntries(gathered.flatMap((one) => one.entries)), request.annotations)
  checkOffered(entries, request)
  const twins = findTwinEntries(entries)
  if (twins !== undefined) throw twice(twins)
  const index = compose(gathered, entries, request)
  const written: IndexWritten[] = []
  for (const [at, to] of request.to.entries()) {
    const { expectDigest, dryRun } = request
    const expected = at > 0 || expectDigest === undefined ? {} : { expectDigest }
    written.push(await putIndex(context, { index, entries, to, dryRun, ...expected }))
  }
  return { index, written }
}

/** Opens each source once and reads what it has to offer. */
export async function gatherSources(
  context: ImageContext,
  { sources, platforms }: Pick<CreateIndexRequest, 'sources' | 'platforms'>,
): Promise<readonly Gathered[]> {
  return Promise.all(
    sources.map(async (source) => {
      const { store } = await openStore(source, 'read', context)
      return gatherEntries(store, nameWithin(source), { platforms, signal: context.signal })
    }),
  )
}

/** The same manifest twice is there once. */
export function uniqueEntries<Entry extends IndexEntry>(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>()
  return entries.filter(({ descriptor }) => !seen.has(descriptor.digest) && seen.add(descriptor.digest).size > 0)
}

/** Two entries for the very same platform: a node takes the first, and nobody gets the second. */
export function findTwinEntries(entries: readonly IndexEntry[]): readonly [IndexEntry, IndexEntry] | undefined {
  const seen = new Map<string, IndexEntry>()
  for (const entry of entries) {
    const { platform } = entry.descriptor
    if (platform === undefined || isAttestation(entry.descriptor)) continue
    const key = formatPlatformFully(normalizePlatform(platform))
    const twin = seen.get(key)
    if (twin !== undefined) return [twin, entry]
    seen.set(key, entry)
  }
  return undefined
}

/** What one source index says about itself is kept; of several nobody could say which is right. Unchanged, it stays byte for byte. */
function compose(
  gathered: readonly Gathered[],
  entries: readonly GatheredEntry[],
  { annotations, family }: CreateIndexRequest,
): ImageIndex {
  const indexes = gathered.map(({ index }) => index).filter((index) => index !== undefined)
  const [base] = indexes
  const only = gathered.length === 1 ? base : undefined
  const isUnchanged =
    annotations.length === 0 && family === undefined && only?.index.manifests.length === entries.length
  if (only !== undefined && isUnchanged) return only
  return writeIndex({
    entries,
    annotations: { ...mergedAnnotations(indexes), ...indexAnnotations(annotations) },
    ...(family === undefined ? {} : { family }),
    ...(base === undefined || indexes.length > 1 ? {} : { base }),
  })
}

/** The first source that says something is believed. */
function mergedAnnotations(indexes: readonly ImageIndex[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...indexes.toReversed().map(({ index }) => index.annotations ?? {})) as Record<
    string,
    string
  >
}

function checkOffered(entries: readonly IndexEntry[], { platforms, sources }: CreateIndexRequest): void {
  if (entries.length > 0 || platforms.length === 0) return
  const wanted = platforms.map(formatPlatformFully).join(', ')
  throw new ToolError('PLATFORM_NOT_OFFERED', `none of ${sources.map(formatLocation).join(', ')} is for ${wanted}`)
}

function twice([first, second]: readonly [IndexEntry, IndexEntry]): ToolError {
  const { platform, digest } = first.descriptor
  const name = platform === undefined ? '' : formatPlatformFully(platform)
  return new ToolError(
    'INDEX_PLATFORM_TWICE',
    `two images of the index are for ${name}: ${digest} and ${second.descriptor.digest}`,
    { hint: 'leave one of them out, or pick platforms with --platform' },
  )
}
