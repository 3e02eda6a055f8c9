import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ToolError } from '../errors/index.ts'

/** The end of names of files that are not complete; a process that was killed may leave some. */
export const partialEnding = '.partial'

/**
 * Writes a file of a cache, and its folder: all of it or nothing, whoever reads or writes it at the same time.
 * @throws DISK_FULL, FILE_UNWRITABLE
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}${partialEnding}`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(partial, bytes, { flag: 'wx' })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {})
    throw writeError(error, path)
  }
}

/** What the file system says about writing a path, for people. */
export function writeError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = 'free some space on that disk'
    return new ToolError('DISK_FULL', `there is no room left to write ${path}`, { hint, cause: error })
  }
  return new ToolError('FILE_UNWRITABLE', `${path} cannot be written: ${code}`, { cause: error })
}
