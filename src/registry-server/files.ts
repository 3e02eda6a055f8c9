import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Paths } from './file-paths.ts'

/** The promise's value, or undefined when it failed because a file or folder is not there. */
export async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await ifThere(stat(path))) !== undefined
}

/** Removes a file; false when there was none. */
export async function remove(path: string): Promise<boolean> {
  return (await ifThere(rm(path).then(() => true))) ?? false
}

/** Writes a file so that readers see all of it or nothing, also when the process is killed or the power fails. */
export async function writeAtomically(paths: Paths, path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(paths.temporary, randomUUID())
  await writing(path, async () => {
    await mkdir(paths.temporary, { recursive: true })
    try {
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await moveInto(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

/** Renames a file to a place whose folder may not be there yet. */
export async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await rename(from, to)
}

/** Runs something that writes; a full disk and missing rights become errors that say so. */
export async function writing<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
      throw new ToolError('DISK_FULL', `no room left to write ${path}`, { hint: 'free some space', cause: error })
    }
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) {
      throw new ToolError('FILE_UNWRITABLE', `${path} cannot be written`, {
        hint: `make ${dirname(path)} writable for this user`,
        cause: error,
      })
    }
    throw error
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false
  return codes.some((code) => error.code === code)
}
