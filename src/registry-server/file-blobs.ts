import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { BlobStore } from './contract.ts'
import type { Content, Marker } from './file-content.ts'
import type { Paths } from './file-paths.ts'
import { exists, ifThere } from './files.ts'

const readBytes = 64 * 1024

export function fileBlobs(paths: Paths, content: Content): BlobStore {
  const markerOf = (repository: string, digest: string): Marker => ({
    digest,
    path: paths.blob(repository, digest),
  })
  return {
    async stat(repository, digest) {
      if (!(await exists(paths.blob(repository, digest)))) return undefined
      return (await ifThere(stat(paths.content(digest))))?.size
    },
    async *open(_repository, digest, range) {
      yield* createReadStream(paths.content(digest), {
        highWaterMark: readBytes,
        ...range,
      }) as AsyncIterable<Uint8Array>
    },
    async mount(repository, digest, from) {
      if (from !== undefined && !(await exists(paths.blob(from, digest)))) return false
      return content.share(markerOf(repository, digest))
    },
    remove: async (repository, digest) => content.drop(markerOf(repository, digest)),
  }
}
