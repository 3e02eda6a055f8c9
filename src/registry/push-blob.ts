import { isToolError } from '../errors/index.ts'
import { assertDigest } from '../image/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { BlobPush, BlobRead } from './blob-work.ts'
import { hasBlob } from './blobs.ts'
import type { PushOutcome } from './contract.ts'
import type { Host } from './host/host.ts'
import { uploadBlob } from './upload/upload.ts'
import { cancelUpload, startOf, type UploadStart } from './upload/session.ts'

/**
 * Mounts the blob when it is known to be elsewhere in the registry; else looks whether it is there; else sends it.
 * A blob that is said to be in the target itself is mounted from there: one request tells whether it is, or opens the upload.
 */
export async function pushBlob(host: Host, push: BlobPush): Promise<PushOutcome> {
  const { repository, blob } = push
  assertDigest(blob.descriptor.digest)
  const from = mountSource(push)
  if (from === repository.repository) {
    if (host.notes.ownMounts !== 'untrue') return pushKnownHere(host, push)
  } else if (from !== undefined) {
    const start = await mount(host, push, from)
    if (start === 'mounted') return 'mounted'
    if (start !== undefined) return send(host, push, start)
  }
  if (await hasBlob(host, readOf(push))) return 'exists'
  const start = await mountFromAnywhere(host, push)
  return start === 'mounted' ? 'mounted' : send(host, push, start)
}

/** Asked for after a refusal, it costs less than to send so many bytes for nothing. */
const worthAQuestionBytes = 16 * 1024 * 1024

/**
 * Not every registry looks before it mounts a blob from where it shall go, and not every one mounts what is there: the
 * first that it claims to have is looked for once, and so is one that is big, before it is sent.
 */
async function pushKnownHere(host: Host, push: BlobPush): Promise<PushOutcome> {
  const { notes } = host
  const start = await askForMount(host, push, push.repository.repository)
  if (start === 'mounted') {
    if (notes.ownMounts === 'unseen') notes.ownMounts = hasBlob(host, readOf(push))
    if (typeof notes.ownMounts === 'object') notes.ownMounts = (await notes.ownMounts) ? 'true' : 'untrue'
    return notes.ownMounts === 'true' || (await hasBlob(host, readOf(push))) ? 'exists' : send(host, push)
  }
  if (start === undefined) {
    // whoever refuses this will refuse it again
    notes.ownMounts = 'untrue'
    return (await hasBlob(host, readOf(push))) ? 'exists' : send(host, push)
  }
  const isWorthIt = push.blob.descriptor.size >= worthAQuestionBytes
  if (!isWorthIt || !(await hasBlob(host, readOf(push)))) return send(host, push, start)
  await cancelUpload(host, push, start.location)
  return 'exists'
}

function readOf({ repository, blob, signal }: BlobPush): BlobRead {
  return { repository, descriptor: blob.descriptor, signal, isForPush: true }
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
