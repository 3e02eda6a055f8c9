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

export interface ReadLayerOptions {
  readonly allowance: Allowance
  readonly signal?: AbortSignal | undefined
  /** Gets the uncompressed bytes as they pass. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined
}

export function createAllowance(limits: LayerLimits = {}): Allowance {
  return { bytesLeft: limits.maxBytes ?? 64 * 1024 ** 3, entriesLeft: limits.maxEntries ?? 2_000_000 }
}

/**
 * The entries of one layer; its uncompressed bytes are checked against the diffId at the end.
 * @yields the entries in order
 * @throws LAYER_INVALID, LAYER_UNSUPPORTED, LAYER_TOO_LARGE, DIGEST_MISMATCH
 */
export async function* readLayer(layer: Layer, options: ReadLayerOptions): AsyncGenerator<TarEntry, void, void> {
  for await (const entry of readTar(uncompressed(layer, options))) {
    options.allowance.entriesLeft -= 1
    if (options.allowance.entriesLeft < 0) throw tooLarge(layer, 'entries')
    yield entry
  }
}

/**
 * The uncompressed bytes of a layer, checked against its diffId.
 * @yields the bytes
 * @throws LAYER_UNSUPPORTED, LAYER_TOO_LARGE, DIGEST_MISMATCH
 */
export async function* uncompressed(
  layer: Layer,
  { allowance, signal, onBytes }: ReadLayerOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const bytes = decompress(layer.open(signal), layer.descriptor.mediaType)
  for await (const chunk of verifyStream(bytes, { digest: layer.diffId }, 'layer')) {
    signal?.throwIfAborted()
    allowance.bytesLeft -= chunk.length
    if (allowance.bytesLeft < 0) throw tooLarge(layer, 'bytes')
    onBytes?.(chunk)
    yield chunk
  }
}

/**
 * Counts a layer that need not be read again.
 * @throws LAYER_TOO_LARGE
 */
export function countIndex(
  layer: Layer,
  index: { readonly entries: readonly unknown[]; readonly sizeBytes: number },
  allowance: Allowance,
): void {
  allowance.entriesLeft -= index.entries.length
  if (allowance.entriesLeft < 0) throw tooLarge(layer, 'entries')
  allowance.bytesLeft -= index.sizeBytes
  if (allowance.bytesLeft < 0) throw tooLarge(layer, 'bytes')
}

function tooLarge({ descriptor }: Layer, what: string): ToolError {
  return new ToolError('LAYER_TOO_LARGE', `layer ${descriptor.digest} unpacks to more ${what} than is accepted`)
}
