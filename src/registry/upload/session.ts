import { ToolError } from '../../errors/index.ts'
import type { HttpBody, HttpRequest, HttpResponse } from '../../http/index.ts'
import { scopeOf } from '../auth/scope.ts'
import { blobSubject } from '../blobs.ts'
import { answerError } from '../failure.ts'
import type { Host } from '../host/host.ts'
import type { BlobPush } from '../blob-work.ts'

/** An upload that the registry has opened. */
export interface UploadStart {
  readonly location: URL
  /** Smallest chunk that the registry takes, the last excepted. */
  readonly minChunkBytes: number
}

/** What the registry says it has. */
export type UploadStatus =
  | { readonly kind: 'open'; readonly location: URL; readonly offset: number }
  /** It knows nothing of the upload, or does not say. */
  | { readonly kind: 'lost' }

/** @throws REGISTRY_… */
export async function openUpload(host: Host, push: BlobPush): Promise<UploadStart> {
  const { repository } = push.repository
  const response = await sendUpload(host, push, {
    method: 'POST',
    target: `/v2/${repository}/blobs/uploads/`,
    isRepeatable: true,
  })
  if (response.status !== 202) throw await uploadError(response, push)
  await response.discard()
  return startOf(host, response)
}

/** @throws REGISTRY_ANSWER_INVALID without a place to send to */
export function startOf(host: Host, response: HttpResponse): UploadStart {
  return {
    location: nextLocation(host, response),
    minChunkBytes: Number(response.headers['oci-chunk-min-length'] ?? 0) || 0,
  }
}

/** Where to go on. Each answer may give a new place; `before` is used on when it gives none. */
export function nextLocation(host: Host, response: HttpResponse, before?: URL): URL {
  const { location } = response.headers
  if (location !== undefined && location !== '') return host.locate(location, response)
  if (before !== undefined) return before
  throw new ToolError('REGISTRY_ANSWER_INVALID', `${host.registry} opened an upload and did not say where`)
}

/** Asks how far an upload got. */
export async function uploadStatus(host: Host, push: BlobPush, location: URL): Promise<UploadStatus> {
  const response = await sendUpload(host, push, { method: 'GET', target: location })
  await response.discard()
  if (response.status !== 204 && response.status !== 202) return { kind: 'lost' }
  return { kind: 'open', location: nextLocation(host, response, location), offset: offsetIn(response) ?? 0 }
}

/** Bytes that a `Range: 0-b` says were stored. Some registries write `0-0` and mean none: one byte more or less is caught by the digest. */
export function offsetIn(response: HttpResponse): number | undefined {
  const end = /^(?:bytes=)?0-(\d+)$/.exec(response.headers['range'] ?? '')?.[1]
  if (end === undefined) return undefined
  return end === '0' ? 0 : Number(end) + 1
}

/** Tells the registry to forget an upload; it would in time. */
export async function cancelUpload(host: Host, push: BlobPush, location: URL): Promise<void> {
  try {
    const response = await sendUpload(host, push, { method: 'DELETE', target: location })
    await response.discard()
  } catch (error) {
    if (!(error instanceof ToolError)) push.signal?.throwIfAborted()
  }
}

/** One request of an upload. */
export interface UploadSend extends Pick<HttpRequest, 'method' | 'headers' | 'isRepeatable'> {
  readonly target: string | URL
  readonly body?: HttpBody
}

/** Sends with the right to push. */
export async function sendUpload(host: Host, push: BlobPush, send: UploadSend): Promise<HttpResponse> {
  const { repository } = push.repository
  return host.send({
    ...send,
    repository,
    scopes: [scopeOf(repository, 'push')],
    ...(push.signal === undefined ? {} : { signal: push.signal }),
  })
}

/** The place with the digest that closes the upload; its own parameters are kept as they are. */
export function closingUrl(location: URL, digest: string): URL {
  const url = new URL(location)
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`
  return url
}

/** The error that an answer to an upload means. */
export async function uploadError(response: HttpResponse, push: BlobPush): Promise<ToolError> {
  const { repository, blob } = push
  return answerError(response, blobSubject({ repository, descriptor: blob.descriptor }, true))
}
