import { createHash } from 'node:crypto'
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

/** What to look at, and with what. */
export interface DigestInputsOptions {
  /** Paths count relative to it. */
  readonly folder: string
  readonly digests: FileDigests
  readonly signal: AbortSignal
}

/** A digest over files: where they are in the folder, their modes and bytes. */
export interface InputDigester {
  /**
   * Of files and folders given by absolute paths; those that are not there count as such. Each is looked at once.
   * @throws FILE_UNREADABLE, FILE_CHANGED
   */
  of(paths: readonly string[]): Promise<string>
}

/** Files are looked at synchronously, which is several times as fast; after so many, others get their turn. */
const filesPerTurn = 500

export function createInputDigester({ folder, digests, signal }: DigestInputsOptions): InputDigester {
  const inFolder = digests.in(folder)
  const lines = new Map<string, string>()
  const waiting: Promise<void>[] = []
  const look = (path: string): void => {
    if (lines.has(path)) return
    const line = describe(path, nameIn(folder, path), inFolder)
    if (typeof line === 'string') lines.set(path, line)
    else waiting.push(line.then((text) => void lines.set(path, text)))
  }
  const settle = async (): Promise<void> => {
    signal.throwIfAborted()
    await Promise.all(waiting.splice(0))
    await setImmediate()
  }
  return {
    async of(paths) {
      const sorted = isInOrder(paths) ? paths : [...new Set(paths)].sort()
      for (const [index, path] of sorted.entries()) {
        look(path)
        if (index % filesPerTurn === 0) await settle()
      }
      await settle()
      return createHash('sha256')
        .update(sorted.map((path) => lines.get(path) ?? '').join('\n'))
        .digest('hex')
    },
  }
}

function isInOrder(paths: readonly string[]): boolean {
  return paths.every((path, index) => index === 0 || (paths[index - 1] ?? '') < path)
}

function nameIn(folder: string, path: string): string {
  if (path.startsWith(folder) && path[folder.length] === sep) {
    const name = path.slice(folder.length + 1)
    return sep === '/' ? name : name.split(sep).join('/')
  }
  return relative(folder, path).split(sep).join('/')
}

/** A promise when something has to be read first. */
function describe(path: string, name: string, inFolder: FolderDigests): string | Promise<string> {
  const seen = inFolder.seen(name)
  if (seen?.kind === 'file') return describeFile(seen, inFolder)
  const stats = lookAt(() => lstatSync(path, { throwIfNoEntry: false }), path)
  if (stats === undefined) return JSON.stringify([name, 'missing'])
  if (stats.isFile()) return describeFile({ path: name, mode: modeOf(stats), ...stampOf(stats) }, inFolder)
  if (stats.isDirectory()) return JSON.stringify([name, 'directory', modeOf(stats)])
  if (!stats.isSymbolicLink()) return JSON.stringify([name, 'other'])
  return describeLink(path, name, inFolder)
}

type FoundFile = FileStamp & { readonly path: string; readonly mode: number }

function describeFile(file: FoundFile, inFolder: FolderDigests): string | Promise<string> {
  const known = inFolder.known(file)
  if (known !== undefined) return fileLine(file, known)
  return inFolder.of(file).then((facts) => fileLine(file, facts))
}

function fileLine({ path, mode }: FoundFile, { digest }: KnownFile): string {
  return JSON.stringify([path, 'file', mode, digest])
}

/** Some builders copy the link, and others what it leads to: both count. */
async function describeLink(path: string, name: string, inFolder: FolderDigests): Promise<string> {
  const target = lookAt(() => readlinkSync(path), path)
  const stats = lookAt(() => statSync(path, { throwIfNoEntry: false }), path)
  const file = stats?.isFile() === true ? { path: name, mode: modeOf(stats), ...stampOf(stats) } : undefined
  const content = file === undefined ? '' : await describeFile(file, inFolder)
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
