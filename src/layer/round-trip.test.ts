import { mkdtempSync, rmSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes } from '../image/index.ts'
import { aFile as file, gather, pieces } from '../../test/support/layers.ts'
import { createLayer, decodeName, decompress, readTar, type LayerEntry } from './index.ts'

const folders: string[] = []

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'catamaran-layer-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function readBack(bytes: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const { body, bodyOffset: _at, ...entry } of readTar(decompress(bytes))) {
    found.push({ ...entry, bytes: (await gather(body)).toString('hex') })
  }
  return found
}

const pathPart = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.stringMatching(/^[a-zA-Z0-9 _+-]{1,120}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.uint8Array({ minLength: 1, maxLength: 9 }).map(decodeName),
)
const path = fc
  .array(pathPart, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((part) => part.replaceAll(/[/\0]/g, '_')))
  .filter((parts) => parts.every((part) => part !== '.' && part !== '..'))
  .map((parts) => parts.join('/'))
const number = fc.oneof(fc.nat(0o7777777), fc.integer({ min: 0, max: 2 ** 32 - 2 }))
const metadata = fc.record({
  path,
  mode: fc.nat(0o7777),
  uid: number,
  gid: number,
  mtimeSeconds: fc.oneof(fc.nat(), fc.integer({ min: -5000, max: 2 ** 40 })),
})
const xattrs = fc.option(
  fc.dictionary(fc.stringMatching(/^[a-z.]{1,9}$/), fc.uint8Array({ maxLength: 9 }), { minKeys: 1, maxKeys: 3 }),
  { nil: undefined },
)
const entry = fc.oneof(
  fc.tuple(metadata, fc.uint8Array({ maxLength: 2000 }), xattrs).map(([meta, bytes, attributes]) => ({
    ...file(meta.path, bytes, meta),
    ...(attributes === undefined ? {} : { xattrs: attributes }),
    bytes,
  })),
  metadata.map((meta) => ({ ...meta, kind: 'directory' as const, bytes: new Uint8Array() })),
  fc.tuple(metadata, pathPart).map(([meta, target]) => ({
    ...meta,
    kind: 'symlink' as const,
    linkTarget: `../${target.replaceAll('\0', '_')}`,
    bytes: new Uint8Array(),
  })),
)
const entries = fc.uniqueArray(entry, {
  selector: (one) => Buffer.from(one.path, 'utf16le').toString('hex'),
  maxLength: 12,
})

describe('a layer that is written and read again', () => {
  test('has the same entries, with their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const layer = await createLayer(list)
        const found = await readBack(layer.open())
        const expected = list.map(({ bytes, ...one }) => {
          const { open: _open, ...rest } = one as LayerEntry
          return { size: 0, ...rest, bytes: Buffer.from(bytes).toString('hex') }
        })
        expect(new Set(found.map((one) => sortedJson(one)))).toEqual(new Set(expected.map((one) => sortedJson(one))))
        expect(found).toHaveLength(list.length)
      }),
      { numRuns: 150 },
    )
  })

  test('has the same digest however its entries were ordered', async () => {
    const shuffled = entries.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, other]) => {
        const [one, two] = [await createLayer(list), await createLayer(other)]
        expect(two.descriptor).toEqual(one.descriptor)
        expect(two.diffId).toBe(one.diffId)
      }),
      { numRuns: 60 },
    )
  })

  test('has the digests of its bytes, and opens as often as needed', async () => {
    const layer = await createLayer([file('a', 'hello')])
    const packed = await gather(layer.open())
    expect(digestOf(packed)).toBe(layer.descriptor.digest)
    expect(packed.length).toBe(layer.descriptor.size)
    expect(digestOf(gunzipSync(packed))).toBe(layer.diffId)
    expect(await gather(layer.open())).toEqual(packed)
    expect(layer.descriptor.mediaType).toBe(mediaTypes.oci.layerGzip)
  })

  test('does not depend on the pieces that a file comes in', async () => {
    const bytes = Buffer.alloc(3_000_000, 'some text that repeats. ')
    const whole = await createLayer([file('a', bytes)])
    const cut = await createLayer([
      file('a', bytes, {
        open: () => pieces(bytes.subarray(0, 7), bytes.subarray(7, 1_500_000), bytes.subarray(1_500_000)),
      }),
    ])
    expect(cut.descriptor).toEqual(whole.descriptor)
    expect(digestOf(gunzipSync(await gather(whole.open())))).toBe(whole.diffId)
  })

  test('stays what it was when this program changes', async () => {
    const layer = await createLayer([
      { path: 'app', kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 },
      file('app/main', 'x'.repeat(5000), { mode: 0o755 }),
      { path: 'app/link', kind: 'symlink', mode: 0o777, uid: 0, gid: 0, mtimeSeconds: 0, linkTarget: 'main' },
    ])
    expect(layer).toMatchInlineSnapshot(
      { open: expect.any(Function) as unknown },
      `
      {
        "descriptor": {
          "digest": "sha256:a0eb631bb27e9940a3d72cb838a1eed79d26e56be8e33d539e0fa6ed49590782",
          "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
          "size": 206,
        },
        "diffId": "sha256:9e1431074435bf887bde6c17b273b0874d1334cb90c131cc3e464a4b5f23f808",
        "open": Any<Function>,
      }
    `,
    )
  })
})

