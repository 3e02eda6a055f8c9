import { isDigest } from '../image/index.ts'
import { digestFault, fault, type Answer, type Ask } from './answer.ts'
import type { RegistryStore } from './contract.ts'
import { parseRange } from './range.ts'

interface Target {
  readonly name: string
  readonly digest: string
}

/** A blob: read (with ranges) and delete. */
export async function blobEndpoint(target: Target, ask: Ask, { blobs }: RegistryStore): Promise<Answer> {
  const { name, digest } = target
  if (!isDigest(digest)) return digestFault(digest)
  if (ask.method === 'DELETE') return (await blobs.remove(name, digest)) ? { status: 202 } : unknownBlob(target)
  const size = await blobs.stat(name, digest)
  if (size === undefined) return unknownBlob(target)
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
  }
  // ranges are defined for GET only
  const range = ask.method === 'GET' ? parseRange(ask.headers.range, size) : undefined
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

function unknownBlob({ name, digest }: Target): Answer {
  return fault(404, 'BLOB_UNKNOWN', { message: `${name} has no blob ${digest}`, detail: { digest } })
}
