import type { FileNode, FileTree } from './file-tree.ts'

/** The same tree with no time later than that. */
export function latestTimes(tree: FileTree, latest: number | undefined): FileTree {
  if (latest === undefined) return tree
  return {
    get(path) {
      const node = tree.get(path)
      return node === undefined ? undefined : clampTime(node, latest)
    },
    list: (path) => tree.list(path),
  }
}

export function clampTime(node: FileNode, latest: number | undefined): FileNode {
  return latest === undefined || node.mtimeSeconds <= latest ? node : { ...node, mtimeSeconds: latest }
}
