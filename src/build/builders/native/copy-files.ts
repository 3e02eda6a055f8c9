import { ToolError } from '../../../errors/index.ts'
import { createCopies, sharedCopies, type Copies } from './copies.ts'
import { baseOf, joinPath, parentOf, type FileNode, type FileTree } from './file-tree.ts'
import type { Overlay } from './overlay.ts'
import { resolvePath } from './resolve-path.ts'

/** How files change on their way. */
export interface CopyOptions {
  readonly owner?: Owner
  readonly changeMode?: (mode: number, kind: 'directory' | 'file') => number
  /** Below a copied directory, paths relative to it. */
  readonly isExcluded?: (path: string, isDirectory: boolean) => boolean
  /** When given, only these and what is in them: `--parents`. */
  readonly isIncluded?: (path: string, isDirectory: boolean) => boolean
  /** Of directories that are made on the way. */
  readonly mtimeSeconds: number
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** One source and where it goes. */
export interface CopyRequest {
  readonly source: FileTree
  /** In the source, links followed already except in the last component. */
  readonly path: string
  /** Absolute or not, with its trailing slash if it has one. */
  readonly destination: string
}

/**
 * Copies a file, or what is in a directory, as BuildKit does: links in the destination are followed, a file goes into a
 * directory, a directory's content is merged into one that is there. The last source of a path wins.
 * @throws BUILD_COPY_CONFLICT; the message has no place yet
 * @see https://github.com/tonistiigi/fsutil/blob/master/copy/copy.go
 */
export function copyFiles(tree: Overlay, request: CopyRequest, options: CopyOptions): void {
  const { source, path, destination } = request
  const from = resolvePath(source, path)
  const node = source.get(from)
  if (node === undefined) throw new ToolError('BUILD_SOURCE_MISSING', `/${path} is not there`)
  makeDirectories(tree, resolvePath(tree, folderOf(destination)), options)
  const at = resolvePath(tree, destination)
  const there = tree.get(at)
  const isInto = node.kind !== 'directory' && there?.kind === 'directory'
  const target = isInto ? joinPath(at, baseOf(path)) : at
  makeDirectories(tree, node.kind === 'directory' && there === undefined ? target : parentOf(target), options)
  const copies = isPlain(options) ? sharedCopies(source, from, target) : createCopies()
  const copier: Copier = { tree, source, options, copies }
  copyNode(copier, { from, relative: '', target, top: there === undefined ? 'made' : 'found' })
}

/** The directory that a destination asks for: itself with a slash or a dot at its end, else the one it stands in. */
function folderOf(destination: string): string {
  return /(?:^|\/)\.?$/.test(destination) ? destination : destination.slice(0, destination.lastIndexOf('/') + 1)
}

/**
 * Makes a directory and those above it; links are followed before.
 * @throws BUILD_COPY_CONFLICT
 */
export function makeDirectories(
  tree: Overlay,
  path: string,
  options: { readonly owner?: Owner; readonly mtimeSeconds: number },
): void {
  if (path === '') return
  const node = tree.get(path)
  if (node?.kind === 'directory') return
  if (node !== undefined) throw conflict(`/${path} is not a directory`)
  makeDirectories(tree, parentOf(path), options)
  const { uid, gid } = options.owner ?? { uid: 0, gid: 0 }
  tree.set(path, { kind: 'directory', mode: 0o755, uid, gid, mtimeSeconds: options.mtimeSeconds })
}

interface Copier {
  readonly tree: Overlay
  readonly source: FileTree
  readonly options: CopyOptions
  readonly copies: Copies
}

interface Step {
  readonly from: string
  /** Below the copied directory; '' is that directory itself. */
  readonly relative: string
  readonly target: string
  /** Of the copied directory itself: whether it was there before. */
  readonly top?: 'made' | 'found'
}

function copyNode(copier: Copier, step: Step): void {
  const node = copier.source.get(step.from)
  if (node === undefined) return
  const isDirectory = node.kind === 'directory'
  if (step.relative !== '' && copier.options.isExcluded?.(step.relative, isDirectory) === true) {
    if (isDirectory) copyChildren(copier, step)
    return
  }
  if (step.relative !== '' && copier.options.isIncluded?.(step.relative, isDirectory) === false) {
    if (isDirectory) copyChildren(copier, step)
    return
  }
  if (step.relative !== '') copyParents(copier, step)
  if (isDirectory) copyDirectory(copier, step, node)
  else copyFile(copier, step, node)
}

function copyChildren(copier: Copier, step: Step): void {
  for (const name of copier.source.list(step.from)) {
    copyNode(copier, {
      from: joinPath(step.from, name),
      relative: joinPath(step.relative, name),
      target: joinPath(step.target, name),
    })
  }
}

/** Directories that were left out until something in them was wanted. */
function copyParents(copier: Copier, step: Step): void {
  const parent = { relative: parentOf(step.relative), from: parentOf(step.from), target: parentOf(step.target) }
  if (parent.relative === '' || copier.tree.get(parent.target)?.kind === 'directory') return
  copyParents(copier, parent)
  const node = copier.source.get(parent.from)
  if (node !== undefined) setDirectory(copier, parent.target, node)
}

function copyDirectory(copier: Copier, step: Step, node: FileNode): void {
  const there = copier.tree.get(step.target)
  const isEmpty = copier.source.list(step.from).length === 0
  if (step.top !== undefined && there !== undefined) {
    if (there.kind !== 'directory') throw replacesFile(step.target)
    const isTouched = step.top === 'made' || !isEmpty
    if (isTouched && step.target !== '') copier.tree.set(step.target, { ...there, mtimeSeconds: node.mtimeSeconds })
  } else setDirectory(copier, step.target, node)
  if (isEmpty || (isPlain(copier.options) && copier.tree.graft(step.target, step.from, copier))) return
  copyChildren(copier, step)
}

/** Whether what is copied stays just what it is. */
function isPlain({ owner, changeMode, isExcluded, isIncluded }: CopyOptions): boolean {
  return [owner, changeMode, isExcluded, isIncluded].every((option) => option === undefined)
}

function setDirectory(copier: Copier, target: string, node: FileNode): void {
  const there = copier.tree.get(target)
  if (there !== undefined && there.kind !== 'directory') throw replacesFile(target)
  copier.tree.set(target, changed(copier, node))
}

function copyFile(copier: Copier, step: Step, node: FileNode): void {
  if (copier.tree.get(step.target)?.kind === 'directory') {
    throw conflict(`/${step.target} is a directory, and a file would replace it`)
  }
  copier.tree.set(step.target, changed(copier, node))
}

function changed({ options, copies }: Copier, node: FileNode): FileNode {
  const { owner, changeMode } = options
  const mode =
    changeMode === undefined || node.kind === 'symlink'
      ? node.mode
      : changeMode(node.mode, node.kind === 'directory' ? 'directory' : 'file')
  return { ...node, ...owner, mode, copy: copies(node) }
}

function replacesFile(target: string): ToolError {
  return conflict(`/${target} is not a directory, and a directory would replace it`)
}

function conflict(problem: string): ToolError {
  return new ToolError('BUILD_COPY_CONFLICT', problem, {
    hint: 'copy to another path, or copy the files one by one',
  })
}
