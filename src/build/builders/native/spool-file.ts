import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ToolError } from '../../../errors/index.ts'

/**
 * Writes a stream to a file, all of it or nothing; a file that is there already is kept.
 * @throws DISK_FULL, FILE_UNWRITABLE, and what the stream throws
 */
export async function spoolFile(path: string, source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  if (existsSync(path)) return
  const partial = `${path}.${randomUUID()}.partial`
  try {
    await mkdir(dirname(path), { recursive: true })
    await pipeline(
      Readable.from(source),
      createWriteStream(partial, { flags: 'wx' }),
      signal === undefined ? {} : { signal },
    )
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw writeError(error, path)
  }
}

function writeError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ToolError('DISK_FULL', `there is no room left to write ${path}`, {
      hint: 'free some space and build again',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new ToolError('FILE_UNWRITABLE', `${path} cannot be written`, { cause: error })
  }
  return error
}
