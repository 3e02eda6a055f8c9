import * as v from 'valibot'
import { isToolError } from '../../errors/index.ts'
import { digestOf, type Layer } from '../../image/index.ts'
import { decompress, readTar, type TarEntry } from '../../layer/index.ts'
import type { LayerFile, LazyLayer, LazyLayerOptions, ReadPart } from './contract.ts'
import { createNotes, fileIn, noteEntry, silenceOf } from './layer-notes.ts'
import { readHead } from './read-head.ts'

/** An entry of the list at the end of a layer: where a file's own compressed bytes are. */
const entrySchema = v.object({
  name: v.string(),
  type: v.string(),
  size: v.optional(v.number(), 0),
  mode: v.optional(v.number(), 0),
  linkName: v.optional(v.string()),
  offset: v.optional(v.number()),
  innerOffset: v.optional(v.number(), 0),
})
const contentsSchema = v.object({ entries: v.array(entrySchema) })
type Entry = v.InferOutput<typeof entrySchema>

const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  dir: 'directory',
  reg: 'file',
  symlink: 'symlink',
  hardlink: 'hardlink',
  char: 'character',
  block: 'block',
  fifo: 'fifo',
}

/**
 * Opens a layer by its table of contents, which eStargz and zstd:chunked layers have at their end: a file costs one request
 * for some kilobytes. Undefined for any other layer, where parts cannot be read, and where the table is not what the
 * layer's annotations say.
 * @see https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
 * @see https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md
 */
export async function openByContents({ layer, readPart, isWindows }: LazyLayerOptions): Promise<LazyLayer | undefined> {
  if (readPart === undefined || isWindows === true) return undefined
  const entries = await readContents(layer, readPart).catch((error: unknown) => {
    // the layer can still be read from its start
    if (isToolError(error) && error.code !== 'ABORTED') return undefined
    throw error
  })
  return entries === undefined ? undefined : layerOf(entries, readPart, layer.descriptor.size)
}

function layerOf(entries: readonly Entry[], readPart: ReadPart, sizeBytes: number): LazyLayer {
  const notes = createNotes()
  const places = new Map<LayerFile, Entry>()
  for (const entry of entries) {
    const kind = kinds[entry.type]
    if (kind === undefined) continue
    const file: LayerFile = { kind, ...(entry.linkName === undefined ? {} : { linkTarget: plainPath(entry, kind) }) }
    if (kind === 'file' && (entry.mode & 0o111) !== 0) places.set(file, entry)
    noteEntry(notes, withoutRoot(entry.name), file)
  }
  return {
    async ask(path) {
      const file = fileIn(notes, path)
      if (file === undefined) return silenceOf(notes, path)
      const place = places.get(file)
      return { file: place === undefined ? file : { ...file, head: await headAt(place, readPart, sizeBytes) } }
    },
    close: async () => Promise.resolve(),
  }
}

/** Hard links name paths of the layer, symbolic ones anything. */
function plainPath({ linkName = '' }: Entry, kind: TarEntry['kind']): string {
  return kind === 'hardlink' ? withoutRoot(linkName) : linkName
}

function withoutRoot(name: string): string {
  return name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
}

/** Some more than a header, as what is compressed may be longer than it was. */
const headPartBytes = 16 * 1024

async function headAt(
  { offset, innerOffset, size }: Entry,
  readPart: ReadPart,
  sizeBytes: number,
): Promise<Uint8Array> {
  if (offset === undefined || size === 0) return new Uint8Array()
  const end = Math.min(offset + headPartBytes + innerOffset, sizeBytes) - 1
  const head = await readHead(decompress(readPart(offset, end)), innerOffset)
  return head.subarray(0, size)
}

async function readContents(layer: Layer, readPart: ReadPart): Promise<readonly Entry[] | undefined> {
  const { annotations = {}, size } = layer.descriptor
  const stargz = annotations['containerd.io/snapshot/stargz/toc.digest']
  if (stargz !== undefined) return parse(await stargzContents(readPart, size), stargz)
  const position = annotations['io.github.containers.zstd-chunked.manifest-position']
  const checksum = annotations['io.github.containers.zstd-chunked.manifest-checksum']
  if (position === undefined || checksum === undefined) return undefined
  return chunkedContents(readPart, { position, checksum, size })
}

const footerBytes = 51
const maxContentsBytes = 64 * 1024 * 1024
const contentsName = 'stargz.index.json'

/** The last bytes are an empty gzip member that says in its header where the table is: another member, of a tar. */
async function stargzContents(readPart: ReadPart, size: number): Promise<Uint8Array | undefined> {
  const footer = (await bytesOf(readPart(size - footerBytes, size - 1))).toString('latin1')
  const offset = Number.parseInt(/SG..([0-9a-f]{16})STARGZ/s.exec(footer)?.[1] ?? '', 16)
  const end = size - footerBytes
  if (!(offset >= 0 && offset < end) || end - offset > maxContentsBytes) return undefined
  for await (const entry of readTar(decompress(readPart(offset, end - 1)))) {
    if (entry.path === contentsName && entry.size <= maxContentsBytes) return bytesOf(entry.body)
  }
  return undefined
}

async function chunkedContents(
  readPart: ReadPart,
  { position, checksum, size }: { readonly position: string; readonly checksum: string; readonly size: number },
): Promise<readonly Entry[] | undefined> {
  const [offset = Number.NaN, length = Number.NaN, whole = Number.NaN] = position.split(':').map(Number)
  if (!(offset >= 0 && length > 0 && offset + length <= size && whole <= maxContentsBytes)) return undefined
  const packed = await bytesOf(readPart(offset, offset + length - 1))
  if (digestOf(packed) !== checksum) return undefined
  return parse(await bytesOf(decompress(once(packed))))
}

function parse(bytes: Uint8Array | undefined, digest?: string): readonly Entry[] | undefined {
  if (bytes === undefined || (digest !== undefined && digestOf(bytes) !== digest)) return undefined
  const text = Buffer.from(bytes).toString('utf8')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), contentsSchema), text)
  return parsed.success ? parsed.output.entries : undefined
}

/** @yields the bytes */
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxContentsBytes) break
  }
  return Buffer.concat(chunks)
}
