import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { compressionOf, mediaTypes, type Layer } from '../image/index.ts'
import { arrange } from './arrange.ts'
import { cutArchive, type ArchivePart } from './cut-archive.ts'
import { hasBody, type LayerEntry } from './entry.ts'
import { gzipEnd, gzipStart } from './gzip.ts'
import { defaultLevel, layerRecipe, partKey, type ArchiveSum, type LayerCache, type LayerFacts } from './layer-cache.ts'
import { packParts } from './pack-parts.ts'
import { createSpool } from './spool.ts'

/** How a layer is written. */
export interface CreateLayerOptions {
  /** Where layers that are too big for memory are kept, under their digest; absent: all stay in memory. */
  readonly workFolder?: string
  /** Compressed bytes up to which a layer stays in memory; 4 MiB when absent. */
  readonly maxMemoryBytes?: number
  /** gzip's, 1 to 9; 1 when absent. Another level gives another digest and the same diffId. */
  readonly level?: number
  /** A layer type with gzip or without compression; OCI's with gzip when absent. */
  readonly mediaType?: string
  /** What it knows is neither read nor compressed again, if all entries say what is in them. It keeps big layers, too. */
  readonly cache?: LayerCache
  readonly signal?: AbortSignal
}

const defaultMaxMemoryBytes = 4 * 1024 * 1024

/**
 * Writes a layer. Entries are sorted by the bytes of their paths, and nothing but them goes into it, so that equal entries
 * give the same digest on every machine. Of files that are hard links of each other the first in that order gets the bytes.
 *
 * @throws FILE_CHANGED when a file gives more or fewer bytes than its entry says
 * @throws DISK_FULL, FILE_UNWRITABLE, FILE_UNREADABLE
 */
export async function createLayer(entries: readonly LayerEntry[], options: CreateLayerOptions = {}): Promise<Layer> {
  const work = planWork(await withSizes(arrange(entries)), options)
  const { cache } = work
  if (cache === undefined || !canBeKept(work)) return (await writeLayer(work, { isKept: false })).layer
  const recipe = recipeOf(work)
  const known = recipe === undefined ? undefined : await cache.getLayer(recipe)
  if (known !== undefined) return layerOf(known, work, (signal) => openParts(known, work, signal))
  const { layer, facts } = await writeLayer(work, { isKept: true })
  const name = recipe ?? recipeOf(work)
  if (name === undefined) throw new Error('an entry of a layer was read and does not know what is in it')
  await cache.putLayer(name, facts)
  return layer
}

/** A layer, cut into parts. */
interface LayerWork extends CreateLayerOptions {
  readonly mediaType: string
  readonly gzipLevel: number | undefined
  readonly parts: readonly ArchivePart[]
  /** Undefined for parts that are not kept, and as long as it is not known what is in their files. */
  readonly keyOf: (part: ArchivePart) => string | undefined
}

function planWork(entries: readonly LayerEntry[], options: CreateLayerOptions): LayerWork {
  const mediaType = options.mediaType ?? mediaTypes.oci.layerGzip
  const gzipLevel = levelFor(mediaType, options.level ?? defaultLevel)
  const keys = new Map<ArchivePart, string>()
  const keyOf = (part: ArchivePart): string | undefined => {
    if (options.cache === undefined || gzipLevel === undefined) return undefined
    const key = keys.get(part) ?? partKey(part, gzipLevel)
    if (key !== undefined) keys.set(part, key)
    return key
  }
  return { ...options, mediaType, gzipLevel, parts: cutArchive(entries), keyOf }
}

/** Names the layer by its parts; undefined when an entry does not say what is in it. */
function recipeOf({ parts, keyOf, mediaType }: LayerWork): string | undefined {
  const keys: string[] = []
  for (const part of parts) {
    const key = keyOf(part)
    if (key === undefined) return undefined
    keys.push(key)
  }
  return layerRecipe(keys, mediaType)
}

