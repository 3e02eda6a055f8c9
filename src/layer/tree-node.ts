import { ToolError } from '../errors/index.ts'
import type { EntryMetadata } from './entry.ts'
import type { IndexedEntry } from './layer-index.ts'
import { changeOf } from './whiteout.ts'

/** Where a file's bytes are. Hard links of one file have the same. */
export interface BodyPlace {
  /** Which of the layers, from 0. */
  readonly layer: number
  /** In the uncompressed layer. */
  readonly offset: number
}

/** What a path holds; a hard link is the file it links to. */
export interface TreeEntry extends EntryMetadata {
  readonly kind: Exclude<EntryMetadata['kind'], 'hardlink'>
  readonly size: number
  /** Of files. */
  readonly place?: BodyPlace
  /** No layer says anything about this directory: it is there because something is in it. */
  readonly isImplicit?: boolean
}

export interface TreeNode {
  entry: TreeEntry
  /** The layer that has written it. */
  layer: number
  /** Of directories. */
  children: Map<string, TreeNode> | undefined
}

/** A node and its path, all links followed. */
export interface Place {
  readonly node: TreeNode
  readonly path: string
}

const maxLinks = 255

export function createRoot(): TreeNode {
  return implicitFolder('', 0)
}

/**
 * Puts a layer's entries over what is there.
 * @throws LAYER_INVALID
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
 */
export function applyLayer(root: TreeNode, entries: readonly IndexedEntry[], layer: number): void {
  for (const entry of entries) {
    const change = changeOf(entry.path)
    if (change.kind === 'entry') writeEntry(root, entry, layer)
    else if (change.kind === 'clear') clearFolder(findFolder(root, change.folder), layer)
    else if (change.kind === 'remove') {
      const { folder, name } = splitPath(change.path)
      const parent = findFolder(root, folder)
      if (parent !== undefined) removeLower(parent, name, layer)
    }
  }
}

/** Follows all links, that of the last part too when `followLast`; undefined when there is nothing. */
export function findNode(root: TreeNode, path: string, followLast: boolean): Place | undefined {
  const { real, missing } = walk(root, path, { followLast })
  const last = real.at(-1)
  return missing.length > 0 || last === undefined ? undefined : { node: last, path: last.entry.path }
}

/** The path with all links followed as far as it exists; the rest is kept. */
export function resolvePath(root: TreeNode, path: string): string {
  const { real, missing } = walk(root, path, { followLast: true })
  return joinPath(real.at(-1)?.entry.path ?? '', missing.join('/'))
}

function joinPath(folder: string, name: string): string {
  return folder === '' || name === '' ? folder + name : `${folder}/${name}`
}

function writeEntry(root: TreeNode, entry: IndexedEntry, layer: number): void {
  if (entry.path === '') {
    if (entry.kind === 'directory') root.entry = { ...describe(entry, layer), path: '' }
    return
  }
  const { folder, name } = splitPath(entry.path)
  const parent = makeFolders(root, folder, layer)
  const path = joinPath(parent.entry.path, name)
  const found = entry.kind === 'hardlink' ? linkedEntry(root, entry, path) : describe(entry, layer)
  const existing = parent.children?.get(name)
  const children = found.kind === 'directory' ? (existing?.children ?? new Map<string, TreeNode>()) : undefined
  parent.children?.set(name, { entry: { ...found, path }, layer, children })
}

function describe({ bodyOffset, ...entry }: IndexedEntry, layer: number): TreeEntry {
  const kind = entry.kind === 'hardlink' ? 'file' : entry.kind
  return { ...entry, kind, ...(kind === 'file' ? { place: { layer, offset: bodyOffset } } : {}) }
}

/** Taking away a directory for a link to something in it would take away that, too. */
function linkedEntry(root: TreeNode, entry: IndexedEntry, path: string): TreeEntry {
  const target = findNode(root, entry.linkTarget ?? '', false)
  const isInside = target?.path.startsWith(`${path}/`) === true
  if (target !== undefined && target.node.children === undefined && !isInside) return target.node.entry
  const names = `${JSON.stringify(entry.path)} to ${JSON.stringify(entry.linkTarget)}`
  throw new ToolError('LAYER_INVALID', `the layer has the hard link ${names}, which is no file`)
}

function makeFolders(root: TreeNode, folder: string, layer: number): TreeNode {
  const { real, missing } = walk(root, folder, { followLast: true })
  let node = real.at(-1) ?? root
  if (node.children === undefined) throw notFolder(folder)
  for (const name of missing) {
    const made = implicitFolder(joinPath(node.entry.path, name), layer)
    node.children?.set(name, made)
    node = made
  }
  return node
}

function findFolder(root: TreeNode, folder: string): TreeNode | undefined {
  return findNode(root, folder, true)?.node
}

function clearFolder(folder: TreeNode | undefined, layer: number): void {
  if (folder?.children === undefined) return
  const names = [...folder.children.keys()]
  for (const name of names) removeLower(folder, name, layer)
}

/** What the layer itself has written stays, in folders that are then described by nobody. */
function removeLower(parent: TreeNode, name: string, layer: number): void {
  const node = parent.children?.get(name)
  if (node === undefined) return
  clearFolder(node, layer)
  if (node.layer === layer) return
  if (node.children === undefined || node.children.size === 0) parent.children?.delete(name)
  else {
    node.entry = implicitFolder(node.entry.path, layer).entry
    node.layer = layer
  }
}

function implicitFolder(path: string, layer: number): TreeNode {
  const entry: TreeEntry = {
    path,
    kind: 'directory',
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtimeSeconds: 0,
    size: 0,
    isImplicit: true,
  }
  return { entry, layer, children: new Map() }
}

interface Walk {
  /** The nodes on the way, root first. */
  real: readonly TreeNode[]
  /** The parts for which there is none. */
  missing: readonly string[]
}

function walk(root: TreeNode, path: string, { followLast }: { followLast: boolean }): Walk {
  const at: Walk = { real: [root], missing: [] }
  let links = 0
  const todo = partsOf(path)
  while (todo.length > 0) {
    const node = step(at, todo.pop() ?? '')
    if (node?.entry.kind !== 'symlink' || (todo.length === 0 && !followLast)) continue
    links += 1
    if (links > maxLinks) throw new ToolError('LAYER_INVALID', `the image has links that go in circles at /${path}`)
    const target = node.entry.linkTarget ?? ''
    at.real = target.startsWith('/') ? [root] : at.real.slice(0, -1)
    todo.push(...partsOf(target))
  }
  return at
}

/** Goes to a part of the path and gives its node. */
function step(at: Walk, part: string): TreeNode | undefined {
  if (part === '..') {
    if (at.missing.length > 0) at.missing = at.missing.slice(0, -1)
    else if (at.real.length > 1) at.real = at.real.slice(0, -1)
    return undefined
  }
  const node = at.missing.length > 0 ? undefined : at.real.at(-1)?.children?.get(part)
  if (node === undefined) at.missing = [...at.missing, part]
  else at.real = [...at.real, node]
  return node
}

/** Last part first. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse()
}

function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}

function notFolder(path: string): ToolError {
  return new ToolError('LAYER_INVALID', `the layer has files below ${JSON.stringify(path)}, which is not a directory`)
}
