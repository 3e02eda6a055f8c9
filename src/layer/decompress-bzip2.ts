import type bzip2Module from 'unbzip2-stream/lib/bzip2.js'
import { ToolError } from '../errors/index.ts'

type Bzip2 = typeof bzip2Module
type Bits = Parameters<Bzip2['decompress']>[0]

/** What a block holds for each level. */
const blockUnit = 100_000
/** The most that those bytes take when packed: a code has 20 bits at most. */
const packedUnit = 250_000
/** For the tables in front of a block. */
const tableBytes = 40_000
const firstOutputBytes = 1024 * 1024
const cutOff = 'it ends too early'

/**
 * Unpacks bzip2, also several streams behind each other, one block at a time: what is not asked for is not unpacked, so that
 * little input that holds much fills no memory.
 *
 * @yields the uncompressed bytes
 * @throws LAYER_INVALID when the data is damaged or cut off
 */
export async function* unbzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const { default: bzip2 } = await import('unbzip2-stream/lib/bzip2.js')
  const input = createInput()
  const decoder = createDecoder(bzip2, input.bits)
  for await (const chunk of source) {
    input.add(chunk)
    while (input.bytesLeft() >= decoder.wantedBytes()) yield* decoder.next()
  }
  while (input.bytesLeft() > 0 || decoder.isOpen()) yield* decoder.next()
}

interface Decoder {
  /** With fewer the next step could run out of input. */
  wantedBytes(): number
  /** A stream has begun and has not ended. */
  isOpen(): boolean
  /** The next block; nothing for where a stream begins or ends. */
  next(): readonly Uint8Array[]
}

function createDecoder(bzip2: Bzip2, bits: Bits): Decoder {
  let level = 0
  let checksum: number | null = 0
  let block = new Int32Array(0)
  const step = (): readonly Uint8Array[] => {
    if (level === 0) {
      level = bzip2.header(bits)
      checksum = 0
      if (block.length !== level * blockUnit) block = new Int32Array(level * blockUnit)
      return []
    }
    const output = createOutput()
    checksum = bzip2.decompress(bits, output.put, block, block.length, checksum ?? 0)
    if (checksum === null) level = 0
    return output.bytes()
  }
  return {
    wantedBytes: () => tableBytes + level * packedUnit,
    isOpen: () => level > 0,
    next() {
      try {
        return step()
      } catch (error) {
        throw damaged(error)
      }
    },
  }
}

interface Input {
  add(chunk: Uint8Array): void
  bytesLeft(): number
  readonly bits: Bits
}

/** Bits, the highest of a byte first; null goes on at the next whole byte. */
function createInput(): Input {
  const chunks: Uint8Array[] = []
  let [at, left, held, heldBits] = [0, 0, 0, 0]
  const nextByte = (): number => {
    while (chunks[0] !== undefined && at === chunks[0].length) {
      chunks.shift()
      at = 0
    }
    const byte = chunks[0]?.[at]
    if (byte === undefined) throw new Error(cutOff)
    at += 1
    left -= 1
    return byte
  }
  const take = (count: number): number => {
    let value = 0
    for (let wanted = count; wanted > 0;) {
      if (heldBits === 0) [held, heldBits] = [nextByte(), 8]
      const now = Math.min(wanted, heldBits)
      heldBits -= now
      wanted -= now
      value = (value << now) | ((held >> heldBits) & ((1 << now) - 1))
    }
    return value
  }
  return {
    add(chunk) {
      chunks.push(chunk)
      left += chunk.length
    },
    bytesLeft: () => left,
    bits(count) {
      if (count !== null) return take(count)
      heldBits = 0
      return 0
    },
  }
}

interface Output {
  readonly put: (byte: number) => void
  bytes(): readonly Uint8Array[]
}

/** Grows: a block of long runs holds fifty times what its buffer does. */
function createOutput(): Output {
  let buffer = new Uint8Array(firstOutputBytes)
  let length = 0
  return {
    put(byte) {
      if (length === buffer.length) {
        const larger = new Uint8Array(buffer.length * 2)
        larger.set(buffer)
        buffer = larger
      }
      buffer[length] = byte
      length += 1
    },
    bytes: () => (length === 0 ? [] : [buffer.subarray(0, length)]),
  }
}

// What the decoder itself says helps nobody.
function damaged(cause: unknown): ToolError {
  const why = cause instanceof Error && cause.message === cutOff ? `: ${cutOff}` : ''
  return new ToolError('LAYER_INVALID', `compressed data is damaged${why}`, { cause })
}
