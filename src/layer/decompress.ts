import { Readable, pipeline, type Duplex } from 'node:stream'
import * as zlib from 'node:zlib'
import { ToolError } from '../errors/index.ts'
import { compressionOf } from '../image/index.ts'
import { unbzip2 } from './decompress-bzip2.ts'
import { unxz } from './decompress-xz.ts'

/** How a stream is packed, as its first bytes show. */
export type PackedAs = 'gzip' | 'zstd' | 'bzip2' | 'xz'

const outputBytes = 256 * 1024
const sniffBytes = 6
/** More is not asked of a zstd decoder: RFC 8878 asks for 8 MiB, and the command line needs a flag from here on. */
const maxWindowLog = 27

const magic: readonly (readonly [PackedAs, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
]

/** How bytes that begin like this are packed; undefined when they are not. */
export function sniffCompression(head: Uint8Array): PackedAs | undefined {
  if (isSkippableFrame(head)) return 'zstd'
  return magic.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte))?.[0]
}

/**
 * Unpacks gzip, zstd, bzip2 and xz; other bytes are passed on. What it is is seen from the bytes, as container runtimes do,
 * because media types are wrong too often; the type, when given, only has to be one of a layer.
 *
 * @yields the uncompressed bytes
 * @throws LAYER_UNSUPPORTED for media types of layers that cannot be read, and for what is rare in xz and zstd
 * @throws LAYER_INVALID when the compressed data is damaged
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  mediaType?: string,
): AsyncGenerator<Uint8Array, void, void> {
  if (mediaType !== undefined && compressionOf(mediaType) === undefined) {
    throw new ToolError('LAYER_UNSUPPORTED', `layers of type ${mediaType} cannot be read`)
  }
  const { head, whole } = await peek(source)
  const packed = sniffCompression(head)
  if (packed === undefined) yield* whole
  else if (packed === 'gzip') yield* through(whole, zlib.createGunzip({ chunkSize: outputBytes }))
  else if (packed === 'zstd') yield* unzstd(whole, head)
  else if (packed === 'xz') yield* unxz(whole)
  else yield* unbzip2(whole)
}

/** zstd allows frames that hold no data, also in front. */
function isSkippableFrame(head: Uint8Array): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
}

async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let seen = 0
  while (seen < sniffBytes) {
    const next = await iterator.next()
    if (next.done === true) break
    first.push(next.value)
    seen += next.value.length
  }
  return { head: Buffer.concat(first).subarray(0, sniffBytes), whole: rest(first, iterator) }
}

async function* rest(
  first: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* first
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

async function* unzstd(source: AsyncIterable<Uint8Array>, head: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (windowLog(head) > maxWindowLog) {
    throw new ToolError('LAYER_UNSUPPORTED', 'zstd data whose window is larger than 128 MiB cannot be read')
  }
  const builtIn = builtInZstd()
  if (builtIn !== undefined) yield* through(source, builtIn({ chunkSize: outputBytes }))
  else yield* unzstdInScript(source)
}

/** Of the first frame; 0 when it says its size instead, or holds no data. */
function windowLog(head: Uint8Array): number {
  const isFrame = head[0] === 0x28
  const isSingleSegment = ((head[4] ?? 0) & 0x20) !== 0
  return !isFrame || isSingleSegment ? 0 : 10 + ((head[5] ?? 0) >> 3)
}

/** Node has it since 22.15. */
function builtInZstd(): ((options: { chunkSize: number }) => Duplex) | undefined {
  const found: unknown = Reflect.get(zlib, 'createZstdDecompress')
  return typeof found === 'function' ? (found as (options: { chunkSize: number }) => Duplex) : undefined
}

async function* unzstdInScript(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const { Decompress } = await import('fzstd')
  let ready: Uint8Array[] = []
  const unpacker = new Decompress((chunk) => ready.push(chunk))
  const push = (chunk: Uint8Array, isLast: boolean): readonly Uint8Array[] => {
    try {
      unpacker.push(chunk, isLast)
    } catch (error) {
      throw damaged(error)
    }
    const done = ready
    ready = []
    return done
  }
  for await (const chunk of source) yield* push(chunk, false)
  yield* push(new Uint8Array(), true)
}

async function* through(source: AsyncIterable<Uint8Array>, unpacker: Duplex): AsyncGenerator<Uint8Array, void, void> {
  const failures: unknown[] = []
  const watched = Readable.from(noteError(source, failures), { objectMode: false })
  pipeline(watched, unpacker, () => undefined)
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array
  } catch (error) {
    throw failures.length > 0 ? error : damaged(error)
  } finally {
    unpacker.destroy()
  }
}

// What goes wrong in the source must not look like damaged data.
async function* noteError(
  source: AsyncIterable<Uint8Array>,
  failures: unknown[],
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* source
  } catch (error) {
    failures.push(error)
    throw error
  }
}

function damaged(cause: unknown): ToolError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new ToolError('LAYER_INVALID', `compressed data is damaged${why}`, { cause })
}