/** Undefined: not compressed. */
function levelFor(mediaType: string, level: number): number | undefined {
  const compression = compressionOf(mediaType)
  if (compression === 'gzip') return level
  if (compression === 'none') return undefined
  throw new Error(`layers of type ${mediaType} cannot be written`)
}

/** Bodies of unknown size are gathered: the size stands before them. */
async function withSizes(entries: readonly LayerEntry[]): Promise<readonly LayerEntry[]> {
  if (entries.every(({ size, open }) => size !== undefined || open === undefined)) return entries
  return Promise.all(entries.map(async (entry) => withSize(entry)))
}

async function withSize(entry: LayerEntry): Promise<LayerEntry> {
  if (entry.kind !== 'file' || entry.size !== undefined || entry.open === undefined) return entry
  const chunks: Uint8Array[] = []
  for await (const chunk of entry.open()) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return { ...entry, size: bytes.length, open: () => once(bytes) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

interface Written {
  readonly layer: Layer
  readonly facts: LayerFacts
}

/** Whether all entries say what is in them, be it when they were read. */
function canBeKept({ gzipLevel, parts }: LayerWork): boolean {
  if (gzipLevel === undefined) return false
  return parts.every(({ pieces }) =>
    pieces.every(({ entry }) => !hasBody(entry) || entry.body !== undefined || entry.contentId !== undefined),
  )
}

/** With its parts in the cache (`isKept`), nothing is kept once more. */
async function writeLayer(work: LayerWork, { isKept }: { readonly isKept: boolean }): Promise<Written> {
  const { workFolder, maxMemoryBytes = defaultMaxMemoryBytes, gzipLevel } = work
  const isSpooled = !isKept
  const spool = createSpool({ ...(isSpooled && workFolder !== undefined ? { workFolder } : {}), maxMemoryBytes })
  const digest = createHash('sha256')
  let sizeBytes = 0
  const write = (bytes: Buffer): void => {
    digest.update(bytes)
    sizeBytes += bytes.length
    if (isSpooled) spool.write(bytes)
  }
  try {
    if (gzipLevel !== undefined) write(gzipStart)
    const { diffId, archive } = await writeParts(work, write)
    if (gzipLevel !== undefined) write(gzipEnd(archive))
    const name = digest.digest('hex')
    const facts = { digest: `sha256:${name}`, diffId, sizeBytes, archive }
    const open = isSpooled ? spool.keep(name) : undefined
    return { layer: layerOf(facts, work, open ?? ((signal) => openParts(facts, work, signal))), facts }
  } finally {
    spool.discard()
  }
}

async function writeParts(
  work: LayerWork,
  write: (bytes: Buffer) => void,
): Promise<{ readonly diffId: string; readonly archive: ArchiveSum }> {
  const { parts, keyOf, cache, signal, gzipLevel } = work
  const hash = createHash('sha256')
  let crc = 0
  let sizeBytes = 0
  for await (const { raw, packed } of packParts(parts, { level: gzipLevel, cache, keyOf, isRawNeeded: true, signal })) {
    hash.update(raw)
    crc = crc32(raw, crc)
    sizeBytes += raw.length
    write(packed)
  }
  return { diffId: `sha256:${hash.digest('hex')}`, archive: { crc, sizeBytes } }
}

function layerOf(
  { digest, sizeBytes, diffId }: LayerFacts,
  { mediaType }: LayerWork,
  open: (signal?: AbortSignal) => AsyncIterable<Uint8Array>,
): Layer {
  return { descriptor: { mediaType, digest, size: sizeBytes }, diffId, open }
}

/**
 * The layer's bytes out of the cache. Parts that are not there any more are made again, which gives the same bytes.
 * @yields the bytes
 */
async function* openParts(
  { archive }: LayerFacts,
  { parts, keyOf, cache, gzipLevel }: LayerWork,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  yield gzipStart
  const packing = { level: gzipLevel, cache, keyOf, isRawNeeded: false, signal }
  for await (const { packed } of packParts(parts, packing)) yield packed
  yield gzipEnd(archive)
}
