import type { LayerAnswer, LayerFile } from './contract.ts'

/** What was seen of a layer so far. */
export interface LayerNotes {
  readonly files: Map<string, LayerFile>
  /** Named by what is in them. */
  readonly folders: Set<string>
  readonly removed: Set<string>
  readonly cleared: Set<string>
}

export function createNotes(): LayerNotes {
  return { files: new Map(), folders: new Set(), removed: new Set(), cleared: new Set() }
}

/** Takes note of one entry; whiteouts are no files. */
export function noteEntry(notes: LayerNotes, path: string, file: LayerFile): void {
  const slash = path.lastIndexOf('/')
  const folder = slash === -1 ? '' : path.slice(0, slash)
  const name = path.slice(slash + 1)
  if (name === '.wh..wh..opq') notes.cleared.add(folder)
  else if (name.startsWith('.wh.')) notes.removed.add(`${folder === '' ? '' : `${folder}/`}${name.slice(4)}`)
  else {
    for (const parent of parentsOf(path)) notes.folders.add(parent)
    notes.files.set(path, file)
  }
}

const directory: LayerFile = { kind: 'directory' }

/** What is known to be at a path; undefined when nothing was seen there yet. */
export function fileIn(notes: LayerNotes, path: string): LayerFile | undefined {
  return notes.files.get(path) ?? (notes.folders.has(path) ? directory : undefined)
}

/** What a layer that was seen whole says of a path where it has nothing. */
export function silenceOf({ files, removed, cleared }: LayerNotes, path: string): Exclude<LayerAnswer, object> {
  if (removed.has(path)) return 'hidden'
  const isHidden = parentsOf(path).some((parent) => {
    const kind = files.get(parent)?.kind
    return removed.has(parent) || cleared.has(parent) || (kind !== undefined && kind !== 'directory')
  })
  return isHidden ? 'hidden' : 'silent'
}

/** The folders above a path, the root included. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, at) => parts.slice(0, at).join('/'))
}
