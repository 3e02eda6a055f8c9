import { isToolError } from '../errors/index.ts'
import { assertDigest } from '../image/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { BlobPush, BlobRead } from './blob-work.ts'
import { hasBlob } from './blobs.ts'
import type { PushOutcome } from './contract.ts'
import type { Host } from './host/host.ts'
import { uploadBlob } from './upload/upload.ts'
import { startOf, type UploadStart } from './upload/session.ts'

/**
 * Mounts the blob when it is known to be elsewhere in the registry; else looks whether it is there; else sends it.
 * A blob that is said to be in the target itself is mounted from there: one request tells whether it is, or opens the upload.
 */
export async function pushBlob(host: Host, push: BlobPush): Promise<PushOutcome> {
  const { repository, blob, signal } = push
  assertDigest(blob.descriptor.digest)
  const from = mountSource(push)
  if (from !== undefined) {
    const start = await mount(host, push, from)
    if (start === 'mounted') return from === repository.repository ? 'exists' : 'mounted'
    if (start !== undefined) return send(host, push, start)
  }
  const read: BlobRead = { repository, descriptor: blob.descriptor, signal, isForPush: true }
  if (await hasBlob(host, read)) return 'exists'
  const start = await mountFromAnywhere(host, push)
  return start === 'mounted' ? 'mounted' : send(host, push, start)
}

async function send(host: Host, push: BlobPush, start?: UploadStart): Promise<PushOutcome> {
  await host.uploads(async () => uploadBlob(host, push, start))
  return 'uploaded'
}

function mountSource({ repository, blob }: BlobPush): string | undefined {
  const { knownIn } = blob
  if (knownIn === undefined || knownIn.registry !== repository.registry) return undefined
  return knownIn.repository
}

type Mounted = 'mounted' | UploadStart | undefined

async function mount(host: Host, push: BlobPush, from: string): Promise<Mounted> {
  const { notes } = host
  const started = await askForMount(host, push, from)
  if (from === push.repository.repository) return started
  if (started === 'mounted' && notes.anonymousMount === 'unseen') notes.anonymousMount = 'worthATry'
  return started
}

/** Without a source, where the registry is one that looks everywhere: the request opens the upload all the same. */
async function mountFromAnywhere(host: Host, push: BlobPush): Promise<Mounted> {
  const { notes } = host
  if (notes.anonymousMount !== 'worthATry' && notes.anonymousMount !== 'works') return undefined
  const started = await askForMount(host, push)
  if (started === 'mounted') notes.anonymousMount = 'works'
  else if (started === undefined) notes.anonymousMount = 'refused'
  return started
}

/** Only 201 is a mount. 202 opens an upload instead; whatever else it is, the blob can still be sent. */
async function askForMount(host: Host, push: BlobPush, from?: string): Promise<Mounted> {
  const { repository } = push.repository
  const query = new URLSearchParams({ mount: push.blob.descriptor.digest, ...(from === undefined ? {} : { from }) })
  try {
    const response = await host.send({
      method: 'POST',
      target: `/v2/${repository}/blobs/uploads/?${query.toString()}`,
      repository,
      // the right to push first: some token servers read only one
      scopes: [scopeOf(repository, 'push'), ...(from === undefined ? [] : [scopeOf(from, 'pull')])],
      isRepeatable: true,
      ...(push.signal === undefined ? {} : { signal: push.signal }),
    })
    await response.discard()
    if (response.status === 201) return 'mounted'
    return response.status === 202 ? startOf(host, response) : undefined
  } catch (error) {
    // a token server may refuse everything because the source is none of ours
    if (isToolError(error, 'REGISTRY_UNAUTHORIZED')) return undefined
    throw error
  }
}
