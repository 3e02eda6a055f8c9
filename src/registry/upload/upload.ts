import { isToolError } from '../../errors/index.ts'
import { hasBlob } from '../blobs.ts'
import type { Host } from '../host/host.ts'
import type { BlobPush } from '../blob-work.ts'
import { sendInChunks } from './chunks.ts'
import {
  cancelUpload,
  closingUrl,
  openUpload,
  sendUpload,
  uploadError,
  uploadStatus,
  type UploadStart,
} from './session.ts'

/** Whole uploads begun anew so often, a push is given up. */
const maxStarts = 3

/** Sends the whole blob with one request, and goes on in chunks from what the registry has when that fails. */
export async function uploadBlob(host: Host, push: BlobPush, opened?: UploadStart): Promise<void> {
  const start = opened ?? (await openUpload(host, push))
  const isTooLarge = push.blob.descriptor.size >= host.notes.refusedBytes
  const failure = isTooLarge ? undefined : await sendWhole(host, push, start)
  if (!isTooLarge && failure === undefined) return
  let outcome = isTooLarge ? await sendInChunks(host, push, { ...start, offset: 0 }) : await goOn(host, push, start)
  // what a registry says of an upload is not always true: a new one has nothing for certain
  for (let starts = 1; outcome !== 'done'; starts += 1) {
    if (starts >= maxStarts) throw failure ?? outcome
    outcome = await sendInChunks(host, push, { ...(await openUpload(host, push)), offset: 0 })
  }
}

/** Undefined when all is there; what went wrong when it may be mended. */
async function sendWhole(host: Host, push: BlobPush, start: UploadStart): Promise<Error | undefined> {
  const { descriptor } = push.blob
  const target = closingUrl(start.location, descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) }
  try {
    const body = descriptor.size === 0 ? new Uint8Array() : () => push.blob.open(push.signal)
    const response = await sendUpload(host, push, { method: 'PUT', target, headers, body })
    if (response.status >= 200 && response.status < 300) {
      await response.discard()
      return undefined
    }
    const error = await uploadError(response, push)
    if (response.status === 413) host.notes.refusedBytes = Math.min(host.notes.refusedBytes, descriptor.size)
    if (!isMendable(response.status)) throw error
    return error
  } catch (error) {
    if (isBroken(error)) return error
    // the source's failure, or a refusal: the registry need not keep what it has
    if (push.signal?.aborted !== true) await cancelUpload(host, push, start.location)
    throw error
  }
}

/** From what the registry has; 'done' also when the blob turns out to be there. */
async function goOn(host: Host, push: BlobPush, start: UploadStart): Promise<'done' | Error> {
  const status = await uploadStatus(host, push, start.location)
  if (status.kind === 'open') {
    return sendInChunks(host, push, { ...start, location: status.location, offset: status.offset })
  }
  const { repository, blob, signal } = push
  if (await hasBlob(host, { repository, descriptor: blob.descriptor, signal, isForPush: true })) return 'done'
  return sendInChunks(host, push, { ...(await openUpload(host, push)), offset: 0 })
}

/** 401 after the credentials were renewed is no reason to stop: the token ran out while the body was on its way. */
function isMendable(status: number): boolean {
  return [401, 404, 408, 413, 416, 429, 500, 502, 503, 504].includes(status)
}

function isBroken(error: unknown): error is Error {
  return isToolError(error, 'REGISTRY_FAILED') && isToolError(error.cause, 'HTTP_INTERRUPTED')
}
