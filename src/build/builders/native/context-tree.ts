import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toFilePath } from '../../../layer/index.ts'
import type { ContextFile } from '../../../workspace/index.ts'
import type { FileContents } from './contents.ts'
import { parentOf, parentsOf, treeOf, type FileNode, type FileTree } from './file-tree.ts'

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
  for (const file of files) nodes.set(file.path, nodeOf(file, options))
  for (const path of nodes.keys()) {
    const parent = parentOf(path)
    if (parent !== '' && !nodes.has(parent)) addFolders(parent, nodes, options)
  }
  return treeOf(nodes)
}

type TreeOptions = Parameters<typeof contextTree>[1]

function nodeOf(file: ContextFile, { contents, mtimeSeconds }: TreeOptions): FileNode {
  const { kind, mode } = file
  if (kind === 'file') return { kind, mode, uid: 0, gid: 0, mtimeSeconds, content: contents(file) }
  if (kind === 'directory') return { kind, mode, uid: 0, gid: 0, mtimeSeconds }
  if (kind === 'other') return { kind: 'fifo', mode, uid: 0, gid: 0, mtimeSeconds }
  return { kind, mode: 0o777, uid: 0, gid: 0, mtimeSeconds, linkTarget: file.linkTarget ?? '' }
}

/** Directories that are ignored and hold something that is not. */
function addFolders(path: string, nodes: Map<string, FileNode>, { folder, mtimeSeconds }: TreeOptions): void {
  for (const parent of [...parentsOf(path), path]) {
    if (nodes.has(parent)) continue
    nodes.set(parent, { kind: 'directory', mode: modeOn(join(folder, parent)), uid: 0, gid: 0, mtimeSeconds })
  }
}

function modeOn(path: string): number {
  const stat = lstatSync(toFilePath(path), { throwIfNoEntry: false })
  return stat === undefined ? 0o755 : stat.mode & 0o7777
}
