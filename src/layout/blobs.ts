import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../errors/index.ts'
import { parseDigest, verifyStream, type ContentClaim } from '../image/index.ts'
import { diskProblem, writeWhole } from './write-whole.ts'

/** The blobs of a layout, by digest. */
export interface BlobFolder {
  /** Verified bytes. */
  read(this: void, claim: ContentClaim, signal?: AbortSignal): AsyncIterable<Uint8Array>
  write(claim: ContentClaim, source: AsyncIterable<Uint8Array>): Promise<'exists' | 'written'>
}

const chunkBytes = 1024 * 1024

export function createBlobFolder(folder: string): BlobFolder {
  return {
    read: (claim, signal) => verifyStream(readFileAt(folder, claim, signal), claim, 'blob'),
    async write(claim, source) {
      const name = nameOf(claim.digest)
      if (await isThere(join(folder, name), claim)) return 'exists'
      await writeWhole(folder, name, verifyStream(source, claim, 'blob'))
      return 'written'
    },
  }
}

/** A digest is checked before it is a path. */
function nameOf(digest: string): string {
  const { algorithm, encoded } = parseDigest(digest)
  return join('blobs', algorithm, encoded)
}

/** Files come to their names whole, so that one of the right size is the right one. */
async function isThere(path: string, { size }: ContentClaim): Promise<boolean> {
  try {
    const stats = await stat(path)
    return stats.isFile() && (size === undefined || stats.size === size)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw diskProblem(error, path, 'read')
  }
}

async function* readFileAt(
  folder: string,
  { digest }: ContentClaim,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const path = join(folder, nameOf(digest))
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes, signal })) yield chunk as Uint8Array
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ToolError('BLOB_UNKNOWN', `the image layout ${folder} does not have ${digest}`, { cause: error })
    }
    throw diskProblem(error, path, 'read')
  }
}
