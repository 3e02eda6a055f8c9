import { hash } from 'node:crypto'
import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { ToolError } from '../../errors/index.ts'
import {
  modeOf,
  stampOf,
  type FileDigests,
  type FileStamp,
  type FolderDigests,
  type KnownFile,
} from '../../workspace/index.ts'
import { digestTree, unknownOf, type InputTree } from './digest-tree.ts'

/** What to look at, and with what. */
export interface DigestInputsOptions {
  /** Paths count relative to it. */
  readonly folder: string
  readonly digests: FileDigests
  readonly signal: AbortSignal
}

/** A digest over files: where they are in the folder, their modes and bytes. Each is looked at once. */
export interface InputDigester {
  /**
   * Of files and folders given by absolute paths; those that are not there count as such. With a tree of them, none is
   * looked at in a folder that is what it was before.
   * @throws FILE_UNREADABLE, FILE_CHANGED
   */
  of(paths: readonly string[], tree?: InputTree): Promise<string>
  /**
   * Looks at the same files now, and leaves the reading of those that a build will read anyway, and that cannot be written
   * to unnoticed, for when the digest is asked for: undefined when one is not what it was.
   * @throws FILE_UNREADABLE, FILE_CHANGED
   */
  later(paths: readonly string[], tree?: InputTree): Promise<() => Promise<string | undefined>>
}

/** Files are looked at synchronously, which is several times as fast; after so many, others get their turn. */
const filesPerTurn = 500

export function createInputDigester(options: DigestInputsOptions): InputDigester {
  const inputs: Inputs = {
    ...options,
    inFolder: options.digests.in(options.folder),
    lines: new Map(),
    unknown: new Map(),
  }
  const made = new Map<InputTree | readonly string[], string>()
  const lineOf = (path: string): string => inputs.lines.get(path) ?? ''
  const digestOf = (paths: readonly string[], tree: InputTree | undefined): string => {
    const digest =
      tree === undefined
        ? hash('sha256', paths.map(lineOf).join('\n'), 'hex')
        : digestTree(tree, { inFolder: inputs.inFolder, lineOf, isTrusted: (path) => isTrusted(path, inputs) })
    made.set(tree ?? paths, digest)
    if (tree?.stamp !== undefined && areTrusted(inputs)) inputs.inFolder.note(tree.stamp, digest)
    return digest
  }
  return {
    async of(paths, tree) {
      const known =
        made.get(tree ?? paths) ?? (tree?.stamp === undefined ? undefined : inputs.inFolder.noted(tree.stamp))
      if (known !== undefined) return known
      await look(tree === undefined ? paths : unknownOf(tree, inputs.inFolder), inputs)
      return digestOf(paths, tree)
    },
    async later(paths, tree) {
      const waiting = new Map<string, FoundFile>()
      await look(tree === undefined ? paths : unknownOf(tree, inputs.inFolder), { ...inputs, waiting })
      return async () => ((await settle(waiting, inputs)) ? digestOf(paths, tree) : undefined)
    },
  }
}

/** Of files that may be written to unnoticed nothing is remembered. */
function areTrusted({ inFolder, unknown }: Inputs): boolean {
  return [...unknown.values()].every((file) => inFolder.known(file) !== undefined)
}

function isTrusted(path: string, { folder, inFolder, unknown }: Inputs): boolean {
  const file = unknown.get(nameIn(folder, path))
  return file === undefined || inFolder.known(file) !== undefined
}

interface Inputs extends DigestInputsOptions {
  readonly inFolder: FolderDigests
  readonly lines: Map<string, string>
  /** Those that had to be read: whether their digests are remembered now tells whether they may be written to unnoticed. */
  readonly unknown: Map<string, FoundFile>
  /** Gets the files that need not be read yet; absent: all are read. */
  readonly waiting?: Map<string, FoundFile>
}

