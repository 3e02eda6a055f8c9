import { createHash, randomUUID, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseDigest, type DigestAlgorithm } from '../image/index.ts'
import type { UploadStore } from './contract.ts'
import type { Content } from './file-content.ts'
import type { Paths } from './file-paths.ts'
import { ifThere, remove, writing } from './files.ts'

/** The sha256 of what this process received, so that the common case needs no second reading. */
interface Progress {
  readonly hash: Hash
  hashed: number
}

/** Uploads as files that grow. */
export function fileUploads(paths: Paths, content: Content): UploadStore {
  const progress = new Map<string, Progress>()
  const size = async (repository: string, id: string): Promise<number | undefined> =>
    isId(id) ? (await ifThere(stat(paths.upload(repository, id))))?.size : undefined
  return {
    async start(repository) {
      const id = randomUUID()
      const path = paths.upload(repository, id)
      await writing(path, async () => {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, '', { flag: 'wx' })
      })
      progress.set(id, { hash: createHash('sha256'), hashed: 0 })
      return id
    },
    size,
    async append(repository, id, source) {
      const path = paths.upload(repository, id)
      await writing(path, async () => appendTo(path, source, progress.get(id)))
      return (await size(repository, id)) ?? 0
    },
    async finish(repository, id, digest) {
      const received = await size(repository, id)
      if (received === undefined) return false
      const path = paths.upload(repository, id)
      const known = progress.get(id)
      progress.delete(id)
      const found = await digestOfUpload(path, { digest, received, ...(known === undefined ? {} : { known }) })
      if (found !== digest) {
        await rm(path, { force: true })
        return false
      }
      await content.adopt({ digest, path: paths.blob(repository, digest) }, path)
      return true
    },
    async cancel(repository, id) {
      progress.delete(id)
      return isId(id) ? remove(paths.upload(repository, id)) : false
    },
  }
}

async function appendTo(
  path: string,
  source: AsyncIterable<Uint8Array>,
  progress: Progress | undefined,
): Promise<void> {
  const file = await open(path, 'a')
  try {
    for await (const chunk of source) {
      await file.appendFile(chunk)
      progress?.hash.update(chunk)
      if (progress !== undefined) progress.hashed += chunk.length
    }
    // what was said to have arrived, and what becomes a blob, is on the disk
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function digestOfUpload(
  path: string,
  upload: { readonly digest: string; readonly received: number; readonly known?: Progress },
): Promise<string> {
  const { algorithm } = parseDigest(upload.digest)
  const isKnown = algorithm === 'sha256' && upload.known?.hashed === upload.received
  const hash = isKnown && upload.known !== undefined ? upload.known.hash : await hashOfFile(path, algorithm)
  return `${algorithm}:${hash.digest('hex')}`
}

async function hashOfFile(path: string, algorithm: DigestAlgorithm): Promise<Hash> {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array)
  return hash
}

function isId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id)
}
