import { ToolError } from '../errors/index.ts'
import { verifyStream, type Layer } from '../image/index.ts'
import { decompress } from './decompress.ts'
import type { TarEntry } from './entry.ts'
import { readTar } from './read-tar.ts'

/** What layers together may unpack to; more is taken for an attack. */
export interface LayerLimits {
  /** Uncompressed bytes, headers included; 64 GiB when absent. */
  readonly maxBytes?: number
  /** Entries; 2,000,000 when absent. */
  readonly maxEntries?: number
}

/** Counts what layers unpack to, over all of them. */
export interface Allowance {
  bytesLeft: number
  entriesLeft: number
}

export function createAllowance(limits: LayerLimits = {}): Allowance {
  return { bytesLeft: limits.maxBytes ?? 64 * 1024 ** 3, entriesLeft: limits.maxEntries ?? 2_000_000 }
}

/**
 * The entries of one layer; its uncompressed bytes are checked against the diffId at the end.
 * @yields the entries in order
 * @throws LAYER_INVALID, LAYER_UNSUPPORTED, LAYER_TOO_LARGE, DIGEST_MISMATCH
 */
export async function* readLayer(
  layer: Layer,
  { allowance, signal }: { readonly allowance: Allowance; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<TarEntry, void, void> {
  const bytes = decompress(layer.open(signal), layer.descriptor.mediaType)
  const limited = limit(bytes, { allowance, signal, what: layer.descriptor.digest })
  const tar = verifyStream(limited, { digest: layer.diffId }, 'layer')
  for await (const entry of readTar(tar)) {
    allowance.entriesLeft -= 1
    if (allowance.entriesLeft < 0) throw tooLarge(layer.descriptor.digest, 'entries')
    yield entry
  }
}

async function* limit(
  source: AsyncIterable<Uint8Array>,
  { allowance, signal, what }: { allowance: Allowance; signal: AbortSignal | undefined; what: string },
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of source) {
    signal?.throwIfAborted()
    allowance.bytesLeft -= chunk.length
    if (allowance.bytesLeft < 0) throw tooLarge(what, 'bytes')
    yield chunk
  }
}

function tooLarge(digest: string, what: string): ToolError {
  return new ToolError('LAYER_TOO_LARGE', `layer ${digest} unpacks to more ${what} than is accepted`)
}
