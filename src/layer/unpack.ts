import {
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { ToolError } from '../errors/index.ts'
import type { Layer } from '../image/index.ts'
import { diskError } from './disk-error.ts'
import { createDiskRoot, statOf, type DiskRoot } from './disk-root.ts'
import type { EntryMetadata, TarEntry } from './entry.ts'
import { createAllowance, readLayer, type LayerLimits } from './layer-stream.ts'
import { decodeName, encodeName, toFilePath } from './names.ts'
import { changeOf } from './whiteout.ts'

/** What is too much for {@link unpackLayers}, and how it is stopped. */
export interface UnpackOptions {
  readonly limits?: LayerLimits
  readonly signal?: AbortSignal
}

/** What unpacking has to remember. */
interface Unpacking {
  readonly root: DiskRoot
  /** Owners can be set. */
  readonly isRoot: boolean
  /** What the layer under way has written: its own whiteouts do not concern that. */
  readonly written: Set<string>
  /** Modes and times of directories, set last because files still have to be put into them. */
  readonly folders: Map<string, EntryMetadata>
}

/**
 * Unpacks layers over each other into a folder, which is treated as `/`: whatever an archive says, nothing is written,
 * linked or changed outside of it. Nobody else may change the folder meanwhile.
 *
 * Whiteouts are applied. Owners are set when the process is root; without it directories stay writable for their owner, so
 * that the folder can be removed again. Devices and FIFOs are left out, extended attributes too. The mode of the root itself
 * is the caller's.
 *
 * @throws LAYER_INVALID, LAYER_UNSUPPORTED, LAYER_TOO_LARGE, DIGEST_MISMATCH when a layer is not what it should be
 * @throws DISK_FULL, FILE_UNWRITABLE
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
 */
export async function unpackLayers(
  layers: readonly Layer[],
  folder: string,
  options: UnpackOptions = {},
): Promise<void> {
  const state: Unpacking = {
    root: createDiskRoot(folder),
    isRoot: process.getuid?.() === 0,
    written: new Set(),
    folders: new Map(),
  }
  const allowance = createAllowance(options.limits)
  try {
    mkdirSync(folder, { recursive: true })
    for (const layer of layers) {
      state.written.clear()
      for await (const entry of readLayer(layer, { allowance, signal: options.signal })) await applyEntry(entry, state)
    }
    finishFolders(state)
  } catch (error) {
    throw diskError(error, folder)
  }
}

async function applyEntry(entry: TarEntry, state: Unpacking): Promise<void> {
  const change = changeOf(entry.path)
  const isWritten = (path: string): boolean => state.written.has(path)
  if (change.kind === 'remove') removeTree(state.root.locate(change.path), { state, survives: isWritten })
  else if (change.kind === 'clear') {
    for (const name of listFolder(folderOf(state.root.locate(entry.path)))) {
      removeTree(`${folderOf(state.root.locate(entry.path))}/${name}`, { state, survives: isWritten })
    }
  } else if (change.kind === 'entry' && entry.path !== '') await writeEntry(entry, state)
}

async function writeEntry(entry: TarEntry, state: Unpacking): Promise<void> {
  const at = state.root.prepare(entry.path)
  if (entry.kind === 'hardlink') return linkFile(entry, at, state)
  const existing = statOf(at)
  const stays = existing?.isDirectory() === true && entry.kind === 'directory'
  if (existing !== undefined && !stays) removeTree(at, { state, survives: () => false })
  state.written.add(at)
  if (entry.kind === 'file') await writeFile(entry, at, state)
  else if (entry.kind === 'symlink') writeLink(entry, at, state)
  else if (entry.kind === 'directory') {
    if (!stays) mkdirSync(toFilePath(at), { mode: 0o700 })
    state.folders.set(at, entry)
  }
}

/** The new file is made exclusively: nothing that is there is ever written through. */
async function writeFile(entry: TarEntry, at: string, { isRoot }: Unpacking): Promise<void> {
  const file = openSync(toFilePath(at), 'wx', 0o600)
  try {
    for await (const chunk of entry.body) {
      for (let done = 0; done < chunk.length;) done += writeSync(file, chunk, done)
    }
    if (isRoot) fchownSync(file, entry.uid, entry.gid)
    fchmodSync(file, entry.mode)
    futimesSync(file, timeOf(entry), timeOf(entry))
  } finally {
    closeSync(file)
  }
}

function writeLink(entry: TarEntry, at: string, { isRoot }: Unpacking): void {
  symlinkSync(toFilePath(entry.linkTarget ?? ''), toFilePath(at))
  if (isRoot) lchownSync(toFilePath(at), entry.uid, entry.gid)
  lutimesSync(toFilePath(at), timeOf(entry), timeOf(entry))
}

function linkFile(entry: TarEntry, at: string, state: Unpacking): void {
  const source = state.root.locate(entry.linkTarget ?? '')
  const stats = statOf(source)
  if (stats === undefined || stats.isDirectory() || source.startsWith(`${at}/`)) {
    const names = `${JSON.stringify(entry.path)} to ${JSON.stringify(entry.linkTarget)}`
    throw new ToolError('LAYER_INVALID', `the layer has the hard link ${names}, which is no file`)
  }
  state.written.add(at)
  if (source === at || isSame(stats, statOf(at))) return
  if (statOf(at) !== undefined) removeTree(at, { state, survives: () => false })
  linkSync(toFilePath(source), toFilePath(at))
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev
}

/** Removes what is there without following links; directories that hold survivors stay, as if nobody had described them. */
function removeTree(
  at: string,
  context: { readonly state: Unpacking; readonly survives: (path: string) => boolean },
): void {
  const { state, survives } = context
  const stats = statOf(at)
  if (stats === undefined) return
  if (!stats.isDirectory()) {
    if (survives(at)) return
    unlinkSync(toFilePath(at))
    if (stats.isSymbolicLink()) state.root.forget()
    return
  }
  for (const name of listFolder(at)) removeTree(`${at}/${name}`, context)
  if (survives(at)) return
  state.folders.delete(at)
  state.root.forget()
  if (listFolder(at).length === 0) rmdirSync(toFilePath(at))
  else chmodSync(toFilePath(at), 0o755)
}

function listFolder(path: string): readonly string[] {
  if (statOf(path)?.isDirectory() !== true) return []
  return readdirSync(toFilePath(path), { encoding: 'buffer' }).map((name) => decodeName(name))
}

/** Deepest first: setting a directory's mode may close the way to those in it. */
function finishFolders({ folders, isRoot }: Unpacking): void {
  const deepestFirst = [...folders].sort(([a], [b]) => encodeName(b).length - encodeName(a).length)
  for (const [at, entry] of deepestFirst) {
    const path = toFilePath(at)
    if (isRoot) chownSync(path, entry.uid, entry.gid)
    utimesSync(path, timeOf(entry), timeOf(entry))
    chmodSync(path, isRoot ? entry.mode : entry.mode | 0o700)
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** File systems keep no times far away from now. */
function timeOf({ mtimeSeconds }: EntryMetadata): number {
  return Math.max(-(2 ** 31), Math.min(mtimeSeconds, 2 ** 33))
}
