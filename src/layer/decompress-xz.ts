import { ReadableStream } from 'node:stream/web'
import { ToolError } from '../errors/index.ts'

/**
 * Unpacks xz, streams one after another too; checksums are verified, and memory holds the dictionary and one piece of output.
 *
 * @yields the uncompressed bytes
 * @throws LAYER_UNSUPPORTED for filters and checksums that the decoder lacks, or a dictionary it has no room for
 * @throws LAYER_INVALID when the data is damaged, or cut off
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const { default: xz } = await import('xz-decompress')
  const failures: unknown[] = []
  const reader = new xz.XzReadableStream(ReadableStream.from(fullPieces(source, failures))).getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (next.value.length > 0) yield next.value
    }
  } catch (error) {
    throw failures.length > 0 ? failures[0] : failureOf(error)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

// The decoder takes a piece without bytes for the end; and what goes wrong in the source must not look like damaged data.
async function* fullPieces(
  source: AsyncIterable<Uint8Array>,
  failures: unknown[],
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const piece of source) if (piece.length > 0) yield piece
  } catch (error) {
    failures.push(error)
    throw error
  }
}

/** The decoder says what is wrong as a number: https://github.com/tukaani-project/xz-embedded, enum xz_ret. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ['3', 'needs more memory than the decoder has'],
  ['4', 'has a dictionary that is too large'],
  ['6', 'uses a filter or a checksum that the decoder lacks'],
])
const cutOff = '8'

function failureOf(cause: unknown): ToolError {
  const code = /error code (\d+)$/.exec(cause instanceof Error ? cause.message : '')?.[1] ?? ''
  const lacking = unsupported.get(code)
  if (lacking !== undefined) {
    return new ToolError('LAYER_UNSUPPORTED', `data that is compressed with xz ${lacking}`, { cause })
  }
  const why = code === cutOff ? ': it ends too early' : ''
  return new ToolError('LAYER_INVALID', `compressed data is damaged${why}`, { cause })
}
