import { StringDecoder } from 'node:string_decoder'

/**
 * Cuts a stream of UTF-8 at its newlines.
 * @yields each line without its newline; what follows the last one is a line if it is not empty
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8')
  const partial: string[] = []
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder
      .write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      .split('\n')
    partial.push(first)
    for (const next of rest) {
      // joined once per line: a line of many megabytes comes in many chunks
      yield partial.join('')
      partial.length = 0
      partial.push(next)
    }
  }
  const last = partial.join('') + decoder.end()
  if (last !== '') yield last
}
