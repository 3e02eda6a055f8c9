import { readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as v from 'valibot'
import type { LayerCache, LayerFacts } from '../../layer/index.ts'
import { writeWhole } from '../../workspace/index.ts'
import { trimFolder } from './trim-folder.ts'

/** Layers on disk, for this build and later ones. */
export interface LayerStore extends LayerCache {
  /**
   * Takes away what was not used for longest when there is too much; does nothing when nothing was written.
   * @throws DISK_FULL, FILE_UNWRITABLE when something could not be kept since the last time
   */
  trim(): Promise<void>
}

/** Where layers are kept, and how much of them. */
export interface LayerStoreOptions {
  /** Made when something is written. */
  readonly folder: string
  /** 2 GiB when absent. */
  readonly maxBytes?: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const defaultMaxBytes = 2 * 1024 ** 3
const sumBytes = 4

/**
 * Opens a store of layers and of their parts: files that are written whole, and checked when they are read, so that
 * processes may use one store at the same time and die at any time. What is damaged or gone is made again, and so is
 * what could not be written.
 */
export function openLayerStore({ folder, maxBytes = defaultMaxBytes, now }: LayerStoreOptions): LayerStore {
  let isWritten = false
  let failure: Error | undefined
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (failure !== undefined) return
    isWritten = true
    await writeWhole(path, withSum(bytes)).catch((error: unknown) => {
      failure ??= error instanceof Error ? error : new Error(String(error))
    })
  }
  const read = async (path: string): Promise<Buffer | undefined> => {
    const bytes = withoutSum(await readOptional(path))
    if (bytes === undefined) return undefined
    // its time says when it was used; somebody may have taken it away already
    const time = now() / 1000
    await utimes(path, time, time).catch(() => {})
    return bytes
  }
  const layerPath = (recipe: string): string => join(folder, 'layers', recipe)
  const partPath = (key: string): string => join(folder, 'parts', key.slice(0, 2), key)
  return {
    getLayer: async (recipe) => parseFacts(await read(layerPath(recipe))),
    putLayer: async (recipe, facts) => write(layerPath(recipe), Buffer.from(JSON.stringify(facts))),
    getPart: async (key) => read(partPath(key)),
    putPart: async (key, packed) => write(partPath(key), packed),
    async trim() {
      if (!isWritten) return
      isWritten = false
      await trimFolder(folder, { maxBytes, now })
      const found = failure
      failure = undefined
      if (found !== undefined) throw found
    },
  }
}

const facts = v.object({
  digest: v.string(),
  diffId: v.string(),
  sizeBytes: v.number(),
  archive: v.object({ crc: v.number(), sizeBytes: v.number() }),
})

function parseFacts(bytes: Buffer | undefined): LayerFacts | undefined {
  if (bytes === undefined) return undefined
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), facts), bytes.toString())
  return parsed.success ? parsed.output : undefined
}

function withSum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(sumBytes)
  sum.writeUInt32LE(crc32(bytes))
  return Buffer.concat([bytes, sum])
}

/** Undefined when the file is not what was written: the disk was full, or the power went. */
function withoutSum(file: Buffer | undefined): Buffer | undefined {
  if (file === undefined || file.length <= sumBytes) return undefined
  const bytes = file.subarray(0, -sumBytes)
  return crc32(bytes) === file.readUInt32LE(bytes.length) ? bytes : undefined
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch {
    // what cannot be read is made again
    return undefined
  }
}
