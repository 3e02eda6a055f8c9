import { createHash } from 'node:crypto'
import { refused, type GoogleAnswer, type GoogleApi, type GoogleRequest } from './google-wire.ts'

/** Plays Cloud Storage. */
export interface StorageApi {
  readonly handle: GoogleApi
  /** Buckets, the project of each, and what is in them. */
  readonly buckets: Map<string, { readonly project: string; readonly objects: Map<string, Buffer> }>
  /** What every bucket that ever was has had. */
  readonly uploaded: Map<string, Buffer>
  /** Of the next upload only so many bytes are kept, and the connection is cut. */
  cutUploadAfter(bytes: number): void
}

interface Session {
  readonly bucket: string
  readonly object: string
  readonly size: number
  stored: Buffer
}

/** How many items a page of a list has: so that there is more than one. */
const pageSize = 2

export function createStorageApi(origin: () => string): StorageApi {
  const buckets: StorageApi['buckets'] = new Map()
  const uploaded = new Map<string, Buffer>()
  const sessions = new Map<string, Session>()
  let cutAfter: number | undefined
  const finish = ({ bucket, object, stored }: Session): GoogleAnswer => {
    buckets.get(bucket)?.objects.set(object, stored)
    uploaded.set(`${bucket}/${object}`, stored)
    return { json: { kind: 'storage#object', bucket, name: object, size: String(stored.length) } }
  }
  const start = (request: GoogleRequest, bucket: string): GoogleAnswer => {
    if (!buckets.has(bucket)) return refused(404, 'NOT_FOUND', 'The specified bucket does not exist.')
    const object = request.url.searchParams.get('name') ?? ''
    const size = Number(request.headers['x-upload-content-length'])
    if (request.url.searchParams.get('uploadType') !== 'resumable' || object === '' || Number.isNaN(size)) {
      return refused(400, 'INVALID_ARGUMENT', 'what is to be uploaded?')
    }
    const id = `session-${sessions.size + 1}`
    sessions.set(id, { bucket, object, size, stored: Buffer.alloc(0) })
    return { headers: { location: `${origin()}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}` } }
  }
  const receive = (request: GoogleRequest, session: Session): GoogleAnswer => {
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(request.headers['content-range'] ?? '')
    if (range === null || Number(range[3]) !== session.size) return refused(400, 'INVALID_ARGUMENT', 'Content-Range')
    if (range[1] !== undefined) {
      const isNext = Number(range[1]) === session.stored.length
      const isWhole = Number(range[2]) - Number(range[1]) + 1 === request.body.length
      if (!isNext || !isWhole) return refused(400, 'INVALID_ARGUMENT', 'bytes are missing')
      const kept = cutAfter === undefined ? request.body : request.body.subarray(0, cutAfter)
      session.stored = Buffer.concat([session.stored, kept])
      if (cutAfter !== undefined) {
        cutAfter = undefined
        return { cut: true }
      }
    }
    if (session.stored.length === session.size) return finish(session)
    const last = session.stored.length - 1
    return { status: 308, ...(last < 0 ? {} : { headers: { range: `bytes=0-${last}` } }) }
  }
  return {
    buckets,
    uploaded,
    cutUploadAfter: (bytes) => void (cutAfter = bytes),
    handle(request) {
      const { pathname, searchParams } = request.url
      const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname)
      if (upload !== null) {
        const session = sessions.get(searchParams.get('upload_id') ?? '')
        if (request.method === 'POST') return start(request, decodeURIComponent(upload[1] ?? ''))
        return session === undefined ? refused(404, 'NOT_FOUND', 'no such session') : receive(request, session)
      }
      if (pathname === '/storage/v1/b') return ofProject(request, buckets)
      const named = /^\/storage\/v1\/b\/([^/]+)(?:\/o(?:\/([^/]+))?)?$/.exec(pathname)
      if (named === null) return undefined
      const bucket = buckets.get(decodeURIComponent(named[1] ?? ''))
      if (bucket === undefined) return refused(404, 'NOT_FOUND', 'The specified bucket does not exist.')
      if (pathname.endsWith('/o')) return list([...bucket.objects].map(sized), searchParams)
      if (named[2] === undefined) return { json: { name: named[1] } }
      return ofObject(request, bucket.objects, decodeURIComponent(named[2]))
    },
  }
}

function sized([name, bytes]: readonly [string, Buffer]): { name: string; size: string } {
  return { name, size: String(bytes.length) }
}

function ofProject(request: GoogleRequest, buckets: StorageApi['buckets']): GoogleAnswer {
  const project = request.url.searchParams.get('project') ?? ''
  if (request.method === 'GET') {
    const own = [...buckets].filter(([, bucket]) => bucket.project === project).map(([name]) => ({ name }))
    return list(own, request.url.searchParams)
  }
  const { name } = request.json() as { name: string }
  if (buckets.has(name)) return refused(409, 'ALREADY_EXISTS', 'Your previous request to create the bucket succeeded.')
  buckets.set(name, { project, objects: new Map() })
  return { json: { name } }
}

function list(items: readonly { readonly name: string }[], query: URLSearchParams): GoogleAnswer {
  const found = items
    .filter(({ name }) => name.startsWith(query.get('prefix') ?? ''))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  const from = Number(query.get('pageToken') ?? '0')
  const page = found.slice(from, from + pageSize)
  const more = from + pageSize < found.length ? { nextPageToken: String(from + pageSize) } : {}
  return { json: { kind: 'storage#objects', ...(page.length === 0 ? {} : { items: page }), ...more } }
}

function ofObject({ method, url, headers }: GoogleRequest, objects: Map<string, Buffer>, name: string): GoogleAnswer {
  const bytes = objects.get(name)
  if (bytes === undefined) return refused(404, 'NOT_FOUND', `No such object: ${name}`)
  if (method === 'DELETE') {
    objects.delete(name)
    return { status: 204 }
  }
  if (url.searchParams.get('alt') !== 'media') return { json: sized([name, bytes]) }
  const from = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]
  if (from !== undefined && Number(from) >= bytes.length) return refused(416, 'OUT_OF_RANGE', 'not satisfiable')
  const sum = `crc32c=AAAAAA==,md5=${createHash('md5').update(bytes).digest('base64')}`
  if (from === undefined) return { bytes, headers: { 'x-goog-hash': sum } }
  return { status: 206, bytes: bytes.subarray(Number(from)) }
}
