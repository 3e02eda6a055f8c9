import { baseOf, joinPath, parentOf, parentsOf, type FileNode, type FileTree } from './file-tree.ts'
import { graftOf, type Graft, type GraftSource, type Place } from './graft.ts'

/** A tree that can be written to, over one that stays as it is. */
export interface Overlay extends FileTree {
  /** A file over a directory hides what was in it. Parents have to be there. */
  set(path: string, node: FileNode): void
  /**
   * Puts what is in a directory of another tree into a directory that is empty: false, and nothing done, when it is not, or
   * is hidden.
   */
  graft(path: string, from: string, by: GraftSource): boolean
  /** All that was set and grafted. */
  changes(): ReadonlyMap<string, FileNode>
  grafts(): readonly Graft[]
  /** Whether nothing was written where something was grafted. */
  isGraftedWhole(): boolean
  /** What is there because it was grafted. */
  grafted(): readonly Place[]
  /** What was set. */
  settings(): ReadonlyMap<string, FileNode>
}

/** A writable tree over `below`. */
export function createOverlay(below: FileTree): Overlay {
  const nodes = new Map<string, FileNode>()
  const names = createNames()
  const hidden = new Set<string>()
  const grafts = new Map<string, Graft>()
  const isHidden = (path: string): boolean => hidden.size > 0 && parentsOf(path).some((parent) => hidden.has(parent))
  const getBelow = (path: string): FileNode | undefined => {
    if (isHidden(path)) return undefined
    return graftAbove(path, grafts)?.get(path) ?? below.get(path)
  }
  const listBelow = (path: string): readonly string[] => {
    if (hidden.has(path) || isHidden(path)) return []
    const graft = grafts.get(path) ?? graftAbove(path, grafts)
    return graft?.get(path) === undefined && graft?.target !== path ? below.list(path) : graft.list(path)
  }
  const get = (path: string): FileNode | undefined => nodes.get(path) ?? getBelow(path)
  const list = (path: string): readonly string[] => {
    const [inherited, own] = [listBelow(path), names.in(path)]
    return own.size === 0 ? inherited : [...new Set([...inherited, ...own])].sort()
  }
  const grafted = (): readonly Place[] =>
    [...grafts.values()].flatMap((graft) => graft.places()).filter(({ path }) => !nodes.has(path) && !isHidden(path))
  return {
    get,
    list,
    set(path, node) {
      if (node.kind !== 'directory') names.removeBelow(path, (gone) => nodes.delete(gone))
      if (node.kind !== 'directory' && getBelow(path)?.kind === 'directory') hidden.add(path)
      nodes.set(path, node)
      names.add(path)
    },
    graft(path, from, by) {
      const isFree = get(path)?.kind === 'directory' && list(path).length === 0 && !hidden.has(path) && !isHidden(path)
      if (isFree) grafts.set(path, graftOf(by, from, path))
      return isFree
    },
    changes: () => new Map([...grafted().map(({ path, node }) => [path, node] as const), ...nodes]),
    grafts: () => [...grafts.values()],
    isGraftedWhole: () => [...nodes.keys()].every((path) => graftAbove(path, grafts) === undefined),
    grafted,
    settings: () => nodes,
  }
}

/** Names of what is in directories. */
interface Names {
  in(folder: string): ReadonlySet<string>
  add(path: string): void
  /** Tells of all that was there. */
  removeBelow(path: string, onRemoved: (path: string) => void): void
}

function createNames(): Names {
  const names = new Map<string, Set<string>>()
  const none = new Set<string>()
  const removeBelow = (path: string, onRemoved: (path: string) => void): void => {
    for (const name of names.get(path) ?? none) {
      removeBelow(joinPath(path, name), onRemoved)
      onRemoved(joinPath(path, name))
    }
    names.delete(path)
  }
  return {
    in: (folder) => names.get(folder) ?? none,
    add(path) {
      if (path === '') return
      const siblings = names.get(parentOf(path)) ?? new Set()
      names.set(parentOf(path), siblings.add(baseOf(path)))
    },
    removeBelow,
  }
}

/** The deepest of those that a path is in. */
function graftAbove(path: string, grafts: ReadonlyMap<string, Graft>): Graft | undefined {
  if (grafts.size === 0 || path === '') return undefined
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const graft = grafts.get(path.slice(0, at))
    if (graft !== undefined) return graft
  }
  return grafts.get('')
}
