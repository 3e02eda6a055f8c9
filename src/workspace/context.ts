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
  const walk: Walk = { folder, ignore: options.ignore ?? parseIgnoreFile(''), found: [], visited: 0 }
  for (const _ of walkFolder('', walk)) {
    options.signal?.throwIfAborted()
    walk.visited += 1
    if (walk.visited % filesPerTurn === 0) await setImmediate()
  }
  return walk.found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

interface Walk {
  readonly folder: string
  readonly ignore: IgnoreRules
  readonly found: ContextFile[]
  visited: number
}

// Yields after each file, and gives whether anything was found.
function* walkFolder(path: string, walk: Walk): Generator<void, boolean, void> {
  let isAnyFound = false
  for (const entry of readFolder(path, walk)) {
    const isFound = yield* visit(path === '' ? entry.name : `${path}/${entry.name}`, entry, walk)
    isAnyFound ||= isFound
    yield
  }
  return isAnyFound
}

function* visit(path: string, entry: Dirent, walk: Walk): Generator<void, boolean, void> {
  const isDirectory = entry.isDirectory()
  const isIgnored = walk.ignore.isIgnored(path, isDirectory)
  if (isIgnored && (!isDirectory || walk.ignore.isIgnoredWhole(path))) return false
  const file = describe(path, entry, walk)
  if (file === undefined) return false
  if (!isDirectory) {
    walk.found.push(file)
    return true
  }
  const isAnyFound = yield* walkFolder(path, walk)
  if (isIgnored && !isAnyFound) return false
  walk.found.push(file)
  return true
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
  const base = { path, absolutePath, mode: modeOf(stats), ...stampOf(stats) }
  if (stats.isSymbolicLink()) return { ...base, kind: 'symlink', linkTarget: readlinkSync(absolutePath) }
  if (stats.isDirectory()) return { ...base, kind: 'directory' }
  return { ...base, kind: stats.isFile() ? 'file' : 'other' }
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
