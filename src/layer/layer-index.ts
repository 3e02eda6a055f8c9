import type { Layer } from '../image/index.ts'
import type { EntryMetadata } from './entry.ts'
import { readLayer, type ReadLayerOptions } from './layer-stream.ts'

/** An entry of a layer without its bytes. */
export interface IndexedEntry extends EntryMetadata {
  readonly size: number
  /** Where the body starts in the uncompressed layer. */
  readonly bodyOffset: number
}

/** Everything about a layer's entries but their bytes; depends on the layer's diffId only. */
export interface LayerIndex {
  readonly entries: readonly IndexedEntry[]
  /** Length of the uncompressed layer. */
  readonly sizeBytes: number
}

/** Reads a layer once. */
export async function indexLayer(layer: Layer, options: ReadLayerOptions): Promise<LayerIndex> {
  let sizeBytes = 0
  const onBytes = (bytes: Uint8Array): void => {
    sizeBytes += bytes.length
    options.onBytes?.(bytes)
  }
  const entries: IndexedEntry[] = []
  for await (const { body: _body, ...entry } of readLayer(layer, { ...options, onBytes })) entries.push(entry)
  return { entries, sizeBytes }
}
