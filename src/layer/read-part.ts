import { ToolError } from '../errors/index.ts'
import type { ArchivePart, ArchivePiece } from './cut-archive.ts'
import { bodyBytes } from './cut-archive.ts'
import type { LayerEntry } from './entry.ts'
import { paddingAfter } from './tar-header.ts'
import { endOfArchive, formatHeader } from './write-tar.ts'

/** Reads parts of an archive, best in their order: then a file that is in several parts is opened once. */
export interface PartReader {
  /** @throws FILE_CHANGED when a file gives more or fewer bytes than its entry says */
  read(part: ArchivePart): Promise<Buffer>
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
  const readPiece = async (piece: ArchivePiece, add: (bytes: Uint8Array) => void): Promise<void> => {
    const { entry, start, end } = piece
    const size = bodyBytes(entry)
    if (start === 0) add(formatHeader(entry, size))
    if (entry.open === undefined || entry.kind !== 'file') return
    const body = await bodyAt(piece)
    await take(body, end - start, add)
    if (end < size) return
    await requireEnd(body)
    open = undefined
    add(new Uint8Array(paddingAfter(size)))
  }
  return {
    async read({ pieces, isLast }) {
      const chunks: Uint8Array[] = []
      for (const piece of pieces) await readPiece(piece, (bytes) => chunks.push(bytes))
      if (isLast) chunks.push(endOfArchive)
      return Buffer.concat(chunks)
    },
    close,
  }
}

function openBody(entry: LayerEntry): OpenBody {
  const source = (entry.open?.() ?? nothing())[Symbol.asyncIterator]()
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
