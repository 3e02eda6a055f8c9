import type { FileNode, FileTree } from './file-tree.ts'

/** What {@link FileNode.copy} of a node becomes by one copy. */
export type Copies = (node: Pick<FileNode, 'copy'>) => object

const known = new WeakMap<FileTree, Map<string, Copies>>()

/** For what a copy leaves as it is: equal ones, for instance of another platform, have the very same. */
export function sharedCopies(source: FileTree, from: string, target: string): Copies {
  const own = known.get(source) ?? new Map<string, Copies>()
  known.set(source, own)
  const key = JSON.stringify([from, target])
  const copies = own.get(key) ?? createCopies()
  own.set(key, copies)
  return copies
}

/** What one copy put there stays of one copy; files that several copies put there before are no links to each other. */
export function createCopies(): Copies {
  const copies = new Map<object | undefined, object>()
  return ({ copy }) => {
    const own = copies.get(copy) ?? {}
    copies.set(copy, own)
    return own
  }
}
