import { lstatSync, readdirSync, readlinkSync, type Dirent, type Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { ToolError } from '../errors/index.ts'
import { parseIgnoreFile, type IgnoreRules } from './ignore.ts'

/** A file of a build context. */
export interface ContextFile {
  /** Below the context, with slashes: `a/b`. */
  readonly path: string
  readonly absolutePath: string
  /** `other` are sockets, pipes and devices. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** When the file was last changed in any way; nobody can set it back. */
  readonly ctimeMs: number
  readonly inode: number
  readonly device: number
  /** How many names the file has. */
  readonly linkCount: number
  /** Of symlinks, as it is on disk. */
  readonly linkTarget?: string
}

/** What to leave out of a context, and how listing it is stopped. */
export interface ListContextOptions {
  readonly ignore?: IgnoreRules
  readonly signal?: AbortSignal
}

/** Files are looked at synchronously, which is several times as fast; after so many, others get their turn. */
const filesPerTurn = 500

/**
 * Lists what a build context holds: files, links and directories, without following links. A directory that is ignored is
 * there when something in it is not. Sorted by path, by code unit.
 * @throws WORKSPACE_MISSING when there is no such folder
 * @throws WORKSPACE_NAME_INVALID for a name that is not UTF-8
 * @throws FILE_UNREADABLE
 */
export async function listContext(folder: string, options: ListContextOptions = {}): Promise<readonly ContextFile[]> {
  const walk: Walk = { folder, ignore: options.ignore ?? parseIgnoreFile(''), found: [], folders: [{ path: '' }] }
  let seen = 0
  for (let next = walk.folders.pop(); next !== undefined; next = walk.folders.pop()) {
    seen += visitFolder(next, walk)
    if (seen < filesPerTurn) continue
    seen = 0
    options.signal?.throwIfAborted()
    await setImmediate()
  }
  options.signal?.throwIfAborted()
  return walk.found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

interface Walk {
  readonly folder: string
  readonly ignore: IgnoreRules
  readonly found: ContextFile[]
  /** Still to be looked into. */
  readonly folders: Folder[]
}

interface Folder {
  readonly path: string
  /** Ignored directories above, itself included: they are there when something in them is found. */
  readonly ignored?: readonly ContextFile[]
}

/** Gives how many names were looked at. */
function visitFolder(folder: Folder, walk: Walk): number {
  const entries = readFolder(folder.path, walk)
  const waiting = new Set(folder.ignored)
  for (const entry of entries) {
    const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
    const isDirectory = entry.isDirectory()
    const isIgnored = walk.ignore.isIgnored(path, isDirectory)
    if (isIgnored && (!isDirectory || walk.ignore.isIgnoredWhole(path))) continue
    const file = describe(path, entry, walk)
    if (file === undefined) continue
    if (isDirectory) walk.folders.push(isIgnored ? { path, ignored: [...(folder.ignored ?? []), file] } : { path })
    if (isIgnored) continue
    walk.found.push(file)
    for (const above of waiting) addOnce(walk, above)
    waiting.clear()
  }
  return entries.length
}

/** What is ignored is rare, and what is found in it is, too. */
function addOnce({ found }: Walk, file: ContextFile): void {
  if (!found.includes(file)) found.push(file)
}

function readFolder(path: string, { folder, ignore }: Walk): readonly Dirent[] {
  const absolutePath = within(folder, path)
  try {
    return readdirSync(absolutePath, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // What went away meanwhile is not there.
    if (path !== '' && (code === 'ENOENT' || code === 'ENOTDIR')) return []
    if (path === '' && (code === 'ENOENT' || code === 'ENOTDIR')) throw missing(absolutePath, error)
    if (code === 'EACCES' && path !== '' && ignore.isIgnored(path, true)) return []
    throw unreadable(absolutePath, error)
  }
}

function describe(path: string, entry: Dirent, { folder }: Walk): ContextFile | undefined {
  const absolutePath = within(folder, path)
  const stats = lstatOf(absolutePath)
  if (stats === undefined) {
    // Bytes that are no text were replaced: the name that is asked for does not exist.
    if (!entry.name.includes('\uFFFD')) return undefined
    throw new ToolError('WORKSPACE_NAME_INVALID', `the name of ${absolutePath} is not valid UTF-8`, {
      hint: 'rename it, or add a pattern that matches it to .dockerignore',
    })
  }
  const file = {
    path,
    absolutePath,
    kind: kindOf(stats),
    mode: modeOf(stats),
    sizeBytes: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    inode: stats.ino,
    device: stats.dev,
    linkCount: stats.nlink,
  }
  return file.kind === 'symlink' ? { ...file, linkTarget: readlinkSync(absolutePath) } : file
}

function kindOf(stats: Stats): ContextFile['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}

/** What `join` gives for names that were read from the disk, much faster. */
export function within(folder: string, path: string): string {
  return sep === '/' && path !== '' ? `${folder}/${path}` : join(folder, path)
}

/** What tells whether a file is still the same. */
export function stampOf(stats: Stats): Omit<ContextFile, 'path' | 'absolutePath' | 'kind' | 'mode' | 'linkTarget'> {
  const { size, mtimeMs, ctimeMs, ino, dev, nlink } = stats
  return { sizeBytes: size, mtimeMs, ctimeMs, inode: ino, device: dev, linkCount: nlink }
}

/** Windows has no permission bits; what it makes up would depend on the machine. */
export function modeOf(stats: Stats): number {
  return process.platform === 'win32' ? 0o755 : stats.mode & 0o7777
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw unreadable(path, error)
  }
}

function missing(path: string, cause: unknown): ToolError {
  return new ToolError('WORKSPACE_MISSING', `there is no folder ${path}`, {
    cause,
    hint: 'correct the `context` of the artifact, which is relative to skaffold.yaml',
  })
}

function unreadable(path: string, cause: unknown): ToolError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ToolError('FILE_UNREADABLE', `cannot read ${path}: ${why}`, {
    hint: 'make it readable, or leave it out with .dockerignore',
    cause,
  })
}
