import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { ToolError } from '../../../errors/index.ts'
import { fileContent, readElf, toFilePath, type LayerTree, type TreeEntry } from '../../../layer/index.ts'
import type { ContextFile } from '../../../workspace/index.ts'
import type { Content, ContentFacts } from './file-tree.ts'

/** What the header of a program needs; of other files only the start is kept, for there may be many. */
const headBytes = 4096
const magicBytes = 16
/** A file that was written less than this before it was read may be written again within the clock's grain. */
const settledAfterMs = 2000
/** Reading is synchronous; after so many bytes others get their turn. */
const bytesPerTurn = 4 * 1024 * 1024

/** Gives the contents of files on disk. What was read once is not read again while size and time stay the same. */
export type FileContents = (file: ContextFile) => Content

/** Remembers digests for as long as it lives. */
export function createFileContents(now: () => number): FileContents {
  const known = new Map<string, { readonly stamp: string; readonly facts: Promise<ContentFacts> }>()
  const takeTurn = createTurns()
  const factsOf = (file: ContextFile): Promise<ContentFacts> => {
    const stamp = `${file.sizeBytes} ${file.mtimeMs}`
    const found = known.get(file.absolutePath)
    if (found?.stamp === stamp) return found.facts
    const facts = takeTurn(file.sizeBytes).then(() => readFacts(file))
    if (now() - file.mtimeMs > settledAfterMs) known.set(file.absolutePath, { stamp, facts })
    facts.catch(() => known.delete(file.absolutePath))
    return facts
  }
  return (file) => {
    let facts: Promise<ContentFacts> | undefined
    const once = (): Promise<ContentFacts> => (facts ??= factsOf(file))
    return { sizeBytes: file.sizeBytes, open: () => verified(file, once), facts: once }
  }
}

function createTurns(): (sizeBytes: number) => Promise<void> {
  let since = 0
  return async (sizeBytes) => {
    since += sizeBytes + headBytes
    if (since < bytesPerTurn) return
    since = 0
    await setImmediate()
  }
}

async function readFacts(file: ContextFile): Promise<ContentFacts> {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  let sizeBytes = 0
  for await (const chunk of wholeFile(file)) {
    if (head.length < headBytes) head = Buffer.concat([head, chunk.subarray(0, headBytes - head.length)])
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  if (sizeBytes !== file.sizeBytes) throw changed(file)
  const inode = inodeOf(file)
  return { id: `sha256:${hash.digest('hex')}`, head: keptHead(head), ...(inode === undefined ? {} : { inode }) }
}

/** One byte more than there should be, so that a file that has grown is noticed. */
function wholeFile(file: ContextFile): AsyncIterable<Uint8Array> {
  return fileContent(file.absolutePath, { start: 0, end: file.sizeBytes + 1 })
}

function keptHead(head: Uint8Array): Uint8Array {
  return readElf(head) === undefined ? Uint8Array.from(head.subarray(0, magicBytes)) : head
}

/** Undefined for files with one name. */
function inodeOf(file: ContextFile): string | undefined {
  const stat = lstatSync(toFilePath(file.absolutePath), { bigint: true, throwIfNoEntry: false })
  return stat === undefined || stat.nlink < 2n ? undefined : `${stat.dev}:${stat.ino}`
}

/**
 * The layer is remembered under what the file was when it was looked at first; it must be the same now.
 * @yields the file's bytes
 */
async function* verified(
  file: ContextFile,
  facts: () => Promise<ContentFacts>,
): AsyncGenerator<Uint8Array, void, void> {
  const { id } = await facts()
  const hash = createHash('sha256')
  for await (const chunk of wholeFile(file)) {
    hash.update(chunk)
    yield chunk
  }
  if (`sha256:${hash.digest('hex')}` !== id) throw changed(file)
}

function changed(file: ContextFile): ToolError {
  return new ToolError('FILE_CHANGED', `${file.absolutePath} changed while it was being read`, {
    hint: 'build again when nothing writes to it any more',
  })
}

/** Content that is in memory. */
export function bytesContent(bytes: Uint8Array): Content {
  const id = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return {
    sizeBytes: bytes.length,
    async *open() {
      yield await Promise.resolve(bytes)
    },
    facts: async () => Promise.resolve({ id, head: bytes.subarray(0, headBytes) }),
  }
}

/** A part of a file that nobody changes; `id` names the part. */
export function partContent(
  path: string,
  part: { readonly id: string; readonly start: number; readonly sizeBytes: number; readonly inode?: string },
): Content {
  const open = (): AsyncIterable<Uint8Array> =>
    fileContent(path, { start: part.start, end: part.start + part.sizeBytes })
  const { inode } = part
  return {
    sizeBytes: part.sizeBytes,
    open,
    facts: async () => ({ id: part.id, head: await firstBytes(open()), ...(inode === undefined ? {} : { inode }) }),
  }
}

/** A file of an image. */
export function layerContent(tree: LayerTree, entry: TreeEntry, diffIds: readonly string[]): Content {
  const { layer = 0, offset = 0 } = entry.place ?? {}
  const id = `${diffIds[layer] ?? ''}+${offset}+${entry.size}`
  return {
    sizeBytes: entry.size,
    open: (signal) => tree.open(entry.path, signal),
    facts: async (signal) => ({ id, head: await firstBytes(tree.open(entry.path, signal)), inode: id }),
  }
}

/** The start of a stream, which is then closed. */
async function firstBytes(source: AsyncIterable<Uint8Array>, count: number = headBytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= count) break
  }
  return Buffer.concat(chunks).subarray(0, count)
}

/** All bytes of a small content. */
export async function readAll(content: Content, signal?: AbortSignal): Promise<Uint8Array> {
  return firstBytes(content.open(signal), Number.POSITIVE_INFINITY)
}
