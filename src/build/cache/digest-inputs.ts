import { createHash } from 'node:crypto'
import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs'
import { relative, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { ToolError } from '../../errors/index.ts'
import { modeOf, stampOf, type FileDigests, type FolderDigests } from '../../workspace/index.ts'

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
  const known = new Map<string, Promise<string>>()
  const lineOf = (path: string): Promise<string> => {
    const found = known.get(path)
    if (found !== undefined) return found
    const name = relative(folder, path).split(sep).join('/')
    const line = describe(path, name, inFolder)
    known.set(path, line)
    return line
  }
  return {
    async of(paths) {
      const lines: Promise<string>[] = []
      for (const path of [...new Set(paths)].sort()) {
        lines.push(lineOf(path))
        if (lines.length % filesPerTurn !== 0) continue
        signal.throwIfAborted()
        await Promise.all(lines.slice(-filesPerTurn))
        await setImmediate()
      }
      const hash = createHash('sha256')
      for (const line of await Promise.all(lines)) hash.update(line)
      return hash.digest('hex')
    },
  }
}

async function describe(path: string, name: string, inFolder: FolderDigests): Promise<string> {
  const stats = lookAt(() => lstatSync(path, { throwIfNoEntry: false }), path)
  if (stats === undefined) return JSON.stringify([name, 'missing'])
  if (stats.isFile()) return describeFile(name, stats, inFolder)
  if (stats.isDirectory()) return JSON.stringify([name, 'directory', modeOf(stats)])
  if (!stats.isSymbolicLink()) return JSON.stringify([name, 'other'])
  return describeLink(path, name, inFolder)
}

async function describeFile(name: string, stats: Stats, inFolder: FolderDigests): Promise<string> {
  const { digest } = await inFolder.of({ path: name, ...stampOf(stats) })
  return JSON.stringify([name, 'file', modeOf(stats), digest])
}

/** Some builders copy the link, and others what it leads to: both count. */
async function describeLink(path: string, name: string, inFolder: FolderDigests): Promise<string> {
  const target = lookAt(() => readlinkSync(path), path)
  const stats = lookAt(() => statSync(path, { throwIfNoEntry: false }), path)
  const content = stats?.isFile() === true ? await describeFile(name, stats, inFolder) : ''
  return JSON.stringify([name, 'symlink', target, content])
}

function lookAt<T>(look: () => T, path: string): T | undefined {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw new ToolError('FILE_UNREADABLE', `cannot read ${path}: ${String(code)}`, { cause: error })
  }
}
