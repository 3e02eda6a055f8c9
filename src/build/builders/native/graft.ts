import { joinPath, type FileNode, type FileTree } from './file-tree.ts'

/** A path of a layer and what stands there. */
export interface Place {
  readonly path: string
  readonly node: FileNode
}

/** A directory of another tree, at a path where nothing was: all that is in it, looked at when somebody asks. */
export interface Graft {
  readonly target: string
  get(path: string): FileNode | undefined
  list(path: string): readonly string[]
  /** All of it, in the order of paths. */
  places(): readonly Place[]
}

const grafts = new WeakMap<FileTree, Map<string, Graft>>()

/** Equal requests, for instance of another platform, give the very same graft. */
export function graftOf(source: FileTree, from: string, target: string): Graft {
  const known = grafts.get(source) ?? new Map<string, Graft>()
  grafts.set(source, known)
  const key = JSON.stringify([from, target])
  const graft = known.get(key) ?? createGraft(source, from, target)
  known.set(key, graft)
  return graft
}

function createGraft(source: FileTree, from: string, target: string): Graft {
  const copy = {}
  let places: readonly Place[] | undefined
  const sourceOf = (path: string): string | undefined => {
    if (path === target) return from
    return path.startsWith(target) && path[target.length] === '/'
      ? joinPath(from, path.slice(target.length + 1))
      : undefined
  }
  const nodeAt = (at: string): FileNode | undefined => {
    const node = source.get(at)
    return node === undefined ? undefined : copied(node, copy)
  }
  const addPlaces = (found: Place[], at: string, path: string): void => {
    const node = nodeAt(at)
    if (node === undefined) return
    found.push({ path, node })
    if (node.kind !== 'directory') return
    for (const name of source.list(at)) addPlaces(found, joinPath(at, name), `${path}/${name}`)
  }
  const allPlaces = (): readonly Place[] => {
    const found: Place[] = []
    addPlaces(found, from, target)
    return found.sort((one, other) => (one.path < other.path ? -1 : 1))
  }
  return {
    target,
    get(path) {
      const at = sourceOf(path)
      return at === undefined ? undefined : nodeAt(at)
    },
    list(path) {
      const at = sourceOf(path)
      return at === undefined ? [] : source.list(at)
    },
    places: () => (places ??= allPlaces()),
  }
}

/** Which copy put it there counts for names of one file, and for what must not be copied. */
function copied(node: FileNode, copy: object): FileNode {
  return node.content?.inode === undefined && node.kind !== 'fifo' ? node : { ...node, copy }
}
