import { compressionOf, type Layer } from '../../image/index.ts'
import { decompress, readTar, type TarEntry } from '../../layer/index.ts'
import { entriesByParts, type ReadPart } from './entries-by-parts.ts'

/** What a layer has at a path. */
export interface LayerFile {
  readonly kind: TarEntry['kind']
  readonly linkTarget?: string
  /** The first bytes of a file that may be a program. */
  readonly head?: Uint8Array
}

/** What a layer says about a path: what is there, that nothing is (not even below), or nothing. */
export type LayerAnswer = { readonly file: LayerFile } | 'hidden' | 'silent'

/** A layer that is read only as far as the questions need. */
export interface LazyLayer {
  ask(path: string): Promise<LayerAnswer>
  /** Stops reading. */
  close(): Promise<void>
}

/** A layer, and how to get parts of it. */
export interface LazyLayerOptions {
  readonly layer: Layer
  /** For layers that are not compressed: what is of no interest is not fetched. */
  readonly readPart?: ReadPart
  readonly signal?: AbortSignal
}

const headBytes = 4096
const directory: LayerFile = { kind: 'directory' }

/** Reads nothing before the first question. */
export function createLazyLayer(options: LazyLayerOptions): LazyLayer {
  const notes: Notes = { files: new Map(), folders: new Set(), removed: new Set(), cleared: new Set() }
  let entries: AsyncGenerator<TarEntry, void, void> | undefined
  let isDone = false
  const ask = async (path: string): Promise<LayerAnswer> => {
    for (;;) {
      const found = notes.files.get(path) ?? (notes.folders.has(path) ? directory : undefined)
      if (found !== undefined) return { file: found }
      if (isDone) return isHidden(notes, path) ? 'hidden' : 'silent'
      entries ??= openEntries(options)
      const next = await entries.next()
      if (next.done === true) isDone = true
      else await note(notes, next.value)
    }
  }
  let turn: Promise<unknown> = Promise.resolve()
  return {
    // one question at a time: they read the same stream
    ask(path) {
      const answer = turn.then(async () => ask(path))
      turn = answer.catch(() => undefined)
      return answer
    },
    async close() {
      await turn
      await entries?.return()
    },
  }
}

interface Notes {
  readonly files: Map<string, LayerFile>
  /** Named by what is in them. */
  readonly folders: Set<string>
  readonly removed: Set<string>
  readonly cleared: Set<string>
}

function openEntries({ layer, readPart, signal }: LazyLayerOptions): AsyncGenerator<TarEntry, void, void> {
  const { mediaType, size } = layer.descriptor
  if (readPart !== undefined && compressionOf(mediaType) === 'none') return entriesByParts(readPart, size)
  return readTar(decompress(layer.open(signal), mediaType))
}

async function note(notes: Notes, entry: TarEntry): Promise<void> {
  const slash = entry.path.lastIndexOf('/')
  const folder = slash === -1 ? '' : entry.path.slice(0, slash)
  const name = entry.path.slice(slash + 1)
  if (name === '.wh..wh..opq') notes.cleared.add(folder)
  else if (name.startsWith('.wh.')) notes.removed.add(`${folder === '' ? '' : `${folder}/`}${name.slice(4)}`)
  else {
    for (const parent of parentsOf(entry.path)) notes.folders.add(parent)
    const { kind, linkTarget } = entry
    const head = kind === 'file' && (entry.mode & 0o111) !== 0 ? await readHead(entry.body) : undefined
    notes.files.set(entry.path, {
      kind,
      ...(linkTarget === undefined ? {} : { linkTarget }),
      ...(head === undefined ? {} : { head }),
    })
  }
}

async function readHead(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, headBytes - length))
    length += chunk.length
    if (length >= headBytes) break
  }
  return Buffer.concat(chunks)
}

function isHidden({ files, removed, cleared }: Notes, path: string): boolean {
  if (removed.has(path)) return true
  return parentsOf(path).some((parent) => {
    const kind = files.get(parent)?.kind
    return removed.has(parent) || cleared.has(parent) || (kind !== undefined && kind !== 'directory')
  })
}

/** The folders above a path, the root included. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, at) => parts.slice(0, at).join('/'))
}
