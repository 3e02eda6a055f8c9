// Only the blocks' decoder is used: the stream around it unpacks all that it holds at once. It has no declarations of its own.
declare module 'unbzip2-stream/lib/bzip2.js' {
  /** null: on to the next whole byte. */
  type Bits = (count: number | null) => number
  const bzip2: {
    /** Begins a stream: its level, 1 to 9. */
    header(bits: Bits): number
    /** Unpacks a block; the checksum so far, null at the end of the stream. */
    decompress(
      bits: Bits,
      put: (byte: number) => void,
      block: Int32Array,
      blockSize: number,
      checksum: number,
    ): number | null
  }
  export default bzip2
}
