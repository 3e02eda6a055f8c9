import { assertDigest } from '../image/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { BlobPush, BlobRead } from './blob-work.ts'
import { hasBlob } from './blobs.ts'
import type { PushOutcome } from './contract.ts'
import type { Host } from './host/host.ts'
import { uploadBlob } from './upload/upload.ts'
import { startOf, type UploadStart } from './upload/session.ts'

/** Mounts the blob when it is known to be elsewhere in the registry; else looks whether it is there; else sends it. */
export async function pushBlob(host: Host, push: BlobPush): Promise<PushOutcome> {
  const { repository, blob, signal } = push
  assertDigest(blob.descriptor.digest)
  const from = mountSource(push)
  if (from !== undefined) {
    const start = await mount(host, push, from)
    if (start === 'mounted') return 'mounted'
    if (start !== undefined) {
      await host.uploads(async () => uploadBlob(host, push, start))
      return 'uploaded'
    }
  }
  const read: BlobRead = { repository, descriptor: blob.descriptor, signal }
  if (await hasBlob(host, read)) return 'exists'
  await host.uploads(async () => uploadBlob(host, push))
  return 'uploaded'
}

function mountSource({ repository, blob }: BlobPush): string | undefined {
  const { knownIn } = blob
  if (knownIn === undefined || knownIn.registry !== repository.registry) return undefined
  return knownIn.repository === repository.repository ? undefined : knownIn.repository
}

/** Only 201 is a mount. 202 opens an upload instead; whatever else it is, the blob can still be sent. */
async function mount(host: Host, push: BlobPush, from: string): Promise<'mounted' | UploadStart | undefined> {
  const { repository } = push.repository
  const query = new URLSearchParams({ mount: push.blob.descriptor.digest, from })
  const response = await host.send({
    method: 'POST',
    target: `/v2/${repository}/blobs/uploads/?${query.toString()}`,
    repository,
    // the right to push first: some token servers read only one
    scopes: [scopeOf(repository, 'push'), scopeOf(from, 'pull')],
    isRepeatable: true,
    ...(push.signal === undefined ? {} : { signal: push.signal }),
  })
  await response.discard()
  if (response.status === 201) return 'mounted'
  return response.status === 202 ? startOf(host, response) : undefined
}