test('big layers go to a file that is named by their digest, and nothing else is left behind', async () => {
  const workFolder = join(temporaryFolder(), 'work')
  const bytes = Buffer.alloc(300_000)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 2654435761) >>> 13
  const layer = await createLayer([file('a', bytes)], { workFolder, maxMemoryBytes: 1000 })
  expect(readdirSync(workFolder)).toEqual([layer.descriptor.digest.replace('sha256:', '')])
  expect(digestOf(await gather(layer.open()))).toBe(layer.descriptor.digest)
  expect((await createLayer([file('a', bytes)])).descriptor).toEqual(layer.descriptor)
})

test('a layer that fails leaves nothing behind', async () => {
  const workFolder = temporaryFolder()
  const failing = file('b', '', {
    size: 5,
    open: async function* () {
      yield Buffer.alloc(2)
      throw new Error('gone')
    },
  })
  await expect(
    createLayer([file('a', Buffer.alloc(2_000_000)), failing], { workFolder, maxMemoryBytes: 1 }),
  ).rejects.toThrow('gone')
  expect(readdirSync(workFolder)).toEqual([])
})

test.each([
  ['fewer', Buffer.alloc(3)],
  ['more', Buffer.alloc(6)],
])('a file that gives %s bytes than its entry says is an error', async (_, bytes) => {
  await expect(createLayer([file('a', bytes, { size: 5 })])).rejects.toMatchObject({ code: 'FILE_CHANGED' })
})

test('the first of several hard links has the bytes', async () => {
  const link = { ...file('a/first'), kind: 'hardlink' as const, linkTarget: 'z' }
  const layer = await createLayer([file('z', 'bytes', { mode: 0o600 }), link])
  expect(await readBack(layer.open())).toMatchObject([
    { path: 'a/first', kind: 'file', mode: 0o600, bytes: Buffer.from('bytes').toString('hex') },
    { path: 'z', kind: 'hardlink', linkTarget: 'a/first', mode: 0o600 },
  ])
})

test.each([
  ['without compression', { mediaType: mediaTypes.docker.layer }],
  ['with another level', { level: 1 }],
])('a layer %s has the same diffId', async (_, options) => {
  const list = [file('a', 'hello')]
  const [one, two] = [await createLayer(list), await createLayer(list, options)]
  expect(two.diffId).toBe(one.diffId)
  expect(await readBack(two.open())).toEqual(await readBack(one.open()))
})

test('a file without a size is gathered first', async () => {
  const { size: _size, ...unsized } = file('a', 'hello')
  expect((await createLayer([unsized])).diffId).toBe((await createLayer([file('a', 'hello')])).diffId)
})

test('aborting ends it', async () => {
  const layer = createLayer([file('a')], { signal: AbortSignal.abort(new Error('enough')) })
  await expect(layer).rejects.toThrow('enough')
})

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    // Buffers come here as what their toJSON makes of them.
    if (member instanceof Uint8Array) return { data: [...member], type: 'Buffer' }
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
