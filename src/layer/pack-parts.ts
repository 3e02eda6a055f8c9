import type { ArchivePart } from './cut-archive.ts'
import { deflatePart, inflatePart } from './gzip.ts'
import type { LayerCache } from './layer-cache.ts'
import { createPartReader, type PartReader } from './read-part.ts'

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
  /** A key for each part that may be in the cache. */
  readonly keys: readonly (string | undefined)[]
  /** Whether `raw` counts; when it does not, it may be empty. */
  readonly isRawNeeded: boolean
  readonly signal: AbortSignal | undefined
}

const maxUnderWay = 4

/**
 * Packs parts, several at once. What is in the cache is not read.
 * @yields them in their order
 * @throws FILE_CHANGED, FILE_UNREADABLE
 */
export async function* packParts(
  parts: readonly ArchivePart[],
  options: PackOptions,
): AsyncGenerator<PackedPart, void, void> {
  const underWay: Promise<PackedPart>[] = []
  const reader = createPartReader()
  try {
    for (const [index, part] of parts.entries()) {
      options.signal?.throwIfAborted()
      const { done } = await startPart(part, options.keys[index], { ...options, reader })
      underWay.push(done)
      if (underWay.length >= maxUnderWay) yield await next(underWay)
    }
    while (underWay.length > 0) yield await next(underWay)
  } finally {
    await reader.close()
  }
}

async function next(underWay: Promise<PackedPart>[]): Promise<PackedPart> {
  const first = underWay.shift()
  if (first === undefined) throw new Error('nothing is under way')
  return first
}

interface Packing extends PackOptions {
  readonly reader: PartReader
}

/** Reads the part, one after the other, and leaves the rest of the work under way. */
async function startPart(
  part: ArchivePart,
  key: string | undefined,
  packing: Packing,
): Promise<{ readonly done: Promise<PackedPart> }> {
  const packed = key === undefined ? undefined : await packing.cache?.getPart(key)
  const done = packed === undefined ? pack(await packing.reader.read(part), key, packing) : unpack(packed, packing)
  // whoever waits for an earlier part may fail first
  done.catch(() => {})
  return { done }
}

async function unpack(packed: Buffer, { isRawNeeded }: PackOptions): Promise<PackedPart> {
  return { raw: isRawNeeded ? await inflatePart(packed) : Buffer.alloc(0), packed }
}

async function pack(raw: Buffer, key: string | undefined, { level, cache }: PackOptions): Promise<PackedPart> {
  const packed = level === undefined ? raw : await deflatePart(raw, level)
  if (key !== undefined) await cache?.putPart(key, packed)
  return { raw, packed }
}
