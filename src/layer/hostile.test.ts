import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDirectory, aFile, aLink, aRawLayer, gather, pieces, rawLayerOf } from '../../test/support/layers.ts'
import { mediaTypes, type Layer } from '../image/index.ts'
import { createLayer, decompress, readLayerTree, readTar, unpackLayers, type LayerEntry } from './index.ts'

let outside = ''
let folder = ''

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'catamaran-hostile-'))
  folder = join(outside, 'root')
  mkdirSync(folder)
  writeFileSync(join(outside, 'secret'), 'untouched')
})

afterEach(() => {
  rmSync(outside, { recursive: true, force: true })
})

function expectNothingOutside(): void {
  expect(readdirSync(outside).sort()).toEqual(['root', 'secret'])
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('untouched')
  expect(lstatSync(join(outside, 'secret')).mode & 0o777).toBe(0o644)
  expect(lstatSync(join(outside, 'secret')).nlink).toBe(1)
}

const evil = (path: string): LayerEntry => aFile(path, 'evil', { mode: 0o777 })

describe('an archive that tries to leave its folder', () => {
  test.each<[string, readonly LayerEntry[]]>([
    ['with a path above it', [evil('../secret')]],
    ['with a path that goes up in the middle', [evil('a/../../secret')]],
    ['with a hard link above it', [aLink('link', '../secret', 'hardlink')]],
    ['with a whiteout of the parent', [aFile('.wh...')]],
    ['with a whiteout of the parent of a folder', [aDirectory('a'), aFile('a/.wh...')]],
    ['with a whiteout of nothing', [aFile('.wh.')]],
  ])('%s is refused', async (_, entries) => {
    const layer = await aRawLayer(entries)
    await expect(unpackLayers([layer], folder)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    await expect(readLayerTree([layer])).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    expectNothingOutside()
  })

  test.each<[string, readonly LayerEntry[], string]>([
    ['through a link to the parent', [aLink('up', '..'), evil('up/secret')], 'secret'],
    ['through a link to many parents', [aLink('up', '../../../../..'), evil('up/tmp/x')], 'tmp/x'],
    ['through two links', [aLink('one', 'two'), aLink('two', '../..'), evil('one/secret')], 'secret'],
    ['with an absolute path', [evil('/etc/passwd')], 'etc/passwd'],
    ['with an absolute path that is doubled', [evil('//etc//./passwd')], 'etc/passwd'],
  ])('%s stays inside', async (_, entries, path) => {
    await unpackLayers([await aRawLayer(entries)], folder)
    expect(readFileSync(join(folder, path), 'utf8')).toBe('evil')
    expectNothingOutside()
  })

  test('does not write through a link to a file', async () => {
    const target = join(outside, 'secret')
    await unpackLayers([await aRawLayer([aLink('file', target), evil('file')])], folder)
    expect(lstatSync(join(folder, 'file')).isFile()).toBe(true)
    expectNothingOutside()
  })

  test('does not change the mode of what a link points at', async () => {
    const entries = [aLink('dir', outside), aDirectory('dir', { mode: 0o777 })]
    await unpackLayers([await aRawLayer(entries)], folder)
    expect(lstatSync(join(folder, 'dir')).isDirectory()).toBe(true)
    expect(lstatSync(outside).mode & 0o777).toBe(0o700)
    expectNothingOutside()
  })

  test('does not remove through links', async () => {
    const lower = await aRawLayer([aLink('out', outside), aDirectory('dir'), aLink('dir/out', outside)])
    const upper = await aRawLayer([aFile('out/.wh.secret'), aFile('out/.wh..wh..opq'), aFile('.wh.dir')])
    await unpackLayers([lower, upper], folder)
    expectNothingOutside()
  })

  test('finds nothing outside by hard links through links', async () => {
    const layer = await aRawLayer([aLink('out', outside), aLink('stolen', 'out/secret', 'hardlink')])
    await expect(unpackLayers([layer], folder)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    expectNothingOutside()
  })

  test('does not follow links that were in the folder before', async () => {
    symlinkSync(outside, join(folder, 'old'))
    await unpackLayers([await aRawLayer([evil('old/new')])], folder)
    expectNothingOutside()
  })
})

test.each<[string, readonly LayerEntry[]]>([
  ['links in a circle', [aLink('a', 'b'), aLink('b', 'a'), aFile('a/x')]],
  ['files below a file', [aFile('a'), aFile('a/x')]],
  ['a hard link to a directory', [aDirectory('a'), aLink('b', 'a', 'hardlink')]],
  ['a hard link to nothing', [aLink('b', 'a', 'hardlink')]],
  ['a hard link in place of the folder of its file', [aFile('b/c'), aLink('b', 'b/c', 'hardlink')]],
])('%s are refused', async (_, entries) => {
  const layer = await aRawLayer(entries)
  await expect(unpackLayers([layer], folder)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
  await expect(readLayerTree([layer])).rejects.toMatchObject({ code: 'LAYER_INVALID' })
})

test('devices and pipes are left out of a folder', async () => {
  const device = { ...aFile('dev/null'), kind: 'character', device: { major: 1, minor: 3 } } as const
  await unpackLayers([await aRawLayer([device, { ...aFile('pipe'), kind: 'fifo' }, aFile('file')])], folder)
  expect(readdirSync(folder).sort()).toEqual(['dev', 'file'])
  expect(readdirSync(join(folder, 'dev'))).toEqual([])
})

describe('an archive that is a bomb', () => {
  test('stops at the allowed number of bytes', async () => {
    const layer = await createLayer([aFile('zeros', Buffer.alloc(5_000_000))])
    await expect(unpackLayers([layer], folder, { limits: { maxBytes: 1_000_000 } })).rejects.toMatchObject({
      code: 'LAYER_TOO_LARGE',
    })
    expect(lstatSync(join(folder, 'zeros')).size).toBeLessThan(1_000_000)
  })

  test('stops at the allowed number of entries, over all layers', async () => {
    const layers = [await aRawLayer([aFile('a'), aFile('b')]), await aRawLayer([aFile('c')])]
    const limits = { maxEntries: 2 }
    await expect(unpackLayers(layers, folder, { limits })).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' })
    await expect(readLayerTree(layers, { limits })).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' })
  })

  test('cannot make a header that fills the memory', async () => {
    const header = (
      await gather((await createLayer([aFile('x')], { mediaType: mediaTypes.oci.layer })).open())
    ).subarray(0, 512)
    header.write('x', 156)
    header.write('77777777777', 124)
    const layer = rawLayerOf(withChecksum(header))
    await expect(unpackLayers([layer], folder)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
  })
})

describe('bytes that are no archive', () => {
  test('never make the reader fail in another way', async () => {
    const valid = await gather(
      (await aRawLayer([aFile('a', 'some text'), aLink('b', 'a'), aFile('ä'.repeat(80))])).open(),
    )
    const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), async (changes, mend) => {
        const bytes = Buffer.from(valid)
        for (const [at, value] of changes) bytes[at] = value
        const mended = mend ? Buffer.concat([withChecksum(bytes.subarray(0, 512)), bytes.subarray(512)]) : bytes
        await expectToolErrorOrNone(readAll(pieces(mended)))
      }),
      { numRuns: 300 },
    )
  })

  test('random ones neither', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.uint8Array({ maxLength: 50 }).map((end) => Buffer.concat([gzipSync('x'.repeat(500)).subarray(0, 15), end])),
      fc.uint8Array({ maxLength: 50 }).map((end) => Buffer.concat([Buffer.from('28b52ffd', 'hex'), end])),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (some) => expectToolErrorOrNone(readAll(pieces(some)))),
      { numRuns: 300 },
    )
  })

  test.each([
    ['cut in a header', 1024 + 100],
    ['cut in a body', 516],
    ['cut in the zeros after a body', 1000],
  ])('%s are an error', async (_, length) => {
    const bytes = await gather((await aRawLayer([aFile('a', 'some text'), aFile('b')])).open())
    await expect(readAll(pieces(bytes.subarray(0, length)))).rejects.toMatchObject({
      code: 'LAYER_INVALID',
    })
  })
})

test('content that is not what its diffId says is an error', async () => {
  const layer: Layer = { ...(await aRawLayer([aFile('a')])), diffId: `sha256:${'0'.repeat(64)}` }
  await expect(unpackLayers([layer], folder)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
})

test('an error of the source is not taken for damaged data', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield gzipSync('text').subarray(0, 12)
    throw new Error('the line broke')
  }
  await expect(gather(decompress(failing()))).rejects.toThrow('the line broke')
})

test('aborting ends unpacking', async () => {
  const layer = await aRawLayer([aFile('a')])
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(unpackLayers([layer], folder, { signal })).rejects.toThrow('enough')
})

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const entry of readTar(decompress(bytes))) await gather(entry.body)
}

async function expectToolErrorOrNone(action: Promise<void>): Promise<void> {
  const [outcome] = await Promise.allSettled([action])
  if (outcome.status === 'fulfilled') return
  expect(['LAYER_INVALID', 'LAYER_UNSUPPORTED']).toContain((outcome.reason as { code?: string }).code)
}

function withChecksum(block: Buffer): Buffer {
  const copy = Buffer.from(block)
  copy.write('        ', 148)
  const sum = copy.reduce((total, byte) => total + byte, 0)
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return copy
}
