import { closeSync, fstatSync, openSync, readSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as v from 'valibot'
import type { LayerCache, LayerFacts } from '../../layer/index.ts'
import { writeWhole } from '../../workspace/index.ts'
import { trimFolder } from './trim-folder.ts'

/** Layers on disk, for this build and later ones. */
export interface LayerStore extends LayerCache {
  /** A text as it was put, or undefined when it is not there any more, or is damaged. */
  getNote(key: string): string | undefined
  putNote(key: string, text: string): Promise<void>
  /**
   * Takes away what was not used for longest when there is too much. Does nothing when nothing was written, and looks only
   * once an hour when little was.
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
const freshMs = 3_600_000
/** Writing so much of what may be kept is much. */
const lookShare = 64

/**
 * Opens a store of layers and of their parts: files that are written whole, and checked when they are read, so that
 * processes may use one store at the same time and die at any time. What is damaged or gone is made again, and so is
 * what could not be written.
 */
export function openLayerStore({ folder, maxBytes = defaultMaxBytes, now }: LayerStoreOptions): LayerStore {
  const trimmed = join(folder, 'trimmed')
  let writtenBytes = 0
  let failure: Error | undefined
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (failure !== undefined) return
    writtenBytes += bytes.length
    await writeWhole(path, withSum(bytes)).catch((error: unknown) => {
      failure ??= error instanceof Error ? error : new Error(String(error))
    })
  }
  const read = (path: string): Buffer | undefined => withoutSum(readOptional(path, now()))
  const layerPath = (recipe: string): string => join(folder, 'layers', recipe)
  const notePath = (key: string): string => join(folder, 'notes', key)
  const partPath = (key: string): string => join(folder, 'parts', key.slice(0, 2), key)
  return {
    getLayer: async (recipe) => Promise.resolve(parseFacts(read(layerPath(recipe)))),
    putLayer: async (recipe, facts) => write(layerPath(recipe), Buffer.from(JSON.stringify(facts))),
    getPart: async (key) => Promise.resolve(read(partPath(key))),
    putPart: async (key, packed) => write(partPath(key), packed),
    getNote: (key) => read(notePath(key))?.toString(),
    putNote: async (key, text) => write(notePath(key), Buffer.from(text)),
    async trim() {
      if (writtenBytes === 0) return
      // to look at all files takes time: each build writes little, and many processes may do so
      if (writtenBytes > maxBytes / lookShare || now() - timeOf(trimmed) > freshMs) {
        writtenBytes = 0
        await trimFolder(folder, { maxBytes, now })
        await write(trimmed, Buffer.from('now'))
        touch(trimmed, now())
        writtenBytes = 0
      }
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

/** Without the thread pool: parts are many and small. What was not used for an hour is marked as used. */
function readOptional(path: string, nowMs: number): Buffer | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size, mtimeMs } = fstatSync(file)
    const bytes = Buffer.allocUnsafeSlow(size)
    const filled = readSync(file, bytes, 0, size, 0)
    if (nowMs - mtimeMs > freshMs) touch(path, nowMs)
    return bytes.subarray(0, filled)
  } catch {
    // what cannot be read is made again
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** When it was written; 0 when it is not there. */
function timeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  } catch {
    // what is wrong there is told by who writes
    return 0
  }
}

/** Its time says when it was used; somebody may have taken it away already. */
function touch(path: string, nowMs: number): void {
  try {
    utimesSync(path, nowMs / 1000, nowMs / 1000)
  } catch {
    // then it goes a little earlier
  }
}
