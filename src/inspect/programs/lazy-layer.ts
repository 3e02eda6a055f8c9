import { compressionOf } from '../../image/index.ts'
import { decompress, readTar, type TarEntry } from '../../layer/index.ts'
import type { LayerAnswer, LazyLayer, LazyLayerOptions } from './contract.ts'
import { entriesByParts } from './entries-by-parts.ts'
import { createNotes, fileIn, noteEntry, silenceOf, type LayerNotes } from './layer-notes.ts'
import { readHead } from './read-head.ts'
import { openByContents } from './table-of-contents.ts'

/** Reads nothing before the first question. */
export function createLazyLayer(options: LazyLayerOptions): LazyLayer {
  let opening: Promise<LazyLayer> | undefined
  const open = async (): Promise<LazyLayer> => (opening ??= openLayer(options))
  return {
    ask: async (path) => (await open()).ask(path),
    close: async () => (await opening)?.close(),
  }
}

async function openLayer(options: LazyLayerOptions): Promise<LazyLayer> {
  return (await openByContents(options)) ?? openFromStart(options)
}

function openFromStart(options: LazyLayerOptions): LazyLayer {
  const notes = createNotes()
  let entries: AsyncGenerator<TarEntry, void, void> | undefined
  let isDone = false
  const ask = async (path: string): Promise<LayerAnswer> => {
    for (;;) {
      const file = fileIn(notes, path)
      if (file !== undefined) return { file }
      if (isDone) return silenceOf(notes, path)
      entries ??= openEntries(options)
      const next = await entries.next()
      if (next.done === true) isDone = true
      else await note(notes, next.value, options)
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

function openEntries({ layer, readPart, signal }: LazyLayerOptions): AsyncGenerator<TarEntry, void, void> {
  const { mediaType, size } = layer.descriptor
  if (readPart !== undefined && compressionOf(mediaType) === 'none') return entriesByParts(readPart, size)
  return readTar(decompress(layer.open(signal), mediaType))
}

async function note(notes: LayerNotes, entry: TarEntry, { isWindows = false }: LazyLayerOptions): Promise<void> {
  const { kind, linkTarget, mode } = entry
  const isProgram = kind === 'file' && (isWindows || (mode & 0o111) !== 0)
  const head = isProgram ? await readHead(entry.body) : undefined
  noteEntry(notes, isWindows ? entry.path.toLowerCase() : entry.path, {
    kind,
    ...(linkTarget === undefined ? {} : { linkTarget: isWindows ? linkTarget.toLowerCase() : linkTarget }),
    ...(head === undefined ? {} : { head }),
  })
}
