import { isDigest } from '../image/index.ts'
import { fault, type Answer, type Ask } from './answer.ts'
import type { RegistryStore } from './contract.ts'

/** The start of an upload: by mounting, in one request, or as a session. */
export async function uploadsEndpoint(
  { name }: { readonly name: string },
  ask: Ask,
  store: RegistryStore,
): Promise<Answer> {
  const mount = ask.query.get('mount')
  if (mount !== null && isDigest(mount)) {
    const from = ask.query.get('from') ?? undefined
    if (await store.blobs.mount(name, mount, from)) return created(name, mount)
  }
  const digest = ask.query.get('digest')
  if (digest !== null && !isDigest(digest)) return badDigest(digest)
  const id = await store.uploads.start(name)
  if (digest === null) return accepted({ name, id, size: 0 })
  await store.uploads.append(name, id, ask.body)
  return finish({ name, id }, digest, store)
}

/** An upload session: status, chunk, end and cancellation. Undefined for other methods. */
export async function uploadEndpoint(
  upload: { readonly name: string; readonly id: string },
  ask: Ask,
  store: RegistryStore,
): Promise<Answer | undefined> {
  const { name, id } = upload
  if (!['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'].includes(ask.method)) return undefined
  const size = await store.uploads.size(name, id)
  if (size === undefined) return fault(404, 'BLOB_UPLOAD_UNKNOWN', { message: `${name} has no upload ${id}` })
  if (ask.method === 'DELETE') {
    await store.uploads.cancel(name, id)
    return { status: 204 }
  }
  if (ask.method === 'GET' || ask.method === 'HEAD') {
    return { status: 204, headers: sessionHeaders({ name, id, size }) }
  }
  const wrong = checkChunk(ask, { name, id, size })
  if (wrong !== undefined) return wrong
  return ask.method === 'PATCH' ? addChunk(upload, ask, store) : complete(upload, ask, store)
}

interface Session {
  readonly name: string
  readonly id: string
  /** Bytes received. */
  readonly size: number
}

async function addChunk(
  { name, id }: { readonly name: string; readonly id: string },
  ask: Ask,
  { uploads }: RegistryStore,
): Promise<Answer> {
  return accepted({ name, id, size: await uploads.append(name, id, ask.body) })
}

async function complete(
  upload: { readonly name: string; readonly id: string },
  ask: Ask,
  store: RegistryStore,
): Promise<Answer> {
  const digest = ask.query.get('digest') ?? ''
  if (!isDigest(digest)) return badDigest(digest)
  await store.uploads.append(upload.name, upload.id, ask.body)
  return finish(upload, digest, store)
}

async function finish(
  { name, id }: { readonly name: string; readonly id: string },
  digest: string,
  { uploads }: RegistryStore,
): Promise<Answer> {
  if (await uploads.finish(name, id, digest)) return created(name, digest)
  return fault(400, 'DIGEST_INVALID', { message: `what was sent is not ${digest}`, detail: { digest } })
}

/**
 * A chunk that says where it belongs must begin where the last one ended. Docker sends none of this and streams.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks
 */
function checkChunk(ask: Ask, session: Session): Answer | undefined {
  const header = ask.headers['content-range']
  if (header === undefined) return undefined
  const [, first = '', last = ''] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/.*)?$/.exec(header) ?? []
  const headers = sessionHeaders(session)
  if (first === '' || Number(last) < Number(first)) {
    return fault(416, 'BLOB_UPLOAD_INVALID', { message: `${header} is no range`, headers })
  }
  if (Number(first) !== session.size) {
    const message = `the next chunk starts at ${session.size}, not at ${first}`
    return fault(416, 'BLOB_UPLOAD_INVALID', { message, headers })
  }
  const length = ask.headers['content-length']
  if (length === undefined || Number(length) === Number(last) - Number(first) + 1) return undefined
  return fault(400, 'SIZE_INVALID', { message: `${header} with a body of ${length} bytes`, headers })
}

function created(name: string, digest: string): Answer {
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } }
}

function accepted(session: Session): Answer {
  return { status: 202, headers: sessionHeaders(session) }
}

function sessionHeaders({ name, id, size }: Session): Readonly<Record<string, string>> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  }
}

function badDigest(digest: string): Answer {
  const message = digest === '' ? 'the digest parameter is missing' : `${digest} is not a sha256 or sha512 digest`
  return fault(400, 'DIGEST_INVALID', { message })
}
