import { ToolError } from '../errors/index.ts'
import { createByteReader, type ByteReader } from './byte-reader.ts'
import type { TarEntry } from './entry.ts'
import { cleanEntryPath, decodeName } from './names.ts'
import { parsePax, type PaxRecords } from './pax.ts'
import { blockBytes, entryKinds, isZeroBlock, paddingAfter, parseHeader, type TarHeader } from './tar-header.ts'

const maxExtendedBytes = 1024 * 1024
const xattrPrefix = 'SCHILY.xattr.'

/**
 * Reads an uncompressed tar stream: ustar, pax, and GNU's long names and big numbers. Paths come without leading or trailing
 * slash. The stream is read to its end, past the archive's, so that a check of its digest takes place.
 *
 * @yields the entries in order; an entry's body has to be read before the next one is asked for
 * @throws LAYER_INVALID when it is no valid archive, or an entry's path leaves the root
 * @throws LAYER_UNSUPPORTED for sparse files and unknown kinds of entries
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, void> {
  const reader = createByteReader(source)
  const globals: PaxRecords = new Map()
  let pending: PaxRecords = new Map()
  try {
    for (;;) {
      const header = await nextHeader(reader)
      if (header === undefined) break
      if ('xgLK'.includes(header.typeFlag)) {
        addTo(header.typeFlag === 'g' ? globals : pending, await readExtended(reader, header))
        continue
      }
      if (header.typeFlag !== 'V') yield* readEntry(reader, header, new Map([...globals, ...pending]))
      pending = new Map()
    }
    while ((await reader.takeSome(Number.POSITIVE_INFINITY)) !== undefined);
  } finally {
    await reader.close()
  }
}

/** Undefined at the end of the archive. Many programs leave out the zero blocks there. */
async function nextHeader(reader: ByteReader): Promise<TarHeader | undefined> {
  const block = await reader.take(blockBytes)
  if (block.length === 0) return undefined
  if (block.length < blockBytes) throw truncated()
  return isZeroBlock(block) ? undefined : parseHeader(block)
}

async function readExtended(reader: ByteReader, header: TarHeader): Promise<PaxRecords> {
  if (header.size < 0 || header.size > maxExtendedBytes) {
    throw new ToolError('LAYER_INVALID', 'the archive has an extended header that is too long')
  }
  const bytes = await reader.take(header.size)
  if (bytes.length < header.size) throw truncated()
  await skip(reader, paddingAfter(header.size))
  if (header.typeFlag === 'x' || header.typeFlag === 'g') return parsePax(Buffer.from(bytes))
  const end = bytes.indexOf(0)
  const name = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end))
  return new Map([[header.typeFlag === 'L' ? 'path' : 'linkpath', name]])
}

function addTo(records: PaxRecords, more: PaxRecords): void {
  for (const [key, value] of more) records.set(key, value)
}

async function* readEntry(
  reader: ByteReader,
  header: TarHeader,
  records: PaxRecords,
): AsyncGenerator<TarEntry, void, void> {
  const entry = describe(header, records)
  const body = { left: entry.size }
  yield { ...entry, bodyOffset: reader.offset, body: readBody(reader, body) }
  await skip(reader, body.left + paddingAfter(entry.size))
  body.left = 0
}

async function* readBody(reader: ByteReader, body: { left: number }): AsyncGenerator<Uint8Array, void, void> {
  while (body.left > 0) {
    const chunk = await reader.takeSome(body.left)
    if (chunk === undefined) throw truncated()
    body.left -= chunk.length
    yield chunk
  }
}

async function skip(reader: ByteReader, length: number): Promise<void> {
  let left = length
  while (left > 0) {
    const chunk = await reader.takeSome(left)
    if (chunk === undefined) throw truncated()
    left -= chunk.length
  }
}

function describe(header: TarHeader, records: PaxRecords): Omit<TarEntry, 'body' | 'bodyOffset'> {
  const written = decodeName(textOf(records, 'path') ?? header.name)
  const path = cleanEntryPath(written)
  const kind = kindOf(header, records, written)
  const isLink = kind === 'symlink' || kind === 'hardlink'
  const xattrs = xattrsOf(records)
  return {
    path,
    kind,
    mode: header.mode,
    uid: ownerOf(numberOf(records, 'uid') ?? header.uid),
    gid: ownerOf(numberOf(records, 'gid') ?? header.gid),
    size: kind === 'file' ? sizeOf(header, records) : 0,
    mtimeSeconds: numberOf(records, 'mtime') ?? header.mtimeSeconds,
    ...(isLink ? { linkTarget: linkOf(kind, decodeName(textOf(records, 'linkpath') ?? header.linkName)) } : {}),
    ...(kind === 'character' || kind === 'block' ? { device: header.device } : {}),
    ...(xattrs === undefined ? {} : { xattrs }),
  }
}

/** Before ustar a directory was a file whose name ends with a slash. */
function kindOf(header: TarHeader, records: PaxRecords, name: string): TarEntry['kind'] {
  const kind = entryKinds[header.typeFlag]
  const isSparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'))
  if (kind === undefined || isSparse) {
    const what = isSparse || header.typeFlag === 'S' ? 'is sparse' : `has the unknown type "${header.typeFlag}"`
    throw new ToolError('LAYER_UNSUPPORTED', `the archive's entry ${JSON.stringify(name)} ${what}`)
  }
  return header.typeFlag === '\0' && name.endsWith('/') ? 'directory' : kind
}

function linkOf(kind: TarEntry['kind'], target: string): string {
  if (kind === 'hardlink') return cleanEntryPath(target, 'link target')
  if (target === '' || target.includes('\0')) {
    throw new ToolError('LAYER_INVALID', 'the archive has a link target that is not a path')
  }
  return target
}

function sizeOf(header: TarHeader, records: PaxRecords): number {
  const size = numberOf(records, 'size') ?? header.size
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw new ToolError('LAYER_INVALID', 'the archive has an entry with a size that is not valid')
}

function ownerOf(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id < 2 ** 32) return id
  throw new ToolError('LAYER_INVALID', `the archive has an entry whose owner is ${id}`)
}

function textOf(records: PaxRecords, key: string): Buffer | undefined {
  const value = records.get(key)
  return value === undefined || value.length === 0 ? undefined : value
}

function numberOf(records: PaxRecords, key: string): number | undefined {
  const text = textOf(records, key)?.toString('latin1')
  if (text === undefined) return undefined
  if (/^-?[0-9]{1,15}(?:\.[0-9]*)?$/.test(text)) return Number(text)
  throw new ToolError('LAYER_INVALID', `the archive has a header with the value ${JSON.stringify(text)} for ${key}`)
}

function xattrsOf(records: PaxRecords): Record<string, Uint8Array> | undefined {
  const found = [...records].filter(([key]) => key.startsWith(xattrPrefix))
  if (found.length === 0) return undefined
  return Object.fromEntries(found.map(([key, value]) => [key.slice(xattrPrefix.length), value]))
}

function truncated(): ToolError {
  return new ToolError('LAYER_INVALID', 'the archive ends in the middle of an entry')
}
