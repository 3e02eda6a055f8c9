import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ToolError } from '../errors/index.ts'

/**
 * Writes a file below the folder under another name first: readers see the old content or the new, and never a part.
 * What goes wrong in the source leaves nothing behind.
 * @throws DISK_FULL, FILE_UNWRITABLE
 */
export async function writeWhole(folder: string, name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const path = join(folder, name)
  const part = join(folder, `.${randomBytes(8).toString('hex')}.part`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(part, 'wx')
    try {
      for await (const chunk of source) await file.writeFile(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw diskProblem(error, path, 'write')
  }
}

/** Turns what the file system says into an error for people; anything else is given back as it is. */
export function diskProblem(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    const hint = 'free some space on that disk'
    return new ToolError('DISK_FULL', `there is no room left to write ${path}`, { hint, cause: error })
  }
  const code = doing === 'read' ? 'FILE_UNREADABLE' : 'FILE_UNWRITABLE'
  return new ToolError(code, `cannot ${doing} ${path}: ${error.message}`, { cause: error })
}
