import type { LayerEntry } from './entry.ts'
import { compareNames } from './names.ts'

/** Sorted; links point at entries before them. */
export function arrange(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const sorted = isSorted(entries) ? entries : [...entries].sort((a, b) => compareNames(a.path, b.path))
  const twice = sorted.find((entry, at) => sorted[at + 1]?.path === entry.path)
  if (twice !== undefined) throw new Error(`two entries of a layer have the path ${JSON.stringify(twice.path)}`)
  const links = sorted.filter((entry) => entry.kind === 'hardlink')
  return links.length === 0 ? sorted : linkToFirst(sorted)
}

/** Seen at once where names are ASCII, whose order needs no look at bytes. */
function isSorted(entries: readonly LayerEntry[]): boolean {
  return entries.every(({ path }, at) => {
    const before = entries[at - 1]?.path ?? ''
    return !/[^\0-\x7f]/.test(path) && (at === 0 || before < path)
  })
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

function metadataOf({ open: _open, body: _body, size: _size, contentId: _id, ...metadata }: LayerEntry): LayerEntry {
  return metadata
}
