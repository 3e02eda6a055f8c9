import type { EntryKind, EntryMetadata } from './entry.ts'
import { encodeName } from './names.ts'
import { formatPax } from './pax.ts'
import { blockBytes, headerSum, paddingAfter } from './tar-header.ts'

const typeFlags: Readonly<Record<EntryKind, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

interface Fields {
  readonly typeFlag: string
  readonly name: Uint8Array
  readonly prefix?: Uint8Array
  readonly linkName?: Uint8Array
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeSeconds: number
  readonly device?: { readonly major: number; readonly minor: number }
}

/**
 * The header of an entry: one ustar block, with a pax header in front when something does not fit into it. `size` is that
 * of the body. The bytes depend on nothing but the arguments.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function formatHeader(entry: EntryMetadata, size: number): Buffer {
  const records = new Map<string, Uint8Array>()
  const block = formatBlock({
    ...fitNames(entry, records),
    ...fitNumbers({ ...entry, size }, records),
    typeFlag: typeFlags[entry.kind],
    mode: entry.mode & 0o7777,
    ...(entry.device === undefined ? {} : { device: entry.device }),
  })
  for (const [key, bytes] of Object.entries(entry.xattrs ?? {})) records.set(`SCHILY.xattr.${key}`, bytes)
  return records.size === 0 ? block : Buffer.concat([formatExtended(records), block])
}

/** What does not fit is added to `records`. */
function fitNames(
  entry: EntryMetadata,
  records: Map<string, Uint8Array>,
): Pick<Fields, 'name' | 'prefix' | 'linkName'> {
  const name = encodeName(entry.kind === 'directory' ? `${entry.path === '' ? '.' : entry.path}/` : entry.path)
  const link = encodeName(entry.linkTarget ?? '')
  const split = splitName(name)
  if (split === undefined) records.set('path', name)
  if (link.length > 100 || !isAscii(link)) records.set('linkpath', link)
  return { name: name.subarray(0, 100), linkName: link.subarray(0, 100), ...split }
}

function fitNumbers(
  entry: Pick<Fields, 'uid' | 'gid' | 'size' | 'mtimeSeconds'>,
  records: Map<string, Uint8Array>,
): Pick<Fields, 'uid' | 'gid' | 'size' | 'mtimeSeconds'> {
  const fit = (key: string, value: number, max: number): number => {
    if (value >= 0 && value <= max) return value
    records.set(key, Buffer.from(String(value)))
    return 0
  }
  return {
    uid: fit('uid', entry.uid, 0o7777777),
    gid: fit('gid', entry.gid, 0o7777777),
    size: fit('size', entry.size, 0o77777777777),
    mtimeSeconds: fit('mtime', Math.floor(entry.mtimeSeconds), 0o77777777777),
  }
}

const magicAndVersion = Buffer.from('ustar\u000000', 'latin1')

/** What ends an archive. */
export const endOfArchive: Uint8Array = new Uint8Array(2 * blockBytes)

function formatExtended(records: ReadonlyMap<string, Uint8Array>): Buffer {
  const body = formatPax(records)
  const header = formatBlock({
    typeFlag: 'x',
    name: Buffer.from('PaxHeaders.0/entry'),
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtimeSeconds: 0,
  })
  return Buffer.concat([header, body, new Uint8Array(paddingAfter(body.length))])
}

function formatBlock(fields: Fields): Buffer {
  const block = Buffer.allocUnsafe(blockBytes).fill(0)
  block.set(fields.name, 0)
  writeOctal(block, fields.mode, { at: 100, digits: 7 })
  writeOctal(block, fields.uid, { at: 108, digits: 7 })
  writeOctal(block, fields.gid, { at: 116, digits: 7 })
  writeOctal(block, fields.size, { at: 124, digits: 11 })
  writeOctal(block, fields.mtimeSeconds, { at: 136, digits: 11 })
  block.write(fields.typeFlag, 156, 'latin1')
  if (fields.linkName !== undefined) block.set(fields.linkName, 157)
  block.set(magicAndVersion, 257)
  writeOctal(block, fields.device?.major ?? 0, { at: 329, digits: 7 })
  writeOctal(block, fields.device?.minor ?? 0, { at: 337, digits: 7 })
  if (fields.prefix !== undefined) block.set(fields.prefix, 345)
  writeOctal(block, headerSum(block), { at: 148, digits: 6 })
  block[155] = 0x20
  return block
}

/** Digit by digit: there are six numbers in a header, and many headers. */
function writeOctal(block: Buffer, value: number, field: { readonly at: number; readonly digits: number }): void {
  let rest = value
  for (let at = field.at + field.digits - 1; at >= field.at; at -= 1) {
    const higher = Math.floor(rest / 8)
    block[at] = 0x30 + rest - higher * 8
    rest = higher
  }
}

/** Up to 100 bytes, or a prefix of up to 155 before a slash and the rest; undefined when pax is needed. */
function splitName(name: Buffer): { name: Buffer; prefix: Buffer } | undefined {
  if (!isAscii(name)) return undefined
  if (name.length <= 100) return { name, prefix: Buffer.alloc(0) }
  const slash = name.lastIndexOf(0x2f, Math.min(155, name.length - 2))
  if (slash <= 0 || name.length - slash - 1 > 100) return undefined
  return { name: name.subarray(slash + 1), prefix: name.subarray(0, slash) }
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false
  return true
}
