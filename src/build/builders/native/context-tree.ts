import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toFilePath } from '../../../layer/index.ts'
import type { ContextFile } from '../../../workspace/index.ts'
import type { FileContents } from './contents.ts'
import { baseOf, emptyTree, parentOf, type FileNode, type FileTree } from './file-tree.ts'

/** What a context holds, by path and by folder. */
export interface ContextListing {
  readonly folder: string
  /** Undefined: a directory that only its children imply, because it is ignored. */
  readonly files: ReadonlyMap<string, ContextFile | undefined>
  /** Names in folders, in code unit order. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** Puts files that are sorted by path in order. */
export function contextListing(folder: string, found: readonly ContextFile[]): ContextListing {
  const files = new Map<string, ContextFile | undefined>()
  const names = new Map<string, string[]>()
  const link = (path: string): void => {
    const parent = parentOf(path)
    const siblings = names.get(parent)
    if (siblings !== undefined) {
      siblings.push(baseOf(path))
      return
    }
    names.set(parent, [baseOf(path)])
    if (parent === '' || files.has(parent)) return
    files.set(parent, undefined)
    link(parent)
  }
  // directories stand before what is in them
  for (const file of found) {
    files.set(file.path, file)
    link(file.path)
  }
  return { folder, files, names }
}

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
      if (!listing.files.has(path)) return emptyTree.get(path)
      const file = listing.files.get(path)
      const node = file === undefined ? impliedFolder(join(listing.folder, path), options) : nodeOf(file, options)
      nodes.set(path, node)
      return node
    },
    list: (path) => listing.names.get(path) ?? [],
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

function impliedFolder(absolutePath: string, { mtimeSeconds }: TreeOptions): FileNode {
  const stat = lstatSync(toFilePath(absolutePath), { throwIfNoEntry: false })
  return { kind: 'directory', mode: stat === undefined ? 0o755 : stat.mode & 0o7777, uid: 0, gid: 0, mtimeSeconds }
}
