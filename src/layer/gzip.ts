import { promisify } from 'node:util'
import { constants, deflateRaw, inflateRaw } from 'node:zlib'
import type { ArchiveSum } from './layer-cache.ts'

const deflate = promisify<Buffer, object, Buffer>(deflateRaw)
const inflate = promisify<Buffer, object, Buffer>(inflateRaw)

/** No name, no time, no system: nothing in it depends on where it was made. */
export const gzipStart: Buffer = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
const lastBlock = Buffer.from([3, 0])
/** Room for the marks between blocks and at the end. */
const spareBytes = 1024

/**
 * Compresses a part of a gzip stream in the thread pool, so that several processors work. Parts do not refer to each other,
 * and their bytes depend only on content and level.
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export async function deflatePart(bytes: Buffer, level: number): Promise<Buffer> {
  // in one piece, whatever comes out: each further piece would be another way to the thread pool and back
  const chunkSize = bytes.length + (bytes.length >> 8) + spareBytes
  return deflate(bytes, { level, chunkSize, finishFlush: constants.Z_SYNC_FLUSH })
}

/** What was compressed; `sizeBytes` is about how long it is. */
export async function inflatePart(packed: Buffer, sizeBytes: number): Promise<Buffer> {
  return inflate(packed, { chunkSize: sizeBytes + spareBytes, finishFlush: constants.Z_SYNC_FLUSH })
}

/** What stands after the last part. */
export function gzipEnd({ crc, sizeBytes }: ArchiveSum): Buffer {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc, 0)
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4)
  return Buffer.concat([lastBlock, trailer])
}
