import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

/** Compresses a stream whose pieces are pushed. */
export interface Packer {
  /** Takes over the bytes: they must not be changed afterwards. Waits while too much is under way. */
  push(bytes: Buffer): Promise<void>
  end(): Promise<void>
}

const deflateBlock = promisify<Buffer, object, Buffer>(deflateRaw)
const dictionaryBytes = 32 * 1024
const maxUnderWay = 4

/** No name, no time, no system: nothing in it depends on where it was made. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/**
 * Writes one gzip member. Each pushed piece is compressed on its own in the thread pool, with the end of the piece before
 * as dictionary, so that several processors work and the bytes depend only on content, cuts and level.
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export function createGzip(level: number, write: (bytes: Buffer) => void): Packer {
  const underWay: Promise<Buffer>[] = []
  let dictionary: Buffer = Buffer.alloc(0)
  let sum = 0
  let sizeBytes = 0
  const deflate = (bytes: Buffer, finishFlush: number): void => {
    const packed = deflateBlock(bytes, { level, finishFlush, ...(dictionary.length === 0 ? {} : { dictionary }) })
    packed.catch(() => undefined)
    underWay.push(packed)
  }
  const settle = async (left: number): Promise<void> => {
    while (underWay.length > left) write((await underWay.shift()) ?? Buffer.alloc(0))
  }
  write(header)
  return {
    async push(bytes) {
      if (bytes.length === 0) return
      deflate(bytes, constants.Z_SYNC_FLUSH)
      sum = crc32(bytes, sum)
      sizeBytes += bytes.length
      dictionary = bytes.subarray(-dictionaryBytes)
      await settle(maxUnderWay - 1)
    },
    async end() {
      deflate(Buffer.alloc(0), constants.Z_FINISH)
      await settle(0)
      const trailer = Buffer.alloc(8)
      trailer.writeUInt32LE(sum, 0)
      trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4)
      write(trailer)
    },
  }
}

/** Passes bytes on. */
export function createStore(write: (bytes: Buffer) => void): Packer {
  return {
    async push(bytes) {
      write(bytes)
    },
    async end() {
      // Nothing is held back.
    },
  }
}
