import { baseOf, joinPath, parentOf, parentsOf, type FileNode, type FileTree } from './file-tree.ts'
import { graftOf, type Graft, type Place } from './graft.ts'

/** A tree that can be written to, over one that stays as it is. */
export interface Overlay extends FileTree {
  /** A file over a directory hides what was in it. Parents have to be there. */
  set(path: string, node: FileNode): void
  /**
   * Puts a directory of another tree, with all that is in it, where nothing is: false, and nothing done, when something is or
   * was there. Parents have to be there.
   */
  graft(path: string, source: FileTree, from: string): boolean
  /** All that was set and grafted. */
  changes(): ReadonlyMap<string, FileNode>
  grafts(): readonly Graft[]
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
  const grafts: Graft[] = []
  const isHidden = (path: string): boolean => hidden.size > 0 && parentsOf(path).some((parent) => hidden.has(parent))
  const getBelow = (path: string): FileNode | undefined => {
    if (isHidden(path)) return undefined
    return firstOf(grafts, (graft) => graft.get(path)) ?? below.get(path)
  }
  const listBelow = (path: string): readonly string[] => {
    if (hidden.has(path) || isHidden(path)) return []
    const graft = grafts.find((one) => one.get(path) !== undefined)
    return (graft ?? below).list(path)
  }
  const get = (path: string): FileNode | undefined => nodes.get(path) ?? getBelow(path)
  const grafted = (): readonly Place[] =>
    grafts.flatMap((graft) => graft.places()).filter(({ path }) => !nodes.has(path) && !isHidden(path))
  return {
    get,
    list(path) {
      const [inherited, own] = [listBelow(path), names.in(path)]
      return own.size === 0 ? inherited : [...new Set([...inherited, ...own])].sort()
    },
    set(path, node) {
      if (node.kind !== 'directory') names.removeBelow(path, (gone) => nodes.delete(gone))
      if (node.kind !== 'directory' && getBelow(path)?.kind === 'directory') hidden.add(path)
      nodes.set(path, node)
      names.add(path)
    },
    graft(path, source, from) {
      const isFree = get(path) === undefined && names.in(path).size === 0 && !hidden.has(path) && !isHidden(path)
      if (!isFree) return false
      grafts.push(graftOf(source, from, path))
      names.add(path)
      return true
    },
    changes: () => new Map([...grafted().map(({ path, node }) => [path, node] as const), ...nodes]),
    grafts: () => grafts,
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

function firstOf<T, U>(list: readonly T[], look: (one: T) => U | undefined): U | undefined {
  for (const one of list) {
    const found = look(one)
    if (found !== undefined) return found
  }
  return undefined
}
