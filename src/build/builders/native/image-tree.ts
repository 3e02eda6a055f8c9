import type { LayerTree, TreeEntry } from '../../../layer/index.ts'
import { layerContent } from './contents.ts'
import { type Content, type FileNode, type FileTree } from './file-tree.ts'

/** What the layers of an image hold, as a tree to copy from and to write over. */
export function imageTree(layers: LayerTree, diffIds: readonly string[]): FileTree {
  const contents = new Map<string, Content>()
  const contentOf = (entry: TreeEntry): Content => {
    const found = contents.get(entry.path) ?? layerContent(layers, entry, diffIds)
    contents.set(entry.path, found)
    return found
  }
  return {
    get(path) {
      const entry = layers.get(path)
      if (entry === undefined || entry.path !== path) return undefined
      return toNode(entry, contentOf)
    },
    list: (path) => (path === '' || layers.get(path)?.kind === 'directory' ? namesIn(layers, path) : []),
  }
}

function toNode(entry: TreeEntry, contentOf: (entry: TreeEntry) => Content): FileNode {
  const { kind, mode, uid, gid, mtimeSeconds, linkTarget, device, xattrs } = entry
  return {
    kind,
    mode,
    uid,
    gid,
    mtimeSeconds,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(device === undefined ? {} : { device }),
    ...(xattrs === undefined ? {} : { xattrs }),
    ...(kind === 'file' ? { content: contentOf(entry) } : {}),
  }
}

function namesIn(layers: LayerTree, path: string): readonly string[] {
  return layers
    .list(path)
    .map((entry) => entry.path.slice(path === '' ? 0 : path.length + 1))
    .sort()
}
