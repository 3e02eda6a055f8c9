import type { ArchivePart } from './cut-archive.ts'
import { deflatePart, inflatePart } from './gzip.ts'
import type { LayerCache } from './layer-cache.ts'
import { createPartReader, sizeOf, type PartReader } from './read-part.ts'

/** A part of an archive, as it is and as it is stored. */
export interface PackedPart {
  readonly raw: Buffer
  readonly packed: Buffer
}

/** How parts are stored. */
export interface PackOptions {
  /** gzip's; undefined stores them as they are. */
  readonly level: number | undefined
  readonly cache?: LayerCache | undefined
  /** The key of a part that may be in the cache; undefined as long as it is not known. */
  readonly keyOf: (part: ArchivePart) => string | undefined
  /** Whether `raw` counts; when it does not, it may be empty. */
  readonly isRawNeeded: boolean
  readonly signal: AbortSignal | undefined
}

const maxUnderWay = 4

/**
 * Packs parts, several at once. What is in the cache is not read.
 * @yields them in their order; `raw` is only good until the next one is asked for
 * @throws FILE_CHANGED, FILE_UNREADABLE
 */
export async function* packParts(
  parts: readonly ArchivePart[],
  options: PackOptions,
): AsyncGenerator<PackedPart, void, void> {
  const underWay: Promise<PackedPart>[] = []
  const reader = createPartReader()
  const packing = { ...options, reader }
  try {
    for (const part of parts) {
      options.signal?.throwIfAborted()
      const { done } = await startPart(part, packing)
      underWay.push(done)
      if (underWay.length >= maxUnderWay) yield* next(underWay, packing)
    }
    while (underWay.length > 0) yield* next(underWay, packing)
  } finally {
    await reader.close()
  }
}

async function* next(
  underWay: Promise<PackedPart>[],
  { reader, level }: Packing,
): AsyncGenerator<PackedPart, void, void> {
  const first = underWay.shift()
  if (first === undefined) throw new Error('nothing is under way')
  const part = await first
  yield part
  if (level !== undefined) reader.recycle(part.raw)
}

interface Packing extends PackOptions {
  readonly reader: PartReader
}

/** Reads the part, one after the other, and leaves the rest of the work under way. */
async function startPart(part: ArchivePart, packing: Packing): Promise<{ readonly done: Promise<PackedPart> }> {
  const known = await lookUp(part, packing)
  const done = known === undefined ? pack(await packing.reader.read(part), part, packing) : unpack(known, part, packing)
  // whoever waits for an earlier part may fail first
  done.catch(() => {})
  return { done }
}

async function lookUp(part: ArchivePart, { keyOf, cache }: PackOptions): Promise<Buffer | undefined> {
  const key = keyOf(part)
  return key === undefined ? undefined : cache?.getPart(key)
}

async function unpack(packed: Buffer, part: ArchivePart, { isRawNeeded }: PackOptions): Promise<PackedPart> {
  return { raw: isRawNeeded ? await inflatePart(packed, sizeOf(part)) : Buffer.alloc(0), packed }
}

/** What is in a file may have been found out by reading it, and have been packed before. */
async function pack(raw: Buffer, part: ArchivePart, { level, cache, keyOf }: PackOptions): Promise<PackedPart> {
  if (level === undefined) return { raw, packed: raw }
  const key = keyOf(part)
  const known = key === undefined ? undefined : await cache?.getPart(key)
  if (known !== undefined) return { raw, packed: known }
  const packed = await deflatePart(raw, level)
  if (key !== undefined) await cache?.putPart(key, packed)
  return { raw, packed }
}
