import { randomBytes } from 'node:crypto'
import { access, constants, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ToolError } from '../errors/index.ts'

/**
 * Writes a file whole or not at all: a reader sees the old content or the new one, and a failure leaves the old one.
 * @throws FILE_UNWRITABLE when its folder is missing, may not be written, or the path is a folder; DISK_FULL and the like as Node's errors
 */
export async function writeFileWhole(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeAndSync(temporary, text)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw describe(error, path)
  }
}

/**
 * Whether a file could be written, before the work whose result it is for.
 * @throws FILE_UNWRITABLE
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw describe(error, path)
  }
}

async function writeAndSync(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

function describe(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    ENOTDIR: 'a part of its path is a file',
    EISDIR: 'it is a folder',
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'its disk can only be read',
    ENAMETOOLONG: 'its name is too long',
  }
  const reason = code === undefined ? undefined : reasons[code]
  if (reason === undefined) return error
  return new ToolError('FILE_UNWRITABLE', `cannot write ${path}: ${reason}`, {
    hint: 'name another file',
    cause: error,
  })
}
