import { describe, expect, test } from 'vitest'
import { gather, pieces } from '../../test/support/layers.ts'
import { decodeName, encodeName, compareNames, readTar, type TarEntry } from './index.ts'
import { cleanEntryPath } from './names.ts'

interface Written {
  readonly name?: string
  readonly type?: string
  readonly body?: Uint8Array | string
  readonly link?: string
  readonly prefix?: string
  readonly magic?: string
  /** Fields as they stand in the header, by offset. */
  readonly fields?: Readonly<Record<number, Uint8Array | string>>
}

/** An archive written by hand, as other programs do. */
function tarOf(...entries: readonly Written[]): Buffer {
  return Buffer.concat([...entries.map((entry) => oneOf(entry)), Buffer.alloc(1024)])
}

function oneOf(entry: Written): Buffer {
  const body = Buffer.from(entry.body ?? '')
  const header = Buffer.alloc(512)
  header.write(entry.name ?? 'name', 0)
  header.write('0000644\x000000001\x000000002\0', 100)
  header.write(body.length.toString(8).padStart(11, '0'), 124)
  header.write('00000000017\0', 136)
  header.write(entry.type ?? '0', 156)
  header.write(entry.link ?? '', 157)
  header.write(entry.magic ?? 'ustar\x0000', 257, 'latin1')
  header.write(entry.prefix ?? '', 345)
  for (const [at, value] of Object.entries(entry.fields ?? {})) header.set(Buffer.from(value), Number(at))
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

function pax(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`
      const length = rest.length + String(rest.length + 2).length
      return `${length}${rest}`
    })
    .join('')
}

async function read(bytes: Buffer): Promise<(Omit<TarEntry, 'body' | 'bodyOffset'> & { text: string })[]> {
  const found = []
  for await (const { body, bodyOffset: _at, ...entry } of readTar(pieces(bytes))) {
    found.push({ ...entry, text: (await gather(body)).toString() })
  }
  return found
}

describe('an archive', () => {
  test.each<[string, Written[], object]>([
    [
      'ustar',
      [{ name: 'a', body: 'text' }],
      { path: 'a', text: 'text', mode: 0o644, uid: 1, gid: 2, mtimeSeconds: 15 },
    ],
    ['a ustar prefix', [{ name: 'a', prefix: 'some/folder' }], { path: 'some/folder/a' }],
    [
      "star's shorter prefix",
      [{ name: 'a', prefix: 'p', fields: { 476: '00000000017\0', 508: 'tar\0' } }],
      { path: 'p/a' },
    ],
    ["GNU's fields where ustar's prefix is", [{ name: 'a', magic: 'ustar  \0', prefix: '00000001' }], { path: 'a' }],
    ["GNU's long name", [{ type: 'L', body: `${'n'.repeat(300)}\0` }, { name: 'short' }], { path: 'n'.repeat(300) }],
    [
      "GNU's long link",
      [
        { type: 'K', body: `${'n'.repeat(300)}\0` },
        { type: '2', link: 'short' },
      ],
      { linkTarget: 'n'.repeat(300) },
    ],
    [
      'v7, a directory by its slash',
      [{ name: 'dir/', type: '\0', magic: '\0\0\0\0\0\0' }],
      { path: 'dir', kind: 'directory' },
    ],
    ['a contiguous file', [{ type: '7', body: 'x' }], { kind: 'file', text: 'x' }],
    ['numbers in binary', [{ fields: { 108: Buffer.from('8000000000300000', 'hex') } }], { uid: 0x300000 }],
    [
      'a negative time in binary',
      [{ fields: { 136: Buffer.from('ffffffffffffffffffffffff', 'hex') } }],
      { mtimeSeconds: -1 },
    ],
    ['numbers with spaces', [{ fields: { 108: '   17 \0 ' } }], { uid: 15 }],
    ['numbers that are left out', [{ fields: { 108: '\0\0\0\0\0\0\0\0' } }], { uid: 0 }],
    ['a pax path', [{ type: 'x', body: pax({ path: 'from/pax' }) }, { name: 'x' }], { path: 'from/pax' }],
    ['a pax time', [{ type: 'x', body: pax({ mtime: '1234.5' }) }, {}], { mtimeSeconds: 1234.5 }],
    ['a pax owner', [{ type: 'x', body: pax({ uid: '3000000', gid: '7' }) }, {}], { uid: 3_000_000, gid: 7 }],
    ['a pax link', [{ type: 'x', body: pax({ linkpath: '/target' }) }, { type: '2' }], { linkTarget: '/target' }],
    [
      'a pax size',
      [
        { type: 'x', body: pax({ size: '3' }) },
        { body: 'abc', fields: { 124: '00000000000\0' } },
      ],
      { size: 3, text: 'abc' },
    ],
    ['a pax header for all', [{ type: 'g', body: pax({ uid: '7' }) }, {}], { uid: 7 }],
    [
      'a pax header that takes that back',
      [{ type: 'g', body: pax({ uid: '7' }) }, { type: 'x', body: pax({ uid: '' }) }, {}],
      { uid: 1 },
    ],
    [
      'extended attributes',
      [{ type: 'x', body: pax({ 'SCHILY.xattr.user.a': 'value' }) }, {}],
      { xattrs: { 'user.a': Buffer.from('value') } },
    ],
    [
      'a device',
      [{ type: '3', fields: { 329: '0000001\x000000003\0' } }],
      { kind: 'character', device: { major: 1, minor: 3 } },
    ],
    [
      'a hard link with a size, and no body',
      [{ type: '1', link: './a', fields: { 124: '00000000007\0' } }],
      { kind: 'hardlink', linkTarget: 'a', size: 0 },
    ],
    ['a volume label', [{ type: 'V', name: 'label' }, { name: 'a' }], { path: 'a' }],
  ])('with %s is read', async (_, entries, expected) => {
    expect(await read(tarOf(...entries))).toEqual([expect.objectContaining(expected)])
  })

  test('whose checksums are sums of signed bytes is read', async () => {
    const bytes = tarOf({ name: 'ä' })
    const unsigned = Number.parseInt(bytes.toString('latin1', 148, 154), 8)
    bytes.write((unsigned - 2 * 256).toString(8).padStart(6, '0'), 148)
    expect(await read(bytes)).toMatchObject([{ path: 'ä' }])
  })

  test('is read whether or not bodies are', async () => {
    const bytes = tarOf({ name: 'a', body: 'x'.repeat(2000) }, { name: 'b', body: 'y' }, { name: 'c' })
    const paths: string[] = []
    for await (const entry of readTar(pieces(bytes))) paths.push(`${entry.path}@${entry.bodyOffset}`)
    expect(paths).toEqual(['a@512', 'b@3072', 'c@4096'])
  })

  test('may lack its end, and have bytes behind it', async () => {
    const bytes = tarOf({ name: 'a' })
    expect(await read(bytes.subarray(0, 512))).toHaveLength(1)
    expect(await read(Buffer.concat([bytes, Buffer.alloc(9000, 1)]))).toHaveLength(1)
    expect(await read(Buffer.alloc(0))).toEqual([])
  })

  test.each<[string, Written[], string]>([
    ['sparse, the old way', [{ type: 'S' }], 'LAYER_UNSUPPORTED'],
    ['sparse, the new way', [{ type: 'x', body: pax({ 'GNU.sparse.major': '1' }) }, {}], 'LAYER_UNSUPPORTED'],
    ['of an unknown kind', [{ type: 'Z' }], 'LAYER_UNSUPPORTED'],
    ['of a negative size', [{ fields: { 124: Buffer.from('ffffffffffffffffffffffff', 'hex') } }], 'LAYER_INVALID'],
    ['of a negative size in pax', [{ type: 'x', body: pax({ size: '-1' }) }, {}], 'LAYER_INVALID'],
    [
      'of a size that no number can say',
      [{ fields: { 124: Buffer.from('80ffffffffffffffffffffff', 'hex') } }],
      'LAYER_INVALID',
    ],
    ['of a size that is no number', [{ fields: { 124: 'abc' } }], 'LAYER_INVALID'],
    ['of a negative owner', [{ fields: { 108: Buffer.from('ffffffffffffffff', 'hex') } }], 'LAYER_INVALID'],
    ['with a pax number that is none', [{ type: 'x', body: pax({ uid: 'zero' }) }, {}], 'LAYER_INVALID'],
    ['with a pax header that lies about its length', [{ type: 'x', body: '99 a=b\n' }, {}], 'LAYER_INVALID'],
    ['with a pax header without a value', [{ type: 'x', body: '5 ab\n' }, {}], 'LAYER_INVALID'],
    ['with a zero byte in its path', [{ type: 'x', body: pax({ path: 'a\0b' }) }, {}], 'LAYER_INVALID'],
    ['with a path that is too long', [{ type: 'x', body: pax({ path: 'a'.repeat(5000) }) }, {}], 'LAYER_INVALID'],
    ['with a link to nothing', [{ type: '2' }], 'LAYER_INVALID'],
  ])('with an entry %s is refused', async (_, entries, code) => {
    await expect(read(tarOf(...entries))).rejects.toMatchObject({ code })
  })
})

test.each([
  ['a', 'a'],
  ['./a/', 'a'],
  ['/a//b/./c', 'a/b/c'],
  ['a/../b', 'b'],
  ['.', ''],
  ['./', ''],
  ['a/..', ''],
  ['.a/..b/c..', '.a/..b/c..'],
])('the path %s is cleaned to %j', (raw, clean) => {
  expect(cleanEntryPath(raw)).toBe(clean)
})

test.each([
  ['text', Buffer.from('grüße 🚢')],
  ['Latin 1', Buffer.from('grüße', 'latin1')],
  ['an encoded surrogate', Buffer.from('edb2a9', 'hex')],
  ['a cut off character', Buffer.from('61f09f9a', 'hex')],
  ['a byte order mark', Buffer.from('efbbbf61', 'hex')],
])('a name that is %s keeps its bytes', (_, bytes) => {
  expect(encodeName(decodeName(bytes))).toEqual(bytes)
})

test('names are ordered by their bytes', () => {
  const names = ['a/b', 'a', 'a.b', 'B', '\u{1F6A2}', '\uFF5E', decodeName(Buffer.of(0xff))]
  expect(names.sort(compareNames)).toEqual(['B', 'a', 'a.b', 'a/b', '\uFF5E', '\u{1F6A2}', decodeName(Buffer.of(0xff))])
})
