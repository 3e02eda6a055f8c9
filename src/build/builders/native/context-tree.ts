import type { ContextFile, ContextListing } from '../../../workspace/index.ts'
import type { FileContents } from './contents.ts'
import { emptyTree, type FileNode, type FileTree } from './file-tree.ts'

/**
 * The build context as an image would hold it: owned by root, all times the same, modes as on disk. Pipes, sockets and
 * devices are all pipes here: copying one is an error. Nodes are made when somebody asks for them.
 * @see https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
 */
export function contextTree(listing: ContextListing, options: TreeOptions): FileTree {
  const nodes = new Map<string, FileNode>()
  return {
    get(path) {
      const known = nodes.get(path)
      if (known !== undefined) return known
      const file = listing.files.get(path)
      if (file === undefined) return emptyTree.get(path)
      const node = nodeOf(file, options)
      nodes.set(path, node)
      return node
    },
    list: (path) => listing.names.get(path) ?? [],
    stampBelow(path) {
      const stamp = listing.stampBelow(path)
      return stamp === undefined ? undefined : `${stamp} ${options.mtimeSeconds}`
    },
  }
}

interface TreeOptions {
  readonly contents: FileContents
  readonly mtimeSeconds: number
}

function nodeOf(file: ContextFile, { contents, mtimeSeconds }: TreeOptions): FileNode {
  const { kind, mode } = file
  if (kind === 'file') return { kind, mode, uid: 0, gid: 0, mtimeSeconds, content: contents(file) }
  if (kind === 'directory') return { kind, mode, uid: 0, gid: 0, mtimeSeconds }
  if (kind === 'other') return { kind: 'fifo', mode, uid: 0, gid: 0, mtimeSeconds }
  return { kind, mode: 0o777, uid: 0, gid: 0, mtimeSeconds, linkTarget: file.linkTarget ?? '' }
}
