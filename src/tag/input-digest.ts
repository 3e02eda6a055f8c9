import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createLimiter } from '../support/index.ts'
import type { MakeTag } from './contract.ts'

const filesAtOnce = 16

/** A digest over names and content of the files that the build depends on, as Skaffold computes it. */
export const inputDigestTag: MakeTag = async ({ folder, files }, signal) => {
  const paths = [...((await files?.()) ?? [])].sort()
  const limit = createLimiter(filesAtOnce)
  const digests = await Promise.all(paths.map(async (path) => limit(async () => digestFile(path, folder, signal))))
  const known = digests.filter((digest) => digest !== undefined)
  return createHash('sha256')
    .update(`${JSON.stringify(known)}\n`)
    .digest('hex')
}

/** Undefined for a file that is not there. */
async function digestFile(path: string, folder: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const stats = await lstat(path)
    const hash = createHash('md5').update(relative(folder, path))
    if (stats.isFile()) await pipeline(createReadStream(path), hash, signal === undefined ? {} : { signal })
    return hash.digest('hex')
  } catch (error) {
    signal?.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
