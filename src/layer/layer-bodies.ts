import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Layer } from '../image/index.ts'
import { memoizeAsync } from '../support/index.ts'
import { createByteReader } from './byte-reader.ts'
import { fileContent } from './file-content.ts'
import type { LayerIndex } from './layer-index.ts'
import { createAllowance, uncompressed } from './layer-stream.ts'
import { createSpool } from './spool.ts'
import type { BodyPlace } from './tree-node.ts'

/** Reads files out of layers. */
export interface LayerBodies {
  open(place: BodyPlace, sizeBytes: number, signal?: AbortSignal): AsyncIterable<Uint8Array>
}

/** A layer with its index. */
export interface IndexedLayer {
  readonly layer: Layer
  readonly index: LayerIndex
}

/**
 * With a work folder, a layer is uncompressed into it when its first file is opened, under its diffId. Without, it is read
 * from its start for each file.
 */
export function createBodies(layers: readonly IndexedLayer[], workFolder: string | undefined): LayerBodies {
  const unpackOnce = memoizeAsync(async (at: number) => unpackTo(pick(layers, at), workFolder ?? ''))
  return {
    async *open({ layer, offset }, sizeBytes, signal) {
      const end = offset + sizeBytes
      if (sizeBytes === 0) return
      if (workFolder === undefined) yield* sliceOf(uncompressedFor(pick(layers, layer), signal), { offset, end })
      else yield* fileContent(await unpackOnce(layer), { start: offset, end })
    },
  }
}

/** The file that {@link createBodies} reads an uncompressed layer from. */
export function uncompressedName(layer: Layer): string {
  return `${layer.diffId.replace(':', '-')}.tar`
}

async function unpackTo(indexed: IndexedLayer, workFolder: string): Promise<string> {
  const name = uncompressedName(indexed.layer)
  const path = join(workFolder, name)
  if (statSync(path, { throwIfNoEntry: false })?.size === indexed.index.sizeBytes) return path
  const spool = createSpool({ workFolder, maxMemoryBytes: -1 })
  try {
    for await (const chunk of uncompressedFor(indexed, undefined)) spool.write(chunk)
    spool.keep(name)
  } finally {
    spool.discard()
  }
  return path
}

function uncompressedFor({ layer, index }: IndexedLayer, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  return uncompressed(layer, { allowance: createAllowance({ maxBytes: index.sizeBytes }), signal })
}

async function* sliceOf(
  source: AsyncIterable<Uint8Array>,
  { offset, end }: { offset: number; end: number },
): AsyncGenerator<Uint8Array, void, void> {
  const reader = createByteReader(source)
  try {
    while (reader.offset < end) {
      const limit = (reader.offset < offset ? offset : end) - reader.offset
      const isWanted = reader.offset >= offset
      const chunk = await reader.takeSome(limit)
      if (chunk === undefined) throw new ToolError('LAYER_INVALID', 'the layer ends in the middle of an entry')
      if (isWanted) yield chunk
    }
  } finally {
    await reader.close()
  }
}

function pick(layers: readonly IndexedLayer[], at: number): IndexedLayer {
  const found = layers[at]
  if (found === undefined) throw new Error(`there is no layer ${at}`)
  return found
}
