import { isDigest } from '../image/index.ts'
import { fault, type Answer, type Ask } from './answer.ts'
import type { ByteRange, RegistryStore } from './contract.ts'

/** A blob: read (with ranges) and delete. Undefined for other methods. */
export async function blobEndpoint(
  { name, digest }: { readonly name: string; readonly digest: string },
  ask: Ask,
  { blobs }: RegistryStore,
): Promise<Answer | undefined> {
  if (!['GET', 'HEAD', 'DELETE'].includes(ask.method)) return undefined
  if (!isDigest(digest)) return fault(400, 'DIGEST_INVALID', { message: `${digest} is not a sha256 or sha512 digest` })
  if (ask.method === 'DELETE') return (await blobs.remove(name, digest)) ? { status: 202 } : unknownBlob(name, digest)
  const size = await blobs.stat(name, digest)
  if (size === undefined) return unknownBlob(name, digest)
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
  }
  const range = parseRange(ask.headers.range, size)
  if (range === 'unsatisfiable') {
    const message = `${ask.headers.range ?? ''} is outside of the ${size} bytes`
    return fault(416, 'SIZE_INVALID', { message, headers: { 'content-range': `bytes */${size}` } })
  }
  if (range === undefined) {
    const whole = { ...headers, 'content-length': String(size) }
    return { status: 200, headers: whole, body: blobs.open(name, digest) }
  }
  const part = {
    ...headers,
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${size}`,
  }
  return { status: 206, headers: part, body: blobs.open(name, digest, range) }
}

/**
 * The one range that a header asks for; undefined when there is none or one that may be ignored.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Number(last)
  if (last !== '' && end < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) }
}

function unknownBlob(name: string, digest: string): Answer {
  return fault(404, 'BLOB_UNKNOWN', { message: `${name} has no blob ${digest}`, detail: { digest } })
}
