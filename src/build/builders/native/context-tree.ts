import { hash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toFilePath } from '../../../layer/index.ts'
import type { ContextFile } from '../../../workspace/index.ts'
import type { FileContents } from './contents.ts'
import { baseOf, emptyTree, joinPath, parentOf, type FileNode, type FileTree } from './file-tree.ts'

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
 * Names all that is in a folder by what tells files apart without reading them: equal stamps mean the same files,
 * unless one was written to a moment before it was read. Undefined where there are other things than files.
 */
export function stampBelow(listing: ContextListing, top: string): string | undefined {
  const stamped: Stamped = { numbers: [], names: [] }
  if (!addStamps(listing, top, stamped)) return undefined
  const bytes = Buffer.from(Float64Array.from(stamped.numbers).buffer)
  return hash('sha256', `${hash('sha256', stamped.names.join('\0'), 'hex')} ${hash('sha256', bytes, 'hex')}`, 'hex')
}

interface Stamped {
  readonly numbers: number[]
  readonly names: string[]
}

function addStamps(listing: ContextListing, folder: string, stamped: Stamped): boolean {
  const names = listing.names.get(folder) ?? []
  // a name cannot be empty: where a folder ends is seen
  stamped.names.push('')
  return names.every((name) => {
    const path = joinPath(folder, name)
    const file = listing.files.get(path)
    if (file === undefined || file.kind === 'other') return false
    stamped.names.push(name, file.kind, file.linkTarget ?? '')
    stamped.numbers.push(file.mode)
    if (file.kind === 'directory') return addStamps(listing, path, stamped)
    stamped.numbers.push(file.sizeBytes, file.mtimeMs, file.ctimeMs, file.inode, file.device, file.linkCount)
    return true
  })
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
    stampBelow(path) {
      const stamp = stampBelow(listing, path)
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

function impliedFolder(absolutePath: string, { mtimeSeconds }: TreeOptions): FileNode {
  const stat = lstatSync(toFilePath(absolutePath), { throwIfNoEntry: false })
  return { kind: 'directory', mode: stat === undefined ? 0o755 : stat.mode & 0o7777, uid: 0, gid: 0, mtimeSeconds }
}
