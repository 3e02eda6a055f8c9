import { ToolError, isToolError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import { skip } from '../blobs.ts'
import type { Host } from '../host/host.ts'
import type { BlobPush } from '../blob-work.ts'
import { createByteReader, type ByteReader } from './byte-reader.ts'
import {
  closingUrl,
  nextLocation,
  offsetIn,
  sendUpload,
  uploadError,
  uploadStatus,
  type UploadStart,
} from './session.ts'

/** An upload and how much of the blob the registry has of it. */
export interface UploadPoint extends UploadStart {
  readonly offset: number
}

const mebibyte = 1024 * 1024
const defaultChunkBytes = 8 * mebibyte
const smallestChunkBytes = mebibyte
/** What is held in memory at once, whatever a registry asks for. */
const largestChunkBytes = 64 * mebibyte
/** Answers that brought nothing forward, one after the other. */
const maxBarrenAnswers = 6

/** Hosts that refuse larger ones. */
const chunkCaps: Readonly<Record<string, number>> = { 'ghcr.io': 4 * mebibyte }

/**
 * Sends the rest of a blob in chunks, the last with the request that closes the upload. A chunk that fails is sent
 * again from what the registry has. The error of an upload that cannot be mended is given back: a new one may do.
 */
export async function sendInChunks(host: Host, push: BlobPush, from: UploadPoint): Promise<'done' | Error> {
  const run: Run = {
    host,
    push,
    location: from.location,
    offset: from.offset,
    chunkBytes: chunkSizeFor(host, from),
    minChunkBytes: from.minChunkBytes,
    reader: readerAt(push, from.offset),
  }
  try {
    return await sendAll(run)
  } finally {
    await run.reader.close()
  }
}

interface Run {
  readonly host: Host
  readonly push: BlobPush
  readonly minChunkBytes: number
  location: URL
  offset: number
  chunkBytes: number
  reader: ByteReader
}

async function sendAll(run: Run): Promise<'done' | Error> {
  const { size } = run.push.blob.descriptor
  let failure: Error = new ToolError('REGISTRY_FAILED', `${run.host.registry} does not take the chunks of a blob`)
  for (let barren = 0; barren < maxBarrenAnswers; barren += 1) {
    const before = run.offset
    const chunk = await run.reader.read(Math.min(run.chunkBytes, size - run.offset))
    const isLast = run.offset + chunk.length >= size
    const answer = await sendChunk(run, chunk, isLast)
    if (answer === 'stored' && isLast) return 'done'
    if (answer !== 'stored') {
      failure = answer.error
      if (!(await resync(run, answer.toldOffset))) return failure
    }
    if (run.offset > before) barren = -1
  }
  return failure
}

interface ChunkFailure {
  readonly error: Error
  /** Where the registry said it is, when it refused the chunk's place. */
  readonly toldOffset?: number
}

async function sendChunk(run: Run, chunk: Uint8Array, isLast: boolean): Promise<'stored' | ChunkFailure> {
  const { host, push } = run
  const end = run.offset + chunk.length - 1
  const headers = {
    'content-type': 'application/octet-stream',
    ...(chunk.length === 0 ? {} : { 'content-range': `${run.offset}-${end}` }),
  }
  const target = isLast ? closingUrl(run.location, push.blob.descriptor.digest) : run.location
  try {
    const response = await sendUpload(host, push, {
      method: isLast ? 'PUT' : 'PATCH',
      target,
      headers,
      body: chunk,
      isRepeatable: false,
    })
    return await judge(run, response, chunk)
  } catch (error) {
    if (isToolError(error, 'REGISTRY_FAILED') && isToolError(error.cause, 'HTTP_INTERRUPTED')) return { error }
    throw error
  }
}

async function judge(run: Run, response: HttpResponse, chunk: Uint8Array): Promise<'stored' | ChunkFailure> {
  if (response.status >= 200 && response.status < 300) {
    await response.discard()
    // what a `Range` says here is not believed: some registries never move it on. The digest is the judge
    if (response.status !== 201) run.location = nextLocation(run.host, response, run.location)
    run.offset += chunk.length
    return 'stored'
  }
  const error = await uploadError(response, run.push)
  const told = response.status === 416 ? offsetIn(response) : undefined
  if (response.status === 413 || (response.status === 416 && told === undefined)) shrink(run, error)
  else if (![401, 404, 408, 416, 429, 500, 502, 503, 504].includes(response.status)) throw error
  return { error, ...(told === undefined || told === run.offset ? {} : { toldOffset: told }) }
}

/** @throws the error when the chunks are as small as they can be */
function shrink(run: Run, error: Error): void {
  const smaller = run.chunkBytes > 4 * mebibyte ? 4 * mebibyte : run.chunkBytes / 2
  if (smaller < Math.max(smallestChunkBytes, run.minChunkBytes)) throw error
  run.chunkBytes = smaller
  run.host.notes.maxChunkBytes = smaller
}

/** Goes to where the registry is; false when it has lost the upload. */
async function resync(run: Run, toldOffset: number | undefined): Promise<boolean> {
  const { host, push, location } = run
  const status =
    toldOffset === undefined
      ? await uploadStatus(host, push, location)
      : ({ kind: 'open', location, offset: toldOffset } as const)
  if (status.kind === 'lost') return false
  await run.reader.close()
  run.location = status.location
  run.offset = Math.min(status.offset, push.blob.descriptor.size)
  run.reader = readerAt(push, run.offset)
  return true
}

function readerAt({ blob, signal }: BlobPush, offset: number): ByteReader {
  return createByteReader(skip(blob.open(signal), offset))
}

function chunkSizeFor({ registry, notes }: Host, { minChunkBytes }: UploadStart): number {
  const wanted = Math.min(chunkCaps[registry] ?? defaultChunkBytes, notes.maxChunkBytes)
  return Math.min(Math.max(wanted, minChunkBytes), largestChunkBytes)
}
