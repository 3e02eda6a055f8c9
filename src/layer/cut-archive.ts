import { hasBody, type LayerEntry } from './entry.ts'
import { encodeName } from './names.ts'

/** Entries of an archive, or a piece of a big one, that are compressed on their own. */
export interface ArchivePart {
  readonly pieces: readonly ArchivePiece[]
  /** Whether the archive ends after it. */
  readonly isLast: boolean
}

/** An entry with its body from `start` to `end`: the header stands before the first piece, the padding after the last. */
export interface ArchivePiece {
  readonly entry: LayerEntry
  readonly start: number
  readonly end: number
}

const kibibyte = 1024
/** Files from this size on are parts of their own, and are cut at its multiples. */
const bigBytes = 1024 * kibibyte
const minBytes = 256 * kibibyte
const usualBytes = 768 * kibibyte
const maxBytes = 4096 * kibibyte
/** About what an entry takes beside its body. */
const headerBytes = 512

/**
 * Cuts an archive into parts of about 1 MiB. Where it is cut depends on names and sizes near the cut, so that a file that
 * changes, comes or goes changes the part it is in and hardly ever another. Another cut would give other digests.
 */
export function cutArchive(entries: readonly LayerEntry[]): readonly ArchivePart[] {
  const parts: ArchivePiece[][] = []
  let current: ArchivePiece[] = []
  let filled = 0
  const flush = (): void => {
    if (current.length > 0) parts.push(current)
    current = []
    filled = 0
  }
  for (const entry of entries) {
    const size = bodyBytes(entry)
    if (size >= bigBytes) {
      flush()
      parts.push(...piecesOf(entry, size).map((piece) => [piece]))
      continue
    }
    current.push({ entry, start: 0, end: size })
    filled += size + headerBytes
    if (filled >= maxBytes || (filled >= minBytes && isCutAfter(entry, size + headerBytes))) flush()
  }
  flush()
  if (parts.length === 0) return [{ pieces: [], isLast: true }]
  return parts.map((pieces, index) => ({ pieces, isLast: index === parts.length - 1 }))
}

/** What `open` is expected to give. */
export function bodyBytes(entry: LayerEntry): number {
  return hasBody(entry) ? (entry.size ?? 0) : 0
}

function piecesOf(entry: LayerEntry, size: number): readonly ArchivePiece[] {
  const count = Math.ceil(size / bigBytes)
  return Array.from({ length: count }, (_, index) => ({
    entry,
    start: index * bigBytes,
    end: Math.min(size, (index + 1) * bigBytes),
  }))
}

/** Big entries are more likely to be followed by a cut, so that parts have one size whatever the files are like. */
function isCutAfter({ path }: LayerEntry, size: number): boolean {
  return fnv1a(encodeName(path)) * usualBytes < size * 2 ** 32
}

/** @see https://datatracker.ietf.org/doc/html/rfc9923 */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
