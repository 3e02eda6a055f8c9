import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gather, pieces } from '../../test/support/layers.ts'
import { mediaTypes } from '../image/index.ts'
import { decompress, sniffCompression } from './index.ts'

/** Made by zstd 1.5: a frame of known size, one of unknown size, 300,000 zeros; and frames that hold no data. */
const zstd = {
  text: '28b52ffd04588d00005868656c6c6f207a737464200100fe8a170a03228e',
  zeros: '28b52ffd04684c000008000100fcff39100202001000039f04002d28de26',
  skippable: '502a4d180400000061626364',
}
/** Made by xz 5.4. */
const xz = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAQAA9dADQZSe6N6RfQtBcuzQAAAAAAMyAcXrGximcAASsRsGhGPB+2830BAAAAAARZWg==',
  'base64',
)
const xzSha256 = Buffer.from(
  '/Td6WFoAAArh+wyhAgAhARwAAAAQz1jM4AAQAA9dADQZSe6N6RfQtBcuzQAAAAAAYjcTyU8c+eIZ0WqtGfoysfQg9o6VZPnLh57czWZtLSQAAUMRH4likRibS5oBAAAAAApZWg==',
  'base64',
)
/** Made by bzip2 1.0: some text, nothing, and 46,000,000 zeros. */
const bzip2 = {
  text: Buffer.from('QlpoOTFBWSZTWRpKgVoAAASZgEAAEAASZMAQIAAxADAKqGhp6lteU6rUWhEfF3JFOFCQGkqBWg==', 'base64'),
  nothing: Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64'),
  zeros: Buffer.from(
    'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZudCH0AAAxdAAwAAEAAAIIAAgpTQZjUhbBQvF3JFOFCQpcNCbgA==',
    'base64',
  ),
}
const bzip2Text = 'hello bzip2 hello bzip2'
const xzText = 'hello xz hello xz'
const text = 'hello zstd hello zstd hello zstd'

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % bytes.length), bytes.length].sort((a, b) => a - b)
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end))
}

describe('compressed data', () => {
  const gzip = gzipSync(text)
  test.each<[string, Buffer, string]>([
    ['gzip', gzip, text],
    ['several gzip members', Buffer.concat([gzip, gzip]), text + text],
    ['zstd', Buffer.from(zstd.text, 'hex'), text],
    ['several zstd frames', Buffer.from(zstd.text + zstd.text, 'hex'), text + text],
    ['zstd with frames that hold no data', Buffer.from(zstd.skippable + zstd.text + zstd.skippable, 'hex'), text],
    ['zstd with much output', Buffer.from(zstd.zeros + zstd.text, 'hex'), '\0'.repeat(300_000) + text],
    ['xz', xz, xzText],
    ['several xz streams', Buffer.concat([xz, xz]), xzText + xzText],
    ['bzip2', bzip2.text, bzip2Text],
    ['several bzip2 streams', Buffer.concat([bzip2.text, bzip2.nothing, bzip2.text]), bzip2Text + bzip2Text],
    ['bzip2 that holds nothing', bzip2.nothing, ''],
    ['data that is not compressed', Buffer.from(text), text],
    ['short data', Buffer.from([0x1f]), '\x1f'],
    ['no data', Buffer.alloc(0), ''],
  ])('of form %s is read, in whatever pieces it comes', async (_, packed, expected) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 8 }), async (places) => {
        const unpacked = await gather(decompress(pieces(...(packed.length === 0 ? [] : cut(packed, places)))))
        expect(unpacked.toString('latin1')).toBe(expected)
      }),
      { numRuns: 40 },
    )
  })

  test.each([
    ['gzip that is cut off', gzip.subarray(0, 20), 'LAYER_INVALID'],
    ['gzip that is damaged', Buffer.concat([gzip.subarray(0, 12), Buffer.alloc(20, 0x55)]), 'LAYER_INVALID'],
    ['zstd that is cut off', Buffer.from(zstd.text, 'hex').subarray(0, 20), 'LAYER_INVALID'],
    ['zstd whose window is more than 128 MiB', Buffer.from('28b52ffd04f84c0000', 'hex'), 'LAYER_UNSUPPORTED'],
    ['bzip2 that is cut off', bzip2.text.subarray(0, -1), 'LAYER_INVALID'],
    ['bzip2 without a block', Buffer.from('BZh9'), 'LAYER_INVALID'],
    ['bzip2 whose checksum is wrong', Buffer.concat([bzip2.text.subarray(0, -3), Buffer.alloc(3)]), 'LAYER_INVALID'],
    ['bzip2 with something behind it', Buffer.concat([bzip2.text, Buffer.from('junk')]), 'LAYER_INVALID'],
    ['xz that is cut off', xz.subarray(0, -4), 'LAYER_INVALID'],
    ['xz whose second stream is cut off', Buffer.concat([xz, xz.subarray(0, 40)]), 'LAYER_INVALID'],
    ['xz with a checksum that is not verified', xzSha256, 'LAYER_UNSUPPORTED'],
    [
      'xz that is damaged',
      Buffer.concat([xz.subarray(0, 30), Buffer.alloc(8, 0x55), xz.subarray(38)]),
      'LAYER_INVALID',
    ],
  ])('that is %s is an error', async (_, packed, code) => {
    await expect(gather(decompress(pieces(packed)))).rejects.toMatchObject({ code })
  })

  test('is told by its bytes, not by its media type', async () => {
    expect((await gather(decompress(pieces(gzip), mediaTypes.oci.layer))).toString()).toBe(text)
    expect((await gather(decompress(pieces(Buffer.from(text)), mediaTypes.docker.layerGzip))).toString()).toBe(text)
  })

  test('as bzip2 comes out block by block, however little it was', async () => {
    const sizes: number[] = []
    for await (const chunk of decompress(pieces(bzip2.zeros))) sizes.push(chunk.length)
    expect(sizes.length).toBe(2)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(46_000_000)
  })

  test('of a type that is no layer is refused', async () => {
    const encrypted = `${mediaTypes.oci.layerGzip}+encrypted`
    await expect(gather(decompress(pieces(gzip), encrypted))).rejects.toMatchObject({ code: 'LAYER_UNSUPPORTED' })
  })

  test.each([
    ['gzip', gzip],
    ['xz', xz],
    ['bzip2', bzip2.text],
  ])('of form %s closes its source when the reader has enough', async (_, packed) => {
    let isClosed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield packed
      } finally {
        isClosed = true
      }
    }
    for await (const chunk of decompress(source())) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(isClosed).toBe(true)
  })
})

test.each([
  ['1f8b0800', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['5f2a4d18', 'zstd'],
  ['425a6839', 'bzip2'],
  ['fd377a585a00', 'xz'],
  ['1f', undefined],
  ['', undefined],
  ['2f7573722f62', undefined],
])('bytes %s begin %s data', (hex, packed) => {
  expect(sniffCompression(Buffer.from(hex, 'hex'))).toBe(packed)
})
