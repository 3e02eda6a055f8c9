import { ToolError } from '../errors/index.ts'
import type { Layer } from '../image/index.ts'
import { createLimiter } from '../support/index.ts'
import { createBodies, uncompressedName, type IndexedLayer } from './layer-bodies.ts'
import { formatLayerIndex, parseLayerIndex, type LayerIndexes } from './index-text.ts'
import { indexLayer, type LayerIndex } from './layer-index.ts'
import { countIndex, createAllowance, type Allowance, type LayerLimits } from './layer-stream.ts'
import { compareNames } from './names.ts'
import { createSpool } from './spool.ts'
import { applyLayer, createRoot, findNode, resolvePath, type TreeEntry } from './tree-node.ts'

/**
 * What layers hold when they are put over each other, as a container would see it. Paths are below the root, with or
 * without a leading slash; links never lead out of it.
 */
export interface LayerTree {
  /** What is at the path: links on the way are followed, one at its end is not. `''` is the root. */
  get(path: string): TreeEntry | undefined
  /**
   * The path with all links followed, the last one too. Parts that do not exist are kept, so that it says where a file would
   * be written.
   * @throws LAYER_INVALID when links go in circles
   */
  resolve(path: string): string
  /** What is in a directory, by name; empty when there is none. */
  list(path: string): readonly TreeEntry[]
  /**
   * The bytes of a file; links are followed.
   * @throws LAYER_INVALID when there is no such file
   */
  open(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>
}

/** How a tree is read, and how reading it is stopped. */
export interface LayerTreeOptions {
  /** Where layers are uncompressed to, so that files can be opened without reading a layer from its start each time. */
  readonly workFolder?: string
  /** Many files will be opened: uncompress while the entries are read, so that each layer is fetched once. */
  readonly keepContent?: boolean
  /** Layers that it knows are not fetched, until the bytes of a file are wanted. */
  readonly indexes?: LayerIndexes
  readonly limits?: LayerLimits
  readonly signal?: AbortSignal
}

const layersAtOnce = 3

/**
 * Reads the entries of all layers, lowest first, whiteouts applied.
 * @throws LAYER_INVALID, LAYER_UNSUPPORTED, LAYER_TOO_LARGE, DIGEST_MISMATCH
 */
export async function readLayerTree(layers: readonly Layer[], options: LayerTreeOptions = {}): Promise<LayerTree> {
  const allowance = createAllowance(options.limits)
  const limit = createLimiter(layersAtOnce)
  const indexed = await Promise.all(layers.map((layer) => limit(async () => readOne(layer, { ...options, allowance }))))
  const root = createRoot()
  indexed.forEach(({ index }, at) => applyLayer(root, index.entries, at))
  const bodies = createBodies(indexed, options.workFolder)
  return {
    get: (path) => findNode(root, path, false)?.node.entry,
    resolve: (path) => resolvePath(root, path),
    list(path) {
      const children = findNode(root, path, true)?.node.children
      const entries = [...(children?.values() ?? [])].map((node) => node.entry)
      return entries.sort((a, b) => compareNames(a.path, b.path))
    },
    open(path, signal) {
      const entry = findNode(root, path, true)?.node.entry
      if (entry?.place !== undefined) return bodies.open(entry.place, entry.size, signal)
      throw new ToolError('LAYER_INVALID', `the image has no file /${path.replace(/^\//, '')}`)
    },
  }
}

async function readOne(layer: Layer, options: LayerTreeOptions & { allowance: Allowance }): Promise<IndexedLayer> {
  const { workFolder, keepContent, allowance, signal } = options
  if (workFolder === undefined || keepContent !== true) return { layer, index: await indexOf(layer, options) }
  const spool = createSpool({ workFolder, maxMemoryBytes: -1 })
  try {
    const index = await indexLayer(layer, { allowance, signal, onBytes: (bytes) => spool.write(bytes) })
    spool.keep(uncompressedName(layer))
    return { layer, index }
  } finally {
    spool.discard()
  }
}

/** The one that is remembered, or made now and remembered. */
async function indexOf(
  layer: Layer,
  { indexes, allowance, signal }: LayerTreeOptions & { allowance: Allowance },
): Promise<LayerIndex> {
  const known = parseLayerIndex(indexes?.get(layer.diffId) ?? '')
  if (known !== undefined) {
    countIndex(layer, known, allowance)
    return known
  }
  const index = await indexLayer(layer, { allowance, signal })
  await indexes?.put(layer.diffId, formatLayerIndex(index))
  return index
}
