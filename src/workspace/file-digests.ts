import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { FileStamp, KnownFile } from './file-stamp.ts'
import { createKeptBytes } from './kept-bytes.ts'
import { readFacts } from './read-facts.ts'
import { openStatIndex, type StatIndex } from './stat-index.ts'

/** Digests of files, which are read at most once while they stay what they are. */
export interface FileDigests {
  /** Of the files in a folder. */
  in(folder: string): FolderDigests
  /**
   * Keeps what was found out for the next process.
   * @throws DISK_FULL, FILE_UNWRITABLE
   */
  save(): Promise<void>
  /** How many times a file was read so far. */
  readonly reads: number
  /** Drops the bytes of small files that nobody has taken. */
  forgetBytes(): void
}

/** Digests of files in one folder. */
export interface FolderDigests {
  /**
   * The digest and the first bytes of a file; reads it when they are not known.
   * @throws FILE_CHANGED when it is not as long as its stamp says, FILE_UNREADABLE
   */
  of(file: FileStamp & { readonly path: string }): Promise<KnownFile>
  /** The bytes with that digest, when they were read lately and were few; once. */
  takeBytes(path: string, digest: string): Uint8Array | undefined
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
  const underWay = new Map<string, { readonly file: FileStamp; readonly facts: Promise<KnownFile> }>()
  const kept = createKeptBytes()
  const takeTurn = createTurns()
  let reads = 0
  const read = async (
    absolutePath: string,
    file: FileStamp & { path: string },
    index: StatIndex,
  ): Promise<KnownFile> => {
    await takeTurn(file.sizeBytes)
    const readAtMs = now()
    reads += 1
    const { digest, head, bytes } = await readFacts(absolutePath, file.sizeBytes)
    if (bytes !== undefined) kept.keep(absolutePath, { digest, bytes })
    index.set(file.path, file, { digest, head, readAtMs })
    return { digest, head }
  }
  const indexOf = (folder: string): StatIndex => {
    const index = indexes.get(folder) ?? openStatIndex(folder, cacheFolder)
    indexes.set(folder, index)
    return index
  }
  return {
    in(folder) {
      const index = indexOf(folder)
      return {
        async of(file) {
          const known = index.get(file.path, file)
          if (known !== undefined) return known
          const absolutePath = join(folder, file.path)
          const started = underWay.get(absolutePath)
          if (started !== undefined && started.file.mtimeMs === file.mtimeMs) return started.facts
          const facts = read(absolutePath, file, index).finally(() => underWay.delete(absolutePath))
          underWay.set(absolutePath, { file, facts })
          return facts
        },
        takeBytes: (path, digest) => kept.take(join(folder, path), digest),
      }
    },
    async save() {
      for (const index of indexes.values()) await index.save()
    },
    get reads() {
      return reads
    },
    forgetBytes: () => kept.forget(),
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
