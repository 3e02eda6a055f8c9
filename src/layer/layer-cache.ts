import { createHash, hash } from 'node:crypto'
import type { ArchivePart, ArchivePiece } from './cut-archive.ts'
import { contentIdOf, hasBody, type EntryMetadata } from './entry.ts'

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

/** gzip's: four to five times as fast as 6, for a tenth more bytes of code and texts. */
export const defaultLevel = 1
/** To be raised when equal entries are written in another way. */
const formatVersion = 2

/** Names all that the bytes of a layer depend on beside its entries. */
export function layerFormat(level: number = defaultLevel): string {
  // zlib may learn to compress better
  return `${formatVersion} gzip ${level} zlib ${process.versions['zlib'] ?? ''}`
}

/** Names a part by everything that its bytes depend on; undefined as long as an entry does not say what is in it. */
export function partKey({ pieces, isLast }: ArchivePart, level: number): string | undefined {
  let text = `part ${layerFormat(level)}\n`
  for (const piece of pieces) {
    const { entry } = piece
    const id = hasBody(entry) ? contentIdOf(entry) : ''
    if (id === undefined) return undefined
    text += describe(piece, id)
  }
  return hash('sha256', `${text}${isLast}`, 'hex')
}

/** Names a layer by its parts. */
export function layerRecipe(keys: readonly string[], mediaType: string): string {
  return createHash('sha256')
    .update([mediaType, ...keys].join('\n'))
    .digest('hex')
}

/** All that stands in a header, always in this order, and the bytes: in a form that is quickly made. */
function describe({ entry, start, end }: ArchivePiece, id: string): string {
  const { path, kind, mode, uid, gid, mtimeSeconds, size = 0 } = entry
  return `${JSON.stringify(path)} ${kind} ${mode} ${uid} ${gid} ${mtimeSeconds} ${size} ${start} ${end} ${id}${rare(entry)}\n`
}

function rare({ linkTarget = '', device, xattrs }: EntryMetadata): string {
  if (linkTarget === '' && device === undefined && xattrs === undefined) return ''
  const attributes = Object.entries(xattrs ?? {}).sort(([left], [right]) => (left < right ? -1 : 1))
  return JSON.stringify([
    linkTarget,
    device === undefined ? '' : `${device.major}:${device.minor}`,
    attributes.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ])
}
