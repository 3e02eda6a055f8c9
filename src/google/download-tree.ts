import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ToolError } from '../errors/index.ts'
import { createLimiter } from '../support/index.ts'
import { literalPrefix, localPaths } from './object-glob.ts'
import type { Storage } from './storage.ts'

/** What of a bucket is copied, and where to. */
export interface DownloadRequest {
  /** `gs://bucket/pattern` */
  readonly source: string
  /** Absolute; must be there. */
  readonly folder: string
  readonly signal?: AbortSignal
}

const atOnce = 8

/**
 * Copies what a `gs://` URL means into a folder, as `gsutil cp -r` does.
 * @throws GOOGLE_NOT_FOUND when it means nothing; what Cloud Storage refuses; FILE_UNWRITABLE
 */
export async function downloadTree(storage: Storage, { source, folder, signal }: DownloadRequest): Promise<void> {
  const { bucket, pattern } = parseStorageUrl(source)
  const found = await storage.list(bucket, literalPrefix(pattern), signal)
  const paths = localPaths(
    found.map(({ name }) => name),
    pattern,
  )
  if (paths.size === 0) {
    throw new ToolError('GOOGLE_NOT_FOUND', `there is nothing at ${source}`, {
      hint: 'check the URL: gs://BUCKET/PATH',
    })
  }
  const limit = createLimiter(atOnce)
  const copies = [...paths].map(([name, path]) =>
    limit(async () => {
      signal?.throwIfAborted()
      await write(join(folder, safePath(path, source)), storage.download(bucket, name, signal))
    }),
  )
  await Promise.all(copies)
}

/** @throws GOOGLE_NOT_FOUND for what is no `gs://` URL */
function parseStorageUrl(source: string): { readonly bucket: string; readonly pattern: string } {
  const [, bucket, pattern = ''] = /^gs:\/\/([^/]+)\/*(.*)$/s.exec(source) ?? []
  if (bucket !== undefined) return { bucket, pattern }
  throw new ToolError('GOOGLE_NOT_FOUND', `"${source}" is no place in Cloud Storage`, {
    hint: 'write it as gs://BUCKET/PATH',
  })
}

/** Names of objects are any text; files stay in their folder. */
function safePath(path: string, source: string): string {
  const isSafe = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'))
  if (isSafe && !path.includes('\\')) return path
  throw new ToolError(
    'FILE_UNWRITABLE',
    `an object of ${source} has a name that no file can have: ${JSON.stringify(path)}`,
    {
      hint: 'name the objects that are needed instead of the folder',
    },
  )
}

async function write(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await pipeline(content, createWriteStream(file))
  } catch (error) {
    if (error instanceof ToolError || !(error instanceof Error) || !('code' in error)) throw error
    throw new ToolError('FILE_UNWRITABLE', `cannot write ${file}: ${error.message}`, { cause: error })
  }
}
