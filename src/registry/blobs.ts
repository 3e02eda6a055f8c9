import { isToolError, ToolError } from '../errors/index.ts'
import type { HttpResponse } from '../http/index.ts'
import { assertDigest, verifyStream, type Descriptor } from '../image/index.ts'
import { formatRepository } from '../reference/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { BlobRead } from './blob-work.ts'
import { answerError, connectionError, type Subject } from './failure.ts'
import type { Ask, Host } from './host/host.ts'

/** Broken off so often without a new byte, a download is given up. */
const maxBarrenAttempts = 4

/** The blob's bytes, verified; a broken connection is taken up again where it broke. */
export function readBlob(host: Host, read: BlobRead): AsyncGenerator<Uint8Array, void, void> {
  assertDigest(read.descriptor.digest)
  const embedded = embeddedBytes(read.descriptor)
  const source = embedded === undefined ? download(host, read) : once(embedded)
  return verifyStream(source, read.descriptor, 'blob')
}

/**
 * Some bytes of a blob, not verified: they are a part. Fewer than asked for at the end of the blob.
 * @yields what the registry sends
 * @throws BLOB_UNKNOWN; REGISTRY_FAILED when the registry does not give parts
 */
export async function* readBlobRange(
  host: Host,
  read: BlobRead,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, void> {
  assertDigest(read.descriptor.digest)
  const response = await host.send(blobAsk('GET', read, { range: `bytes=${range.start}-${range.end}` }))
  if (response.status === 200) {
    await response.discard()
    throw new ToolError('REGISTRY_FAILED', `${host.registry} does not give parts of blobs`)
  }
  if (response.status !== 206) throw await answerError(response, blobSubject(read, false))
  yield* reported(response, host)
}

/** Whether the registry has the blob; an answer that says neither counts as no. */
export async function hasBlob(host: Host, read: BlobRead): Promise<boolean> {
  const response = await host.send(blobAsk('HEAD', read))
  await response.discard()
  if (response.status === 401 || response.status === 429) throw await answerError(response, blobSubject(read, true))
  const length = response.headers['content-length']
  return response.status === 200 && (length === undefined || Number(length) === read.descriptor.size || length === '0')
}

/** What a blob is in words. */
export function blobSubject({ repository, descriptor }: BlobRead, isPush: boolean): Subject {
  const what = `blob ${descriptor.digest} of ${formatRepository(repository)}`
  return { registry: repository.registry, what, missing: 'BLOB_UNKNOWN', isPush }
}

async function* download(host: Host, read: BlobRead): AsyncGenerator<Uint8Array, void, void> {
  const { size } = read.descriptor
  let offset = 0
  let barren = 0
  let failure: Error | undefined
  do {
    const before = offset
    failure = undefined
    try {
      for await (const chunk of openAt(host, read, offset)) {
        offset += chunk.length
        yield chunk
      }
    } catch (error) {
      if (!isBroken(error)) throw error
      failure = error
    }
    barren = offset > before ? 0 : barren + 1
  } while (offset < size && barren < maxBarrenAttempts)
  // an end that comes too soon is for the verification to judge
  if (failure !== undefined && offset < size) throw failure
}

function isBroken(error: unknown): error is Error {
  return isToolError(error, 'REGISTRY_FAILED') && isToolError(error.cause, 'HTTP_INTERRUPTED')
}

async function* openAt(host: Host, read: BlobRead, offset: number): AsyncGenerator<Uint8Array, void, void> {
  const response = await host.send(blobAsk('GET', read, offset === 0 ? {} : { range: `bytes=${offset}-` }))
  if (response.status === 206 && startOf(response) === offset) yield* reported(response, host)
  else if (response.status === 200) yield* skip(reported(response, host), offset)
  else if (response.status === 206) {
    await response.discard()
    throw new ToolError('REGISTRY_ANSWER_INVALID', `${host.registry} sent another part of a blob than was asked for`)
  } else throw await answerError(response, blobSubject(read, false))
}

/** Where a partial answer starts; the start that was asked for when it does not say. */
function startOf(response: HttpResponse): number | undefined {
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1]
  return start === undefined ? undefined : Number(start)
}

/**
 * The bytes after the first `count`.
 * @yields chunks of the source, the first perhaps cut
 */
export async function* skip(source: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void, void> {
  let left = count
  for await (const chunk of source) {
    if (left >= chunk.length) {
      left -= chunk.length
      continue
    }
    yield left === 0 ? chunk : chunk.subarray(left)
    left = 0
  }
}

async function* reported(response: HttpResponse, host: Host): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* response.body
  } catch (error) {
    throw connectionError(error, host.registry)
  }
}

function blobAsk(method: 'GET' | 'HEAD', read: BlobRead, headers: Ask['headers'] = {}): Ask {
  const { repository } = read.repository
  return {
    method,
    target: `/v2/${repository}/blobs/${read.descriptor.digest}`,
    repository,
    scopes: [scopeOf(repository, read.isForPush === true ? 'push' : 'pull')],
    headers,
    ...(read.signal === undefined ? {} : { signal: read.signal }),
  }
}

/** Small content may be carried by its descriptor. */
function embeddedBytes({ data, size }: Descriptor): Uint8Array | undefined {
  if (data === undefined) return undefined
  const bytes = Buffer.from(data, 'base64')
  return bytes.length === size ? bytes : undefined
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}
