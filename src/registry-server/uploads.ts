import { isDigest } from '../image/index.ts'
import { digestFault, fault, type Answer, type Ask } from './answer.ts'
import type { RegistryStore } from './contract.ts'
import { isName } from './route.ts'
import { createTurns } from './turns.ts'

interface Session {
  readonly name: string
  readonly id: string
}

/** The state of an upload that clients may see. */
interface Received extends Session {
  /** Bytes. */
  readonly size: number
}

/** The start of an upload: by mounting, in one request, or as a session. */
export async function uploadsEndpoint(
  { name }: { readonly name: string },
  ask: Ask,
  store: RegistryStore,
): Promise<Answer> {
  const [mount, from, digest] = ['mount', 'from', 'digest'].map((key) => ask.query.get(key) ?? undefined)
  if (mount !== undefined && !isDigest(mount)) return digestFault(mount)
  if (digest !== undefined && !isDigest(digest)) return digestFault(digest)
  if (from !== undefined && !isName(from)) {
    return fault(400, 'NAME_INVALID', { message: `${from} is no repository name` })
  }
  if (mount !== undefined && (await store.blobs.mount(name, mount, from))) return created(name, mount)
  const id = await store.uploads.start(name)
  if (digest === undefined) return accepted({ name, id, size: 0 })
  try {
    await store.uploads.append(name, id, ask.body)
  } catch (error) {
    // the client never learned the id: nobody could go on with it
    await store.uploads.cancel(name, id)
    throw error
  }
  return finish({ name, id }, digest, store)
}

/** An upload session's endpoint. */
export type UploadEndpoint = (session: Session, ask: Ask, store: RegistryStore) => Promise<Answer>

/** Makes the endpoint of upload sessions: status, chunk, end and cancellation. */
export function createUploadEndpoint(): UploadEndpoint {
  const turns = createTurns()
  const writers = new Map<string, Ask>()
  return async (session, ask, store) => {
    if (ask.method === 'GET' || ask.method === 'HEAD') return status(session, store)
    // A client that comes back after its connection broke must not wait until this side notices that it broke.
    writers.get(session.id)?.hangUp()
    writers.set(session.id, ask)
    try {
      return await turns.run(session.id, async () => change(session, ask, store))
    } finally {
      if (writers.get(session.id) === ask) writers.delete(session.id)
    }
  }
}

async function status({ name, id }: Session, { uploads }: RegistryStore): Promise<Answer> {
  const size = await uploads.size(name, id)
  return size === undefined ? unknownUpload({ name, id }) : { status: 204, headers: headersOf({ name, id, size }) }
}

async function change({ name, id }: Session, ask: Ask, store: RegistryStore): Promise<Answer> {
  const size = await store.uploads.size(name, id)
  if (size === undefined) return unknownUpload({ name, id })
  if (ask.method === 'DELETE') {
    await store.uploads.cancel(name, id)
    return { status: 204 }
  }
  const digest = ask.query.get('digest') ?? ''
  if (ask.method === 'PUT' && !isDigest(digest)) return digestFault(digest)
  const wrong = checkChunk(ask, { name, id, size })
  if (wrong !== undefined) return wrong
  const received = { name, id, size: await store.uploads.append(name, id, ask.body) }
  return ask.method === 'PUT' ? finish(received, digest, store) : accepted(received)
}

async function finish({ name, id }: Session, digest: string, { uploads }: RegistryStore): Promise<Answer> {
  if (await uploads.finish(name, id, digest)) return created(name, digest)
  return fault(400, 'DIGEST_INVALID', { message: `what was sent is not ${digest}`, detail: { digest } })
}

/**
 * A chunk that says where it belongs must begin where the last one ended. Docker sends none of this and streams.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks
 */
function checkChunk(ask: Ask, received: Received): Answer | undefined {
  const header = ask.headers['content-range']
  if (header === undefined) return undefined
  const [, first = '', last = ''] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/.*)?$/.exec(header) ?? []
  const headers = headersOf(received)
  if (first === '') return fault(400, 'BLOB_UPLOAD_INVALID', { message: `${header} is no range`, headers })
  if (Number(first) !== received.size || Number(last) < Number(first)) {
    const message = `the next chunk starts at ${received.size}; ${header} does not`
    return fault(416, 'BLOB_UPLOAD_INVALID', { message, headers })
  }
  const length = ask.headers['content-length']
  if (length === undefined || Number(length) === Number(last) - Number(first) + 1) return undefined
  return fault(400, 'SIZE_INVALID', { message: `${header} with a body of ${length} bytes`, headers })
}

function created(name: string, digest: string): Answer {
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } }
}

function accepted(received: Received): Answer {
  return { status: 202, headers: headersOf(received) }
}

function headersOf({ name, id, size }: Received): Readonly<Record<string, string>> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  }
}

function unknownUpload({ name, id }: Session): Answer {
  return fault(404, 'BLOB_UPLOAD_UNKNOWN', { message: `${name} has no upload ${id}` })
}
