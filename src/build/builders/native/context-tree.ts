import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toFilePath } from '../../../layer/index.ts'
import type { ContextFile } from '../../../workspace/index.ts'
import type { FileContents } from './contents.ts'
import { parentsOf, treeOf, type FileNode, type FileTree } from './file-tree.ts'

/**
 * The build context as an image would hold it: owned by root, all times the same, modes as on disk. Pipes, sockets and
 * devices are all pipes here: copying one is an error.
 * @see https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
 */
export function contextTree(
  files: readonly ContextFile[],
  options: { readonly folder: string; readonly contents: FileContents; readonly mtimeSeconds: number },
): FileTree {
  const nodes = new Map<string, FileNode>()
  const common = { uid: 0, gid: 0, mtimeSeconds: options.mtimeSeconds }
  for (const file of files) nodes.set(file.path, { ...common, ...nodeOf(file, options.contents) })
  for (const path of nodes.keys()) {
    for (const parent of parentsOf(path)) {
      if (!nodes.has(parent)) nodes.set(parent, { ...common, ...folderOn(join(options.folder, parent)) })
    }
  }
  return treeOf(nodes)
}

type Bare = Pick<FileNode, 'kind' | 'mode' | 'linkTarget' | 'content'>

function nodeOf(file: ContextFile, contents: FileContents): Bare {
  if (file.kind === 'directory') return { kind: 'directory', mode: file.mode }
  if (file.kind === 'symlink') return { kind: 'symlink', mode: 0o777, linkTarget: file.linkTarget ?? '' }
  if (file.kind === 'other') return { kind: 'fifo', mode: file.mode }
  return { kind: 'file', mode: file.mode, content: contents(file) }
}

/** A directory that is ignored and holds something that is not. */
function folderOn(path: string): Bare {
  const stat = lstatSync(toFilePath(path), { throwIfNoEntry: false })
  return { kind: 'directory', mode: stat === undefined ? 0o755 : stat.mode & 0o7777 }
}