async function look(paths: readonly string[], inputs: Inputs): Promise<void> {
  const { folder, lines, signal, waiting } = inputs
  const reading: Promise<void>[] = []
  const turn = async (): Promise<void> => {
    signal.throwIfAborted()
    await Promise.all(reading.splice(0))
    await setImmediate()
  }
  for (const [index, path] of paths.entries()) {
    if (index % filesPerTurn === 0) await turn()
    if (lines.has(path) || waiting?.has(path) === true) continue
    const line = describe(path, nameIn(folder, path), inputs)
    if (typeof line === 'string') lines.set(path, line)
    else if (line !== undefined) reading.push(line.then((text) => void lines.set(path, text)))
  }
  await turn()
}

/** Whether all are what they were, which is known of those that the build has read. */
async function settle(waiting: Map<string, FoundFile>, { lines, inFolder, signal }: Inputs): Promise<boolean> {
  for (const [path, file] of waiting) {
    signal.throwIfAborted()
    const known = inFolder.known(file)
    const facts = known ?? (await inFolder.of(file))
    if (known === undefined && !isStill(path, file)) return false
    lines.set(path, fileLine(file, facts))
  }
  return true
}

function isStill(path: string, file: FoundFile): boolean {
  const stats = lookAt(() => lstatSync(path, { throwIfNoEntry: false }), path)
  return stats !== undefined && stats.mtimeMs === file.mtimeMs && stats.ctimeMs === file.ctimeMs
}

function nameIn(folder: string, path: string): string {
  if (path.startsWith(folder) && path[folder.length] === sep) {
    const name = path.slice(folder.length + 1)
    return sep === '/' ? name : name.split(sep).join('/')
  }
  return relative(folder, path).split(sep).join('/')
}

/** A promise when something has to be read first, and undefined when that can wait. */
function describe(path: string, name: string, inputs: Inputs): string | Promise<string> | undefined {
  const { inFolder } = inputs
  const seen = inFolder.seen(name)
  if (seen?.kind === 'file') return describeFound(path, seen, inputs)
  const stats = lookAt(() => lstatSync(path, { throwIfNoEntry: false }), path)
  if (stats === undefined) return JSON.stringify([name, 'missing'])
  if (stats.isFile()) return describeFile({ path: name, mode: modeOf(stats), ...stampOf(stats) }, inputs)
  if (stats.isDirectory()) return JSON.stringify([name, 'directory', modeOf(stats)])
  if (!stats.isSymbolicLink()) return JSON.stringify([name, 'other'])
  return describeLink(path, name, inputs)
}

function describeFound(path: string, file: FoundFile, inputs: Inputs): string | Promise<string> | undefined {
  const { inFolder, unknown, waiting } = inputs
  const known = inFolder.known(file)
  if (known !== undefined) return fileLine(file, known)
  if (waiting === undefined || !inFolder.isSettled(file)) return describeFile(file, inputs)
  unknown.set(file.path, file)
  waiting.set(path, file)
  return undefined
}

type FoundFile = FileStamp & { readonly path: string; readonly mode: number }

function describeFile(file: FoundFile, { inFolder, unknown }: Inputs): string | Promise<string> {
  const known = inFolder.known(file)
  if (known !== undefined) return fileLine(file, known)
  unknown.set(file.path, file)
  return inFolder.of(file).then((facts) => fileLine(file, facts))
}

function fileLine({ path, mode }: FoundFile, { digest }: KnownFile): string {
  // no name has a zero byte in it
  return `${path}\0${mode} ${digest}`
}

/** Some builders copy the link, and others what it leads to: both count. */
async function describeLink(path: string, name: string, inputs: Inputs): Promise<string> {
  const target = lookAt(() => readlinkSync(path), path)
  const stats = lookAt(() => statSync(path, { throwIfNoEntry: false }), path)
  const file = stats?.isFile() === true ? { path: name, mode: modeOf(stats), ...stampOf(stats) } : undefined
  const content = file === undefined ? '' : await describeFile(file, inputs)
  return JSON.stringify([name, 'symlink', target, content])
}

function lookAt<T>(look: () => T, path: string): T | undefined {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw new ToolError('FILE_UNREADABLE', `cannot read ${path}: ${String(code)}`, {
      hint: 'make it readable, or leave it out with .dockerignore',
      cause: error,
    })
  }
}
