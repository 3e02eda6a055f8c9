import { createHash } from 'node:crypto'
import type { ArchivePart, ArchivePiece } from './cut-archive.ts'
import type { EntryMetadata } from './entry.ts'

/** Remembers layers, and compressed parts of them, by what they were made of. */
export interface LayerCache {
  /** What was made of that recipe, or undefined. */
  getLayer(recipe: string): Promise<LayerFacts | undefined>
  putLayer(recipe: string, facts: LayerFacts): Promise<void>
  /** A compressed part as it was put, or undefined when it is not there any more, or is damaged. */
  getPart(key: string): Promise<Buffer | undefined>
  putPart(key: string, packed: Buffer): Promise<void>
}

/** What has to be known of a layer whose parts are elsewhere. */
export interface LayerFacts {
  readonly digest: string
  readonly diffId: string
  /** Compressed. */
  readonly sizeBytes: number
  /** Of the uncompressed archive, for the end of the gzip stream. */
  readonly archive: ArchiveSum
}

/** What a gzip stream says of its content at the end. */
export interface ArchiveSum {
  readonly crc: number
  readonly sizeBytes: number
}

/** To be raised when equal entries are written in another way. */
const formatVersion = 1

/** Names a part by everything that its bytes depend on; undefined when an entry does not say what is in it. */
export function partKey({ pieces, isLast }: ArchivePart, level: number): string | undefined {
  const isKnown = pieces.every(({ entry }) => entry.open === undefined || entry.contentId !== undefined)
  if (!isKnown) return undefined
  // zlib may learn to compress better
  const format = `part ${formatVersion} gzip ${level} zlib ${process.versions['zlib'] ?? ''}`
  return createHash('sha256')
    .update([format, ...pieces.map(describe), isLast].join('\n'))
    .digest('hex')
}

/** Names a layer by its parts. */
export function layerRecipe(keys: readonly string[], mediaType: string): string {
  return createHash('sha256')
    .update([mediaType, ...keys].join('\n'))
    .digest('hex')
}

function describe({ entry, start, end }: ArchivePiece): string {
  return JSON.stringify([...metadataOf(entry), entry.size ?? 0, entry.contentId ?? '', start, end])
}

/** All that stands in a header, always in this order. */
function metadataOf(entry: EntryMetadata): readonly unknown[] {
  const { path, kind, mode, uid, gid, mtimeSeconds, linkTarget = '', device, xattrs = {} } = entry
  const attributes = Object.entries(xattrs).sort(([left], [right]) => (left < right ? -1 : 1))
  return [
    path,
    kind,
    mode,
    uid,
    gid,
    mtimeSeconds,
    linkTarget,
    device === undefined ? '' : `${device.major}:${device.minor}`,
    attributes.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ]
}
