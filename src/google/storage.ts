import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import type { HttpResponse } from '../http/index.ts'
import type { Google } from './contract.ts'
import { refusalIn, refusalOf } from './refusal.ts'
import { uploadObject, type UploadRequest } from './upload.ts'

/** An object in a bucket. */
export interface StoredObject {
  readonly name: string
  readonly sizeBytes: number
}

/** Cloud Storage: buckets and what is in them. @see https://cloud.google.com/storage/docs/json_api/v1 */
export interface Storage {
  hasBucket(bucket: string, signal?: AbortSignal): Promise<boolean>
  /** Nothing when somebody else was faster. */
  createBucket(bucket: string, project: string, signal?: AbortSignal): Promise<void>
  /** Whether a bucket is one of the project's. */
  ownsBucket(bucket: string, project: string, signal?: AbortSignal): Promise<boolean>
  /** All objects whose names begin with the text, by name. */
  list(bucket: string, prefix: string, signal?: AbortSignal): Promise<readonly StoredObject[]>
  /** Sends an object, going on where a broken connection has stopped. */
  upload(request: UploadRequest): Promise<void>
  /** The bytes of an object, checked against its MD5 sum where it has one. */
  download(bucket: string, object: string, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** What is behind an offset by now; empty while there is no such object, or nothing new in it. */
  readFrom(bucket: string, object: string, range: ReadFrom): Promise<Uint8Array>
  /** Nothing when it is gone already. */
  remove(bucket: string, object: string, signal?: AbortSignal): Promise<void>
}

/** From where to read. */
export interface ReadFrom {
  readonly offset: number
  readonly signal?: AbortSignal
}

/** Cloud Storage over a client of Google's. */
export function openStorage(google: Google): Storage {
  return { ...bucketCalls(google), ...objectCalls(google), upload: (request) => uploadObject(google, request) }
}

function rootOf({ endpoints }: Google): string {
  return `${endpoints.storage}/storage/v1`
}

function bucketUrl(google: Google, bucket: string): string {
  return `${rootOf(google)}/b/${encodeURIComponent(bucket)}`
}

function objectUrl(google: Google, bucket: string, object: string): string {
  return `${bucketUrl(google, bucket)}/o/${encodeURIComponent(object)}`
}

function bucketCalls(google: Google): Pick<Storage, 'createBucket' | 'hasBucket' | 'ownsBucket'> {
  return {
    async hasBucket(bucket, signal) {
      const url = `${bucketUrl(google, bucket)}?fields=name`
      return isThere(google.call({ method: 'GET', url, task: `looking for the bucket ${bucket}`, ...with_(signal) }))
    },
    async createBucket(bucket, project, signal) {
      const url = `${rootOf(google)}/b?project=${encodeURIComponent(project)}`
      const task = `making the bucket ${bucket}`
      const made = google.call({ method: 'POST', url, json: { name: bucket }, task, ...with_(signal) })
      await made.catch((error: unknown) => {
        if (refusalIn(error)?.status !== 409) throw error
      })
    },
    async ownsBucket(bucket, project, signal) {
      const query = { project, prefix: bucket, fields: 'items(name),nextPageToken' }
      const task = `listing the buckets of ${project}`
      const names = await pages(google, { url: `${rootOf(google)}/b`, query, task, signal })
      return names.some(({ name }) => name === bucket)
    },
  }
}

function objectCalls(google: Google): Pick<Storage, 'download' | 'list' | 'readFrom' | 'remove'> {
  return {
    async list(bucket, prefix, signal) {
      const query = { prefix, fields: 'items(name,size),nextPageToken' }
      const task = `listing gs://${bucket}/${prefix}`
      return pages(google, { url: `${bucketUrl(google, bucket)}/o`, query, task, signal })
    },
    async *download(bucket, object, signal) {
      const task = `reading gs://${bucket}/${object}`
      const url = `${objectUrl(google, bucket, object)}?alt=media`
      const response = await google.open({ method: 'GET', url, task, ...with_(signal) })
      if (response.status !== 200) throw await refusalOf(response, { task })
      yield* checked(response, task)
    },
    async readFrom(bucket, object, { offset, signal }) {
      const task = `reading gs://${bucket}/${object}`
      const url = `${objectUrl(google, bucket, object)}?alt=media`
      const headers = { range: `bytes=${offset}-` }
      return readRange(await google.open({ method: 'GET', url, headers, task, ...with_(signal) }), { offset, task })
    },
    async remove(bucket, object, signal) {
      const task = `deleting gs://${bucket}/${object}`
      await isThere(google.call({ method: 'DELETE', url: objectUrl(google, bucket, object), task, ...with_(signal) }))
    },
  }
}

async function isThere(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer
    return true
  } catch (error) {
    if (refusalIn(error)?.status === 404) return false
    throw error
  }
}

/** Servers that are in a hurry, and objects that are not there yet, are asked again later. */
const laterStatus: ReadonlySet<number> = new Set([404, 416, 429, 503])

async function readRange(
  response: HttpResponse,
  { offset, task }: { readonly offset: number; readonly task: string },
): Promise<Uint8Array> {
  if (laterStatus.has(response.status)) {
    await response.discard()
    return Buffer.alloc(0)
  }
  if (response.status !== 200 && response.status !== 206) throw await refusalOf(response, { task })
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  // 200 is the whole object
  return response.status === 200 ? bytes.subarray(offset) : bytes
}

async function* checked(response: HttpResponse, task: string): AsyncGenerator<Uint8Array, void, void> {
  const expected = /(?:^|,)\s*md5=([^,\s]+)/.exec(response.headers['x-goog-hash'] ?? '')?.[1]
  const hash = createHash('md5')
  for await (const chunk of response.body) {
    hash.update(chunk)
    yield chunk
  }
  const sum = hash.digest('base64')
  if (expected === undefined || expected === sum) return
  throw new ToolError('DIGEST_MISMATCH', `${task} failed: its MD5 sum is ${sum}, not ${expected}`, {
    hint: 'try again',
  })
}

const pageSchema = v.object({
  items: v.optional(
    v.array(v.object({ name: v.string(), size: v.optional(v.pipe(v.string(), v.transform(Number)), '0') })),
    [],
  ),
  nextPageToken: v.optional(v.string()),
})

interface Listing {
  readonly url: string
  readonly query: Readonly<Record<string, string>>
  readonly task: string
  readonly signal: AbortSignal | undefined
}

async function pages(google: Google, { url, query, task, signal }: Listing): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = []
  let pageToken: string | undefined
  do {
    const page = new URLSearchParams({ ...query, ...(pageToken === undefined ? {} : { pageToken }) })
    const answer = await google.call({ method: 'GET', url: `${url}?${page.toString()}`, task, ...with_(signal) })
    const parsed = v.safeParse(pageSchema, answer)
    if (!parsed.success) throw new ToolError('GOOGLE_ANSWER_INVALID', `${task} failed: the answer is no list`)
    found.push(...parsed.output.items.map(({ name, size }) => ({ name, sizeBytes: size })))
    pageToken = parsed.output.nextPageToken
  } while (pageToken !== undefined)
  return found
}

function with_(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
