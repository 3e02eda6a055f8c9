import { isToolError, ToolError } from '../errors/index.ts'
import type { HttpResponse } from '../http/index.ts'
import type { Google, GoogleCall } from './contract.ts'
import { refusalOf } from './refusal.ts'

/** An object to be sent. */
export interface UploadRequest {
  readonly bucket: string
  readonly object: string
  readonly contentType: string
  readonly sizeBytes: number
  /** Called again when the connection breaks; the same bytes each time. */
  readonly open: () => AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
}

const maxAttempts = 5

/**
 * A resumable upload in one go: when the connection breaks, the server is asked how much it has, and the rest is sent.
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export async function uploadObject(google: Google, request: UploadRequest): Promise<void> {
  const session = await startSession(google, request)
  let offset: number | undefined = 0
  for (let attempt = 1; offset !== undefined; attempt += 1) {
    const at: number = offset
    try {
      offset = await sendFrom(google, { request, session, offset: at })
    } catch (error) {
      if (!isBroken(error) || attempt === maxAttempts) throw error
      request.signal?.throwIfAborted()
      offset = await askOffset(google, { request, session })
    }
  }
}

function taskOf({ bucket, object }: UploadRequest): string {
  return `uploading gs://${bucket}/${object}`
}

async function startSession(google: Google, request: UploadRequest): Promise<string> {
  const { bucket, object, contentType, sizeBytes, signal } = request
  const root = `${google.endpoints.storage}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const task = taskOf(request)
  const response = await google.open({
    method: 'POST',
    url: `${root}?uploadType=resumable&name=${encodeURIComponent(object)}`,
    json: { contentType },
    headers: { 'x-upload-content-type': contentType, 'x-upload-content-length': String(sizeBytes) },
    task,
    // a session that nothing is sent to leaves nothing
    isRepeatable: true,
    ...(signal === undefined ? {} : { signal }),
  })
  const location = response.headers['location']
  if (response.status !== 200 && response.status !== 201) throw await refusalOf(response, { task })
  await response.discard()
  if (location !== undefined) return new URL(location, response.url).href
  throw new ToolError('GOOGLE_ANSWER_INVALID', `${task} failed: the server names no place to send it to`)
}

interface Part {
  readonly request: UploadRequest
  readonly session: string
}

/** Undefined when all is there, else the offset that is to be gone on from. */
async function sendFrom(
  google: Google,
  { request, session, offset }: Part & { readonly offset: number },
): Promise<number | undefined> {
  const { sizeBytes, open } = request
  const range = sizeBytes === 0 ? `bytes */0` : `bytes ${offset}-${sizeBytes - 1}/${sizeBytes}`
  return outcomeOf(google, request, {
    url: session,
    headers: { 'content-range': range, 'content-length': String(sizeBytes - offset) },
    body: () => skip(open(), offset),
  })
}

async function askOffset(google: Google, { request, session }: Part): Promise<number | undefined> {
  return outcomeOf(google, request, {
    url: session,
    headers: { 'content-range': `bytes */${request.sizeBytes}`, 'content-length': '0' },
    isRepeatable: true,
  })
}

async function outcomeOf(
  google: Google,
  request: UploadRequest,
  call: Pick<GoogleCall, 'body' | 'headers' | 'isRepeatable' | 'url'>,
): Promise<number | undefined> {
  const task = taskOf(request)
  const { signal } = request
  const response = await google.open({ method: 'PUT', task, ...call, ...(signal === undefined ? {} : { signal }) })
  if (response.status === 200 || response.status === 201) {
    await response.discard()
    return undefined
  }
  if (response.status !== 308) throw await refusalOf(response, { task })
  await response.discard()
  return storedBytes(response)
}

/** No `Range`: nothing is stored. */
function storedBytes({ headers }: HttpResponse): number {
  const last = /^bytes=0-(\d+)$/.exec(headers['range'] ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}

/** What may go better the next time. */
function isBroken(error: unknown): boolean {
  if (isToolError(error, 'HTTP_INTERRUPTED')) return true
  return isToolError(error, 'GOOGLE_FAILED') && /\b(?:408|429|50[0234])\b/.test(statusOf(error))
}

function statusOf({ cause }: ToolError): string {
  return typeof cause === 'object' && cause !== null && 'status' in cause ? String(cause.status) : ''
}

async function* skip(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  let left = bytes
  for await (const chunk of source) {
    if (left >= chunk.length) left -= chunk.length
    else {
      yield left === 0 ? chunk : chunk.subarray(left)
      left = 0
    }
  }
}
