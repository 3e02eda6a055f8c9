import { lstatSync, readdirSync, readlinkSync, type Dirent, type Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { ToolError } from '../errors/index.ts'
import type { ContextFile } from './context-file.ts'
import { addRow, emptyTable, listingOf, removeRow, type ContextListing, type FolderTable } from './context-listing.ts'
import { parseIgnoreFile, type IgnoreRules } from './ignore.ts'

/** What to leave out of a context, and how listing it is stopped. */
export interface ListContextOptions {
  readonly ignore?: IgnoreRules
  readonly signal?: AbortSignal
}

/** Files are looked at synchronously, which is several times as fast; after so many, others get their turn. */
const filesPerTurn = 500

/**
 * Lists what a build context holds: files, links and directories, without following links. A directory that is ignored is
 * there when something in it is not.
 * @throws WORKSPACE_MISSING when there is no such folder
 * @throws WORKSPACE_NAME_INVALID for a name that is not UTF-8
 * @throws FILE_UNREADABLE
 */
export async function walkContext(folder: string, options: ListContextOptions = {}): Promise<ContextListing> {
  const walk: Walk = {
    folder,
    ignore: options.ignore ?? parseIgnoreFile(''),
    tables: new Map(),
    waiting: [''],
    ignored: [],
  }
  let seen = 0
  for (let next = walk.waiting.pop(); next !== undefined; next = walk.waiting.pop()) {
    seen += visitFolder(next, walk)
    if (seen < filesPerTurn) continue
    seen = 0
    options.signal?.throwIfAborted()
    await setImmediate()
  }
  options.signal?.throwIfAborted()
  dropEmpty(walk)
  return listingOf(folder, walk.tables, (path) => within(folder, path))
}

/** The same as a list, sorted by path, by code unit. */
export async function listContext(folder: string, options: ListContextOptions = {}): Promise<readonly ContextFile[]> {
  const { files } = await walkContext(folder, options)
  return [...files.paths()].sort().flatMap((path) => files.get(path) ?? [])
}

interface Walk {
  readonly folder: string
  readonly ignore: IgnoreRules
  readonly tables: Map<string, FolderTable>
  /** Folders still to be looked into. */
  readonly waiting: string[]
  /** Folders that are ignored, in the order of the walk. */
  readonly ignored: string[]
}

/** Gives how many names were looked at. */
function visitFolder(folder: string, walk: Walk): number {
  const { ignore, tables } = walk
  const table = emptyTable()
  tables.set(folder, table)
  const above = within(walk.folder, folder)
  const entries = readFolder(folder, walk)
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const { name } = entry
    const path = folder === '' ? name : `${folder}/${name}`
    const isDirectory = entry.isDirectory()
    const isIgnored = ignore.isIgnored(path, isDirectory)
    if (isIgnored && (!isDirectory || ignore.isIgnoredWhole(path))) continue
    const file = describe(name, sep === '/' ? `${above}/${name}` : join(above, name))
    if (file === undefined) continue
    addRow(table, name, file)
    if (isDirectory) walk.waiting.push(path)
    if (isIgnored) walk.ignored.push(path)
  }
  return entries.length
}

/** Ignored folders in which nothing was found; those in them come after them. */
function dropEmpty({ tables, ignored }: Walk): void {
  for (const path of ignored.reverse()) {
    if (tables.get(path)?.names.length !== 0) continue
    const slash = path.lastIndexOf('/')
    tables.delete(path)
    removeRow(tables.get(slash === -1 ? '' : path.slice(0, slash)) ?? emptyTable(), path.slice(slash + 1))
  }
}

function readFolder(path: string, { folder, ignore }: Walk): Dirent[] {
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

type Described = Omit<ContextFile, 'path' | 'absolutePath'>

function describe(name: string, absolutePath: string): Described | undefined {
  const stats = lstatOf(absolutePath)
  if (stats === undefined) {
    // Bytes that are no text were replaced: the name that is asked for does not exist.
    if (!name.includes('\uFFFD')) return undefined
    throw new ToolError('WORKSPACE_NAME_INVALID', `the name of ${absolutePath} is not valid UTF-8`, {
      hint: 'rename it, or add a pattern that matches it to .dockerignore',
    })
  }
  const file = { kind: kindOf(stats), mode: modeOf(stats), ...stampOf(stats) }
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
