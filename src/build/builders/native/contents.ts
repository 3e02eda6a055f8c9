import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { ToolError } from '../../../errors/index.ts'
import { fileContent, toFilePath, type LayerTree, type TreeEntry } from '../../../layer/index.ts'
import type { ContextFile, FolderDigests } from '../../../workspace/index.ts'
import type { Content, ContentFacts } from './file-tree.ts'

const headBytes = 4096

/** Gives the contents of files on disk. */
export type FileContents = (file: ContextFile) => Content

/** What the files of a folder hold, by their digests. */
export function createFileContents(digests: FolderDigests): FileContents {
  const factsOf = async (file: ContextFile): Promise<ContentFacts> => {
    const { digest, head } = await digests.of(file)
    const inode = inodeOf(file)
    return { id: digest, head, ...(inode === undefined ? {} : { inode }) }
  }
  return (file) => {
    let facts: Promise<ContentFacts> | undefined
    const once = (): Promise<ContentFacts> => (facts ??= factsOf(file))
    return { sizeBytes: file.sizeBytes, open: () => bytesOf(file, once, digests), facts: once }
  }
}

async function* bytesOf(
  file: ContextFile,
  facts: () => Promise<ContentFacts>,
  digests: FolderDigests,
): AsyncGenerator<Uint8Array, void, void> {
  const { id } = await facts()
  const bytes = digests.takeBytes(file.path, id)
  if (bytes === undefined) yield* verified(file, id)
  else yield bytes
}

/** One byte more than there should be, so that a file that has grown is noticed. */
function wholeFile(file: ContextFile): AsyncIterable<Uint8Array> {
  return fileContent(file.absolutePath, { start: 0, end: file.sizeBytes + 1 })
}

/** Undefined for files with one name; exact, for two files must not be taken for one. */
function inodeOf({ linkCount, device, inode, absolutePath }: ContextFile): string | undefined {
  if (linkCount < 2) return undefined
  if (Number.isSafeInteger(inode)) return `${device}:${inode}`
  const stat = lstatSync(toFilePath(absolutePath), { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}

/**
 * The layer is remembered under what the file was when it was looked at first; it must be the same now.
 * @yields the file's bytes
 */
async function* verified(file: ContextFile, id: string): AsyncGenerator<Uint8Array, void, void> {
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
