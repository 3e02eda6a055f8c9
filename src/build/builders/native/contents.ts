import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { ToolError } from '../../../errors/index.ts'
import { fileContent, toFilePath, type LayerTree, type TreeEntry } from '../../../layer/index.ts'
import type { ContextFile, FolderDigests, KnownFile } from '../../../workspace/index.ts'
import type { Content, ContentFacts } from './file-tree.ts'

const headBytes = 4096

/** Gives the contents of files on disk. */
export type FileContents = (file: ContextFile) => Content

/** What the files of a folder hold, by their digests. */
export function createFileContents(digests: FolderDigests): FileContents {
  return (file) => (digests.isSmall(file.sizeBytes) ? new SmallFile(file, digests) : new FileOnDisk(file, digests))
}

/** A class, for there are tens of thousands: a closure for each function would take most of the memory of a build. */
class FileOnDisk implements Content {
  protected readonly file: ContextFile
  protected readonly digests: FolderDigests
  protected found: ContentFacts | undefined
  /** Whether the digest was known from an earlier time: those that can be trusted are. */
  #isKept = false
  #asked: Promise<ContentFacts> | undefined

  constructor(file: ContextFile, digests: FolderDigests) {
    this.file = file
    this.digests = digests
  }

  get sizeBytes(): number {
    return this.file.sizeBytes
  }

  open(): AsyncIterable<Uint8Array> {
    return bytesOf(this.file, async () => this.facts(), this.digests)
  }

  known(): ContentFacts | undefined {
    if (this.found !== undefined) return this.found
    this.found = factsFrom(this.digests.known(this.file))
    this.#isKept = this.found !== undefined
    return this.found
  }

  async facts(): Promise<ContentFacts> {
    return this.known() ?? (this.#asked ??= this.#ask())
  }

  async #ask(): Promise<ContentFacts> {
    this.found = factsFrom(await this.digests.of(this.file))
    return this.found
  }

  get inode(): string | undefined {
    return this.file.linkCount < 2 ? undefined : inodeOf(this.file)
  }

  get stamp(): string {
    const { sizeBytes, mtimeMs, ctimeMs, inode, device } = this.file
    return `${sizeBytes} ${mtimeMs} ${ctimeMs} ${inode} ${device}`
  }

  isTrusted(): boolean {
    return this.#isKept || this.digests.known(this.file) !== undefined
  }
}

class SmallFile extends FileOnDisk {
  read(): Uint8Array {
    const before = this.known()
    const kept = before === undefined ? undefined : this.digests.takeBytes(this.file.path, before.id)
    if (kept !== undefined) return kept
    const { digest, head, bytes } = this.digests.read(this.file)
    if (before !== undefined && before.id !== digest) throw changed(this.file)
    this.found = before ?? { id: digest, head }
    return bytes
  }
}

function factsFrom(known: KnownFile): ContentFacts
function factsFrom(known: KnownFile | undefined): ContentFacts | undefined
function factsFrom(known: KnownFile | undefined): ContentFacts | undefined {
  return known === undefined ? undefined : { id: known.digest, head: known.head }
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

/** Exact, for two files must not be taken for one. */
function inodeOf({ device, inode, absolutePath }: ContextFile): string | undefined {
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
  const facts = { id, head: bytes.subarray(0, headBytes) }
  return {
    sizeBytes: bytes.length,
    async *open() {
      yield await Promise.resolve(bytes)
    },
    facts: async () => Promise.resolve(facts),
    known: () => facts,
    stamp: id,
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
    ...askedOnce(async () => ({ id: part.id, head: await firstBytes(open()) })),
    stamp: part.id,
    ...(inode === undefined ? {} : { inode }),
  }
}

/** A file of an image. */
export function layerContent(tree: LayerTree, entry: TreeEntry, diffIds: readonly string[]): Content {
  const { layer = 0, offset = 0 } = entry.place ?? {}
  const id = `${diffIds[layer] ?? ''}+${offset}+${entry.size}`
  return {
    sizeBytes: entry.size,
    open: (signal) => tree.open(entry.path, signal),
    ...askedOnce(async (signal) => ({ id, head: await firstBytes(tree.open(entry.path, signal)) })),
    inode: id,
    stamp: id,
  }
}

function askedOnce(ask: (signal?: AbortSignal) => Promise<ContentFacts>): Pick<Content, 'facts' | 'known'> {
  let found: ContentFacts | undefined
  return { facts: async (signal) => (found ??= await ask(signal)), known: () => found }
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
