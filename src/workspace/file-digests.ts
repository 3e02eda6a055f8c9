import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { within } from './context.ts'
import type { ContextFile } from './context-file.ts'
import type { ListedFiles } from './context-listing.ts'
import type { FileStamp, KnownFile } from './file-stamp.ts'
import { createKeptBytes, type KeptBytes } from './kept-bytes.ts'
import { changed, isSmall, readFacts, readSmall } from './read-facts.ts'
import { openStampNotes, type StampNotes } from './stamp-notes.ts'
import { isRacy, nameOf, openStatIndex, type StatIndex } from './stat-index.ts'

/** Digests of files, which are read at most once while they stay what they are. */
export interface FileDigests {
  /** Of the files in a folder. */
  in(folder: string): FolderDigests
  /**
   * Keeps what was found out for the next process.
   * @throws DISK_FULL, FILE_UNWRITABLE
   */
  save(): Promise<void>
  /** How many times a file was read so far whose digest was not known. */
  readonly reads: number
  /** Drops the bytes of small files that nobody has taken, and what was seen. */
  forget(): void
}

/** Digests of files in one folder. */
export interface FolderDigests {
  /**
   * The digest and the first bytes of a file; reads it when they are not known.
   * @throws FILE_CHANGED when it is not as long as its stamp says, FILE_UNREADABLE
   */
  of(file: FileStamp & { readonly path: string }): Promise<KnownFile>
  /** The same without reading: undefined when it is not known. */
  known(file: FileStamp & { readonly path: string }): KnownFile | undefined
  /** Whether nobody can have written to it since without leaving a trace: see {@link StatIndex.set}. */
  isSettled(file: FileStamp): boolean
  /**
   * Reads a small file (see {@link FolderDigests.isSmall}) without the event loop; the bytes are good until the next call.
   * @throws FILE_CHANGED when it is not what its stamp stands for, FILE_UNREADABLE
   */
  read(file: FileStamp & { readonly path: string }): KnownFile & { readonly bytes: Uint8Array }
  isSmall(sizeBytes: number): boolean
  /** The bytes with that digest, when they were read lately and were few; once. */
  takeBytes(path: string, digest: string): Uint8Array | undefined
  /** The digest that was remembered of many files under a stamp that tells them apart without reading. */
  noted(stamp: string): string | undefined
  note(stamp: string, digest: string): void
  /** Tells what the folder was just found to hold, for whoever would look at the same files in the next moment. */
  saw(files: Pick<ListedFiles, 'get'>): void
  /** What was seen at a path since the last `forget`. */
  seen(path: string): ContextFile | undefined
}

/** Where digests are kept, and the clock that says whether a file may be written again unnoticed. */
export interface FileDigestsOptions {
  /** Absent: they live as long as the process. */
  readonly cacheFolder?: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Reading small files is synchronous; after so many bytes others get their turn. */
const bytesPerTurn = 4 * 1024 * 1024
/** What a file costs beside its bytes. */
const bytesPerFile = 4096

/** Opens the digests of files; nothing is read yet. */
export function openFileDigests({ cacheFolder, now }: FileDigestsOptions): FileDigests {
  const indexes = new Map<string, StatIndex>()
  const notes = new Map<string, StampNotes>()
  const seen = new Map<string, Pick<ListedFiles, 'get'>>()
  const kept = createKeptBytes()
  const reader = createReader({ kept, now })
  return {
    in(folder) {
      const index = indexes.get(folder) ?? openStatIndex(folder, cacheFolder)
      indexes.set(folder, index)
      const noted = notes.get(folder) ?? openNotes(folder, cacheFolder)
      notes.set(folder, noted)
      return {
        noted: (stamp) => noted.get(stamp),
        note: (stamp, digest) => noted.set(stamp, digest),
        isSettled: (file) => !isRacy(file, now()),
        known: (file) => index.get(file.path, file),
        of: async (file) => index.get(file.path, file) ?? reader.read(within(folder, file.path), file, index),
        read: (file) => reader.readNow(within(folder, file.path), file, index),
        isSmall,
        takeBytes: (path, digest) => kept.take(within(folder, path), digest),
        saw: (files) => void seen.set(folder, files),
        seen: (path) => seen.get(folder)?.get(path),
      }
    },
    async save() {
      for (const kept of [...indexes.values(), ...notes.values()]) await kept.save()
    },
    get reads() {
      return reader.reads
    },
    forget() {
      kept.forget()
      seen.clear()
    },
  }
}

function openNotes(folder: string, cacheFolder: string | undefined): StampNotes {
  return openStampNotes(cacheFolder === undefined ? undefined : join(cacheFolder, `${nameOf(folder)}.notes`))
}

type NamedFile = FileStamp & { readonly path: string }

interface Reader {
  /** Reads a file once, however many ask at the same time. */
  read(absolutePath: string, file: NamedFile, index: StatIndex): Promise<KnownFile>
  /** Reads a small file at once. */
  readNow(absolutePath: string, file: NamedFile, index: StatIndex): KnownFile & { readonly bytes: Uint8Array }
  readonly reads: number
}

function createReader({ kept, now }: { readonly kept: KeptBytes; readonly now: () => number }): Reader {
  const underWay = new Map<string, { readonly file: FileStamp; readonly facts: Promise<KnownFile> }>()
  const takeTurn = createTurns()
  let reads = 0
  const scratch = createScratch()
  const readLater = async (absolutePath: string, file: NamedFile, index: StatIndex): Promise<KnownFile> => {
    await takeTurn(file.sizeBytes)
    const readAtMs = now()
    reads += 1
    const { digest, head, bytes } = await readFacts(absolutePath, file.sizeBytes)
    if (bytes !== undefined) kept.keep(absolutePath, { digest, bytes })
    index.set(file.path, file, { digest, head, readAtMs })
    return { digest, head }
  }
  return {
    async read(absolutePath, file, index) {
      const started = underWay.get(absolutePath)
      if (started !== undefined && started.file.mtimeMs === file.mtimeMs) return started.facts
      const facts = readLater(absolutePath, file, index).finally(() => underWay.delete(absolutePath))
      underWay.set(absolutePath, { file, facts })
      return facts
    },
    readNow(absolutePath, file, index) {
      const readAtMs = now()
      const known = index.get(file.path, file)
      if (known === undefined) reads += 1
      const found = readSmall(absolutePath, file.sizeBytes, scratch(file.sizeBytes + 1))
      if (known !== undefined && known.digest !== found.digest) throw changed(absolutePath)
      if (known === undefined) index.set(file.path, file, { ...found, readAtMs })
      return found
    },
    get reads() {
      return reads
    },
  }
}

/** Memory that is used again and again. */
function createScratch(): (sizeBytes: number) => Buffer {
  let buffer = Buffer.alloc(0)
  return (sizeBytes) => {
    if (buffer.length < sizeBytes) buffer = Buffer.allocUnsafeSlow(2 * sizeBytes)
    return buffer
  }
}

function createTurns(): (sizeBytes: number) => Promise<void> {
  let since = 0
  return async (sizeBytes) => {
    since += sizeBytes + bytesPerFile
    if (since < bytesPerTurn) return
    since = 0
    await setImmediate()
  }
}
