/** Reads a stream of chunks in pieces of a wanted length. */
export interface ByteReader {
  /** Bytes taken so far. */
  readonly offset: number
  /** Exactly so many bytes; fewer only at the end of the stream. */
  take(length: number): Promise<Buffer>
  /** Whatever is there next, at most `limit` bytes; undefined at the end. */
  takeSome(limit: number): Promise<Uint8Array | undefined>
  /** Gives up the stream. */
  close(): Promise<void>
}

/** A reader over `source`, which is closed with it. */
export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]()
  let chunk: Uint8Array = new Uint8Array()
  let offset = 0
  const refill = async (): Promise<boolean> => {
    while (chunk.length === 0) {
      const next = await iterator.next()
      if (next.done === true) return false
      chunk = next.value
    }
    return true
  }
  const cut = (length: number): Uint8Array => {
    const piece = chunk.subarray(0, length)
    chunk = chunk.subarray(piece.length)
    offset += piece.length
    return piece
  }
  return {
    get offset() {
      return offset
    },
    async take(length) {
      if (chunk.length >= length) return asBuffer(cut(length))
      const pieces: Uint8Array[] = []
      let missing = length
      while (missing > 0 && (await refill())) {
        const piece = cut(missing)
        pieces.push(piece)
        missing -= piece.length
      }
      return Buffer.concat(pieces)
    },
    async takeSome(limit) {
      return (await refill()) ? cut(limit) : undefined
    },
    async close() {
      await iterator.return?.()
    },
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
