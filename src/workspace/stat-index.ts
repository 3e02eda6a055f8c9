import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { FileStamp, KnownFile } from './file-stamp.ts'
import { formatStatTable, parseStatTable, type StatTable } from './stat-index-format.ts'
import { writeWhole } from './write-whole.ts'

/** Remembers what the files of one folder hold, so that those that are unchanged need not be read again. */
export interface StatIndex {
  /** What was remembered of a file with that stamp, or undefined. */
  get(path: string, stamp: FileStamp): KnownFile | undefined
  /**
   * Remembers a file whose stamp was taken before `readAtMs`, when reading it began. One that was written about then is
   * not remembered: it may be written again without another time, as with git's "racily clean" entries.
   * @see https://git-scm.com/docs/racy-git
   */
  set(path: string, stamp: FileStamp, known: KnownFile & { readonly readAtMs: number }): void
  /**
   * Writes what is new, all of it or nothing; what another process has written meanwhile may be lost.
   * @throws DISK_FULL, FILE_UNWRITABLE
   */
  save(): Promise<void>
}

/** Entries of files that were not looked at in so many saves are dropped: they are gone, or no longer needed. */
const maxAge = 8
/** Within so much of each other two writes may get one time: for file systems with fine times, and with seconds. */
const fineGrainMs = 100
const coarseGrainMs = 2000

/** Into so many files an index is divided: what is below one folder of the context is in one of them. */
const shares = 16

/**
 * The index of a folder, kept in files of the cache folder; one that cannot be read, or is damaged, is an empty one. Of the
 * files those are read that are asked about, and those are written that something is new in. Without a cache folder it lives
 * as long as the process.
 */
export function openStatIndex(folder: string, cacheFolder: string | undefined): StatIndex {
  const name = cacheFolder === undefined ? '' : nameOf(folder)
  const opened = new Map<number, StatIndex>()
  const shareOf = (path: string): StatIndex => {
    const number = shareNumber(path)
    const file = cacheFolder === undefined ? undefined : join(cacheFolder, `${name}.${number.toString(shares)}`)
    const share = opened.get(number) ?? openShare(file)
    opened.set(number, share)
    return share
  }
  return {
    get: (path, stamp) => shareOf(path).get(path, stamp),
    set: (path, stamp, known) => shareOf(path).set(path, stamp, known),
    async save() {
      for (const share of opened.values()) await share.save()
    },
  }
}

/** The same for all that is in one folder of the context, and for what is in none. */
function shareNumber(path: string): number {
  let number = 0
  const end = path.indexOf('/')
  for (let at = 0; at < end; at += 1) number = (number * 31 + path.charCodeAt(at)) % 65_521
  return number % shares
}

function openShare(file: string | undefined): StatIndex {
  let table: StatTable | undefined
  const read = (): StatTable => (table ??= parseStatTable(file === undefined ? Buffer.alloc(0) : readOptional(file)))
  const fresh = new Map<string, FileStamp & KnownFile>()
  const used = new Set<number>()
  return {
    get(path, stamp) {
      const own = fresh.get(path)
      if (own !== undefined) return isSame(own, stamp) ? own : undefined
      const found = read().find(path, stamp)
      if (found === undefined) return undefined
      used.add(found.index)
      return found
    },
    set(path, { sizeBytes, mtimeMs, ctimeMs, inode }, { digest, head, readAtMs }) {
      const stamp = { sizeBytes, mtimeMs, ctimeMs, inode }
      if (isRacy(stamp, readAtMs)) fresh.delete(path)
      else fresh.set(path, { ...stamp, digest, head })
    },
    async save() {
      if (fresh.size === 0 || file === undefined) return
      const bytes = formatStatTable({ old: read(), used, fresh, maxAge })
      table = parseStatTable(bytes)
      fresh.clear()
      used.clear()
      await writeWhole(file, bytes)
    },
  }
}

function isSame(one: FileStamp, other: FileStamp): boolean {
  return (
    one.sizeBytes === other.sizeBytes &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.inode === other.inode
  )
}

/** Whether a file that was read at that time may be written again without another time. */
export function isRacy({ mtimeMs, ctimeMs }: FileStamp, readAtMs: number): boolean {
  const hasFineTimes = !Number.isInteger(mtimeMs) || !Number.isInteger(ctimeMs)
  return Math.max(mtimeMs, ctimeMs) + (hasFineTimes ? fineGrainMs : coarseGrainMs) > readAtMs
}

function readOptional(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    // the files that it is about are read instead
    return Buffer.alloc(0)
  }
}

/** The name of a folder's file in a cache. */
export function nameOf(folder: string): string {
  return createHash('sha256').update(realOf(folder)).digest('hex').slice(0, 32)
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
