import { createHash } from 'node:crypto'
import { ToolError } from '../errors/index.ts'
import { compressionOf, mediaTypes, type Layer } from '../image/index.ts'
import type { LayerEntry } from './entry.ts'
import { createGzip, createStore, type Packer } from './gzip.ts'
import { compareNames } from './names.ts'
import { createSpool } from './spool.ts'
import { paddingAfter } from './tar-header.ts'
import { endOfArchive, formatHeader } from './write-tar.ts'

/** How a layer is written. */
export interface CreateLayerOptions {
  /** Where layers that are too big for memory are kept, under their digest; absent: all stay in memory. */
  readonly workFolder?: string
  /** Compressed bytes up to which a layer stays in memory; 4 MiB when absent. */
  readonly maxMemoryBytes?: number
  /** gzip's, 1 to 9; 6 when absent. Another level gives another digest and the same diffId. */
  readonly level?: number
  /** A layer type with gzip or without compression; OCI's with gzip when absent. */
  readonly mediaType?: string
  readonly signal?: AbortSignal
}

const defaultMaxMemoryBytes = 4 * 1024 * 1024
const defaultLevel = 6
/** Where the tar stream is cut for compression; a different cut would give another digest. */
const blockBytes = 1024 * 1024

/**
 * Writes a layer. Entries are sorted by the bytes of their paths, and nothing but them goes into it, so that equal entries
 * give the same digest on every machine. Of files that are hard links of each other the first in that order gets the bytes.
 *
 * @throws FILE_CHANGED when a file gives more or fewer bytes than its entry says
 * @throws DISK_FULL, FILE_UNWRITABLE, FILE_UNREADABLE
 */
export async function createLayer(entries: readonly LayerEntry[], options: CreateLayerOptions = {}): Promise<Layer> {
  const mediaType = options.mediaType ?? mediaTypes.oci.layerGzip
  const spool = createSpool({
    ...(options.workFolder === undefined ? {} : { workFolder: options.workFolder }),
    maxMemoryBytes: options.maxMemoryBytes ?? defaultMaxMemoryBytes,
  })
  try {
    const digest = createHash('sha256')
    let size = 0
    const packer = choosePacker(mediaType, options.level ?? defaultLevel, (bytes) => {
      digest.update(bytes)
      size += bytes.length
      spool.write(bytes)
    })
    const diffId = await writeArchive(arrange(entries), packer, options.signal)
    const name = digest.digest('hex')
    return { descriptor: { mediaType, digest: `sha256:${name}`, size }, diffId, open: spool.keep(name) }
  } finally {
    spool.discard()
  }
}

function choosePacker(mediaType: string, level: number, write: (bytes: Buffer) => void): Packer {
  const compression = compressionOf(mediaType)
  if (compression === 'gzip') return createGzip(level, write)
  if (compression === 'none') return createStore(write)
  throw new Error(`layers of type ${mediaType} cannot be written`)
}

/** Sorted; links point at entries before them. */
function arrange(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const sorted = [...entries].sort((a, b) => compareNames(a.path, b.path))
  const twice = sorted.find((entry, at) => sorted[at + 1]?.path === entry.path)
  if (twice !== undefined) throw new Error(`two entries of a layer have the path ${JSON.stringify(twice.path)}`)
  const links = sorted.filter((entry) => entry.kind === 'hardlink')
  return links.length === 0 ? sorted : linkToFirst(sorted)
}

/** Which of several names has the bytes must not depend on how they were found. */
function linkToFirst(sorted: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map(sorted.map((entry) => [entry.path, entry]))
  const firsts = new Map<string, string>()
  return sorted.map((entry) => {
    const file = followLinks(entry, byPath)
    if (file.kind !== 'file') return entry
    const first = firsts.get(file.path)
    if (first !== undefined) return { ...metadataOf(file), path: entry.path, kind: 'hardlink', linkTarget: first }
    firsts.set(file.path, entry.path)
    return { ...file, path: entry.path }
  })
}

function followLinks(entry: LayerEntry, byPath: ReadonlyMap<string, LayerEntry>): LayerEntry {
  let found = entry
  for (let steps = 0; found.kind === 'hardlink'; steps += 1) {
    const target = byPath.get(found.linkTarget ?? '')
    if (target === undefined || steps > byPath.size) {
      throw new Error(`the hard link ${JSON.stringify(entry.path)} has no target in its layer`)
    }
    found = target
  }
  return found
}

function metadataOf({ open: _open, size: _size, ...metadata }: LayerEntry): LayerEntry {
  return metadata
}

/** Gives the digest of the archive. */
async function writeArchive(
  entries: readonly LayerEntry[],
  packer: Packer,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256')
  const blocks = createBlocks(async (block) => {
    signal?.throwIfAborted()
    hash.update(block)
    await packer.push(block)
  })
  for (const entry of entries) await writeEntry(entry, blocks)
  await blocks.add(endOfArchive)
  await blocks.flush()
  await packer.end()
  return `sha256:${hash.digest('hex')}`
}

async function writeEntry(entry: LayerEntry, blocks: Blocks): Promise<void> {
  if (entry.kind !== 'file' || entry.open === undefined) return blocks.add(formatHeader(entry, 0))
  if (entry.size === undefined) return writeGathered(entry, entry.open(), blocks)
  await blocks.add(formatHeader(entry, entry.size))
  let written = 0
  for await (const chunk of entry.open()) {
    written += chunk.length
    if (written > entry.size) throw changed(entry)
    await blocks.add(chunk)
  }
  if (written < entry.size) throw changed(entry)
  await blocks.add(new Uint8Array(paddingAfter(entry.size)))
}

async function writeGathered(entry: LayerEntry, body: AsyncIterable<Uint8Array>, blocks: Blocks): Promise<void> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
  }
  await blocks.add(formatHeader(entry, size))
  for (const chunk of chunks) await blocks.add(chunk)
  await blocks.add(new Uint8Array(paddingAfter(size)))
}

function changed(entry: LayerEntry): ToolError {
  return new ToolError('FILE_CHANGED', `${entry.path} changed while it was being read`, {
    hint: 'build again when nothing writes to it any more',
  })
}

interface Blocks {
  /** Copies the bytes. */
  add(bytes: Uint8Array): Promise<void>
  flush(): Promise<void>
}

/** Cuts a stream into blocks of one size, whatever the pieces it comes in. */
function createBlocks(give: (block: Buffer) => Promise<void>): Blocks {
  let block = Buffer.allocUnsafe(blockBytes)
  let filled = 0
  const flush = async (): Promise<void> => {
    const full = block.subarray(0, filled)
    block = Buffer.allocUnsafe(blockBytes)
    filled = 0
    await give(full)
  }
  return {
    async add(bytes) {
      for (let at = 0; at < bytes.length;) {
        const piece = bytes.subarray(at, at + blockBytes - filled)
        block.set(piece, filled)
        filled += piece.length
        at += piece.length
        if (filled === blockBytes) await flush()
      }
    },
    flush,
  }
}
