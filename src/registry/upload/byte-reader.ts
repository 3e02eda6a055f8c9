/** Takes a stream in pieces of the size that is wanted. */
export interface ByteReader {
  /** So many bytes, or fewer at the end. */
  read(count: number): Promise<Uint8Array>
  /** Lets the source go. */
  close(): Promise<void>
}

/** Reads no more of the source than was asked for, a chunk of its own excepted. */
export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array()
  return {
    async read(count) {
      const pieces: Uint8Array[] = []
      let left = count
      while (left > 0) {
        if (held.length === 0) {
          const next = await iterator.next()
          if (next.done === true) break
          held = next.value
        }
        const piece = held.subarray(0, left)
        held = held.subarray(piece.length)
        left -= piece.length
        pieces.push(piece)
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    },
    async close() {
      await iterator.return?.()
    },
  }
}
