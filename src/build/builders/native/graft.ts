import type { Copies } from './copies.ts'
import { joinPath, type FileNode, type FileTree } from './file-tree.ts'

/** A path of a layer and what stands there. */
export interface Place {
  readonly path: string
  readonly node: FileNode
}

/** What is in a directory of another tree, in a directory where nothing was; looked at when somebody asks. */
export interface Graft {
  readonly target: string
  /** {@link FileNode.copy} of what was of no copy before. */
  readonly copy: object
  get(path: string): FileNode | undefined
  list(path: string): readonly string[]
  /** All of it, in the order of paths. */
  places(): readonly Place[]
  /** See {@link FileTree.stampBelow}. */
  stamp(): string | undefined
}

/** The tree that is grafted from, and by which copy. */
export interface GraftSource {
  readonly source: FileTree
  readonly copies: Copies
}

const grafts = new WeakMap<Copies, Map<string, Graft>>()

/** Equal requests, for instance of another platform, give the very same graft. */
export function graftOf(by: GraftSource, from: string, target: string): Graft {
  const known = grafts.get(by.copies) ?? new Map<string, Graft>()
  grafts.set(by.copies, known)
  const key = JSON.stringify([from, target])
  const graft = known.get(key) ?? createGraft(by, from, target)
  known.set(key, graft)
  return graft
}

function createGraft({ source, copies }: GraftSource, from: string, target: string): Graft {
  let places: readonly Place[] | undefined
  let stamp: string | undefined
  const sourceOf = (path: string): string | undefined => {
    if (path === target) return from
    if (target === '') return joinPath(from, path)
    const isBelow = path.startsWith(target) && path[target.length] === '/'
    return isBelow ? joinPath(from, path.slice(target.length + 1)) : undefined
  }
  const nodeAt = (at: string): FileNode | undefined => {
    const node = source.get(at)
    return node === undefined ? undefined : copied(node, copies)
  }
  const addPlaces = (found: Place[], at: string, path: string): void => {
    for (const name of source.list(at)) {
      const node = nodeAt(joinPath(at, name))
      if (node === undefined) continue
      found.push({ path: joinPath(path, name), node })
      if (node.kind === 'directory') addPlaces(found, joinPath(at, name), joinPath(path, name))
    }
  }
  const allPlaces = (): readonly Place[] => {
    const found: Place[] = []
    addPlaces(found, from, target)
    return found.sort((one, other) => (one.path < other.path ? -1 : 1))
  }
  return {
    target,
    copy: copies({}),
    get(path) {
      const at = path === target ? undefined : sourceOf(path)
      return at === undefined ? undefined : nodeAt(at)
    },
    list(path) {
      const at = sourceOf(path)
      return at === undefined ? [] : source.list(at)
    },
    places: () => (places ??= allPlaces()),
    stamp: () => (stamp ??= source.stampBelow?.(from)),
  }
}

/** Which copy put it there counts for names of one file, and for what must not be copied. */
function copied(node: FileNode, copies: Copies): FileNode {
  return node.content?.inode === undefined && node.kind !== 'fifo' ? node : { ...node, copy: copies(node) }
}
