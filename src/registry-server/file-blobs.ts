import { createReadStream } from 'node:fs'
import { rm, stat, unlink } from 'node:fs/promises'
import type { BlobStore } from './contract.ts'
import type { Paths } from './file-paths.ts'
import { ifThere, linkInto, writing } from './files.ts'

/** Blobs as hard links to shared content. */
export function fileBlobs(paths: Paths): BlobStore {
  return {
    async stat(repository, digest) {
      return (await ifThere(stat(paths.blob(repository, digest))))?.size
    },
    open: (repository, digest, range) =>
      createReadStream(paths.blob(repository, digest), {
        highWaterMark: 256 * 1024,
        ...range,
      }) as AsyncIterable<Uint8Array>,
    async mount(repository, digest, from) {
      const source = from === undefined ? paths.content(digest) : paths.blob(from, digest)
      const target = paths.blob(repository, digest)
      return writing(target, async () => linkInto(paths, source, target))
    },
    async remove(repository, digest) {
      const removed = await ifThere(unlink(paths.blob(repository, digest)).then(() => true))
      const content = await ifThere(stat(paths.content(digest)))
      // without hard links there is always one name only, and copies stay whole without the content
      if (content?.nlink === 1) await rm(paths.content(digest), { force: true })
      return removed ?? false
    },
  }
}
