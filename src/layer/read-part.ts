import { ToolError } from '../errors/index.ts'
import type { ArchivePart, ArchivePiece } from './cut-archive.ts'
import { bodyBytes } from './cut-archive.ts'
import { hasBody, type LayerEntry } from './entry.ts'
import { blockBytes, paddingAfter } from './tar-header.ts'
import { endOfArchive, formatHeader } from './write-tar.ts'

/** Reads parts of an archive, best in their order: then a file that is in several parts is opened once. */
export interface PartReader {
  /** @throws FILE_CHANGED when a file gives more or fewer bytes than its entry says */
  read(part: ArchivePart): Promise<Buffer>
  /** Takes back what `read` has given, so that it can be written over; of other bytes nothing becomes. */
  recycle(raw: Buffer): void
  /** Closes what is still open. */
  close(): Promise<void>
}

/** Bytes of a file that is read piece by piece. */
interface OpenBody {
  readonly entry: LayerEntry
  readonly source: AsyncIterator<Uint8Array>
  at: number
  rest: Uint8Array
}

export function createPartReader(): PartReader {
  const free: Buffer[] = []
  const given = new Set<ArrayBufferLike>()
  let open: OpenBody | undefined
  const close = async (): Promise<void> => {
    await open?.source.return?.()
    open = undefined
  }
  const bodyAt = async ({ entry, start }: ArchivePiece): Promise<OpenBody> => {
    if (open?.entry === entry && open.at === start) return open
    await close()
    open = openBody(entry)
    await take(open, start, () => {})
    return open
  }
  const readBody = async (piece: ArchivePiece, raw: RawPart): Promise<void> => {
    const body = await bodyAt(piece)
    await take(body, piece.end - piece.start, (bytes) => raw.add(bytes))
    if (piece.end < bodyBytes(piece.entry)) return
    await requireEnd(body)
    open = undefined
  }
  return {
    async read(part) {
      const raw = openRaw(free.pop(), sizeOf(part))
      for (const piece of part.pieces) {
        const { entry, start, end } = piece
        const size = bodyBytes(entry)
        if (start === 0) raw.add(formatHeader(entry, size))
        if (!hasBody(entry)) continue
        const bytes = start === 0 && end === size ? entry.body?.read?.() : undefined
        if (bytes !== undefined) raw.add(whole(entry, bytes, size))
        else await readBody(piece, raw)
        if (end === size) raw.add(padding.subarray(0, paddingAfter(size)))
      }
      if (part.isLast) raw.add(endOfArchive)
      const bytes = raw.done()
      given.add(bytes.buffer)
      return bytes
    },
    recycle(raw) {
      if (given.delete(raw.buffer)) free.push(raw)
    },
    close,
  }
}

/** About what a part takes: headers may need more than one block each. */
export function sizeOf({ pieces }: ArchivePart): number {
  let size = endOfArchive.length
  for (const { start, end } of pieces) size += end - start + 2 * blockBytes
  return size
}

interface RawPart {
  add(bytes: Uint8Array): void
  done(): Buffer
}

function openRaw(old: Buffer | undefined, size: number): RawPart {
  let buffer = wholeOf(old, size)
  let filled = 0
  return {
    add(bytes) {
      if (filled + bytes.length > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(2 * (filled + bytes.length))
        larger.set(buffer.subarray(0, filled))
        buffer = larger
      }
      buffer.set(bytes, filled)
      filled += bytes.length
    },
    done: () => buffer.subarray(0, filled),
  }
}

/** All of the memory that an earlier part was in, when it is enough. */
function wholeOf(old: Buffer | undefined, size: number): Buffer {
  return old !== undefined && old.buffer.byteLength >= size ? Buffer.from(old.buffer) : Buffer.allocUnsafeSlow(size)
}

function whole(entry: LayerEntry, bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw changed(entry)
  return bytes
}

const padding = new Uint8Array(blockBytes)

function openBody(entry: LayerEntry): OpenBody {
  const source = (entry.body?.open() ?? entry.open?.() ?? nothing())[Symbol.asyncIterator]()
  return { entry, source, at: 0, rest: new Uint8Array() }
}

async function take(body: OpenBody, count: number, add: (bytes: Uint8Array) => void): Promise<void> {
  for (let left = count; left > 0;) {
    if (body.rest.length === 0) {
      const next = await body.source.next()
      if (next.done === true) throw changed(body.entry)
      body.rest = next.value
    }
    const piece = body.rest.subarray(0, left)
    add(piece)
    body.rest = body.rest.subarray(piece.length)
    body.at += piece.length
    left -= piece.length
  }
}

/** Reads on to the end: what is wrong with the bytes may only be said there. */
async function requireEnd(body: OpenBody): Promise<void> {
  let isLonger = body.rest.length > 0
  while (!isLonger) {
    const next = await body.source.next()
    if (next.done === true) return
    isLonger = next.value.length > 0
  }
  await body.source.return?.()
  throw changed(body.entry)
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {
  // an entry without a body
}

function changed({ path }: LayerEntry): ToolError {
  return new ToolError('FILE_CHANGED', `${path} changed while it was being read`, {
    hint: 'build again when nothing writes to it any more',
  })
}
