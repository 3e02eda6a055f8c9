import { crc32 } from 'node:zlib'
import type { FileStamp, KnownFile } from './file-stamp.ts'

/** Entries as they were written to disk. */
export interface StatTable {
  readonly size: number
  find(path: string, stamp: FileStamp): (KnownFile & { readonly index: number }) | undefined
  /** The entry as it goes into the next file. */
  entry(index: number): StatEntry
}

/** One entry, in bytes. */
export interface StatEntry {
  readonly path: string
  readonly record: Buffer
  /** What does not fit into the record. */
  readonly rest: Uint8Array
  /** In how many saves nobody had looked at the file. */
  readonly age: number
}

// The file: magic, then little-endian numbers: checksum of all that follows, count, bytes of names; records; names with a
// zero byte after each; what is longer than a record. A record: size, mtime, ctime, inode; digest; head; length of the
// head; age.
const magic = Buffer.from('catstat2')
const headerBytes = 24
const recordBytes = 88
const at = { size: 0, mtime: 8, ctime: 16, inode: 24, digest: 32, head: 64, headLength: 80, age: 84 }
const headBytes = 16

/** Entries out of a file; a damaged one, or one of another version, has none. */
export function parseStatTable(file: Buffer): StatTable {
  const parts = splitFile(file)
  return parts === undefined ? emptyTable : tableOf(parts)
}

interface FileParts {
  readonly count: number
  readonly records: Buffer
  readonly names: readonly string[]
  readonly rests: Buffer
}

function splitFile(file: Buffer): FileParts | undefined {
  if (file.length < headerBytes || !file.subarray(0, magic.length).equals(magic)) return undefined
  if (crc32(file.subarray(12)) !== file.readUInt32LE(8)) return undefined
  const count = file.readUInt32LE(12)
  const namesAt = headerBytes + count * recordBytes
  const restsAt = namesAt + file.readUInt32LE(16)
  const names = file.toString('utf8', namesAt, restsAt).split('\0')
  return { count, records: file.subarray(headerBytes, namesAt), names, rests: file.subarray(restsAt) }
}

const emptyTable: StatTable = {
  size: 0,
  find: () => undefined,
  entry() {
    throw new Error('an empty table has no entries')
  },
}

function tableOf({ count, records, names, rests }: FileParts): StatTable {
  const indexes = new Map<string, number>()
  const restsAt = new Float64Array(count + 1)
  for (let index = 0; index < count; index += 1) {
    indexes.set(names[index] ?? '', index)
    restsAt[index + 1] = (restsAt[index] ?? 0) + Math.max(0, headLengthAt(records, index) - headBytes)
  }
  const restOf = (index: number): Buffer => rests.subarray(restsAt[index], restsAt[index + 1])
  return {
    size: count,
    find(path, stamp) {
      const index = indexes.get(path)
      if (index === undefined || !hasStamp(records, index * recordBytes, stamp)) return undefined
      const start = index * recordBytes
      const digest = `sha256:${records.toString('hex', start + at.digest, start + at.head)}`
      const length = headLengthAt(records, index)
      const first = records.subarray(start + at.head, start + at.head + Math.min(length, headBytes))
      return { digest, head: length > headBytes ? Buffer.concat([first, restOf(index)]) : first, index }
    },
    entry: (index) => ({
      path: names[index] ?? '',
      record: records.subarray(index * recordBytes, (index + 1) * recordBytes),
      rest: restOf(index),
      age: records.readUInt32LE(index * recordBytes + at.age),
    }),
  }
}

function headLengthAt(records: Buffer, index: number): number {
  return records.readUInt32LE(index * recordBytes + at.headLength)
}

function hasStamp(records: Buffer, start: number, stamp: FileStamp): boolean {
  return (
    records.readDoubleLE(start + at.mtime) === stamp.mtimeMs &&
    records.readDoubleLE(start + at.size) === stamp.sizeBytes &&
    records.readDoubleLE(start + at.ctime) === stamp.ctimeMs &&
    records.readDoubleLE(start + at.inode) === stamp.inode
  )
}

/** What the next file is made of. */
export interface StatTableParts {
  readonly old: StatTable
  /** Indexes of old entries that somebody asked for. */
  readonly used: ReadonlySet<number>
  readonly fresh: ReadonlyMap<string, FileStamp & KnownFile>
  /** Old entries that were unused in so many saves are left out. */
  readonly maxAge: number
}

/** The bytes of a file with the old entries and the fresh ones. */
export function formatStatTable(parts: StatTableParts): Buffer {
  const entries = [...keptEntries(parts), ...[...parts.fresh].map(([path, file]) => freshEntry(path, file))]
  let names = ''
  let restBytes = 0
  for (const { path, rest } of entries) {
    names += `${path}\0`
    restBytes += rest.length
  }
  const nameBytes = Buffer.byteLength(names)
  const namesAt = headerBytes + entries.length * recordBytes
  const file = Buffer.allocUnsafe(namesAt + nameBytes + restBytes)
  magic.copy(file)
  file.writeUInt32LE(entries.length, 12)
  file.writeUInt32LE(nameBytes, 16)
  file.writeUInt32LE(0, 20)
  let recordAt = headerBytes
  let restAt = namesAt + file.write(names, namesAt)
  for (const { record, rest, age } of entries) {
    file.set(record, recordAt)
    file.writeUInt32LE(age, recordAt + at.age)
    recordAt += recordBytes
    file.set(rest, restAt)
    restAt += rest.length
  }
  file.writeUInt32LE(crc32(file.subarray(12)), 8)
  return file
}

function keptEntries({ old, used, fresh, maxAge }: StatTableParts): readonly StatEntry[] {
  const kept: StatEntry[] = []
  for (let index = 0; index < old.size; index += 1) {
    const entry = old.entry(index)
    const age = used.has(index) ? 0 : entry.age + 1
    if (age <= maxAge && !fresh.has(entry.path)) kept.push({ ...entry, age })
  }
  return kept
}

function freshEntry(
  path: string,
  { sizeBytes, mtimeMs, ctimeMs, inode, digest, head }: FileStamp & KnownFile,
): StatEntry {
  const record = Buffer.alloc(recordBytes)
  record.writeDoubleLE(sizeBytes, at.size)
  record.writeDoubleLE(mtimeMs, at.mtime)
  record.writeDoubleLE(ctimeMs, at.ctime)
  record.writeDoubleLE(inode, at.inode)
  record.write(digest.replace('sha256:', ''), at.digest, 'hex')
  record.set(head.subarray(0, headBytes), at.head)
  record.writeUInt32LE(head.length, at.headLength)
  return { path, record, rest: head.subarray(headBytes), age: 0 }
}
