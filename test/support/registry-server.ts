import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, mediaTypes, type DigestAlgorithm } from '../../src/image/index.ts'
import {
  createFileStore,
  createMemoryStore,
  createRegistryHandler,
  type RegistryStore,
} from '../../src/registry-server/index.ts'

/** A running embedded registry. */
export interface ServedRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly server: Server
  /** What the handler told of; closing fails when there is any left. */
  readonly errors: unknown[]
  call(method: string, path: string, request?: TestRequest): Promise<TestAnswer>
  close(): Promise<void>
}

interface TestRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent without saying how long it is. */
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>
}

export interface TestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** The body as JSON. */
  json(): any // oxlint-disable-line typescript/no-explicit-any -- tests look into it
  /** Codes of the error body. */
  readonly errors: readonly string[]
}

/** Serves a store on a free port of loopback. */
export async function serveRegistry(store: RegistryStore): Promise<ServedRegistry> {
  const errors: unknown[] = []
  const handler = createRegistryHandler({ store, onError: (error) => errors.push(error) })
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (req, res) => void handler(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    server,
    errors,
    call: async (method, path, request) => call(`http://${host}`, method, path, request),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (errors.length > 0) throw new Error('the registry failed in a test', { cause: errors[0] })
    },
  }
}

/** Both stores, to run one suite over each. */
export const storeKinds = ['memory', 'file'] as const

/** Serves a new, empty store; closing removes it. */
export async function serveNewStore(kind: (typeof storeKinds)[number]): Promise<ServedRegistry> {
  if (kind === 'memory') return serveRegistry(createMemoryStore())
  const folder = await mkdtemp(join(tmpdir(), 'registry-'))
  const served = await serveRegistry(createFileStore(folder))
  return {
    ...served,
    async close() {
      await served.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function call(origin: string, method: string, path: string, request: TestRequest = {}): Promise<TestAnswer> {
  const response = await fetch(new URL(path, origin), { ...request, method, redirect: 'manual', duplex: 'half' })
  const bytes = Buffer.from(await response.arrayBuffer())
  const json = (): any => JSON.parse(bytes.toString()) // oxlint-disable-line typescript/no-explicit-any
  const isFault = response.status >= 400 && bytes.length > 0
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json,
    errors: isFault ? (json().errors as { code: string }[]).map(({ code }) => code) : [],
  }
}

let names = 0

/** A repository name that no other test uses. */
export function newRepository(): string {
  names += 1
  return `team-${names}/app_${names}`
}

/** Bytes that no other test has. */
export function newBytes(size = 512): Buffer {
  return randomBytes(size)
}

/** Sends bytes as they are asked for, without a length. */
export function streamOf(bytes: Uint8Array, pieces = 3): ReadableStream<Uint8Array> {
  const step = Math.ceil(bytes.length / pieces)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + step))
      at += step
    },
  })
}

interface PushedBlobOptions {
  readonly algorithm?: DigestAlgorithm
  readonly mediaType?: string
}

/** Pushes a blob in one request; gives its descriptor. */
export async function pushBlob(
  registry: ServedRegistry,
  repository: string,
  bytes: Uint8Array = newBytes(),
  { algorithm = 'sha256', mediaType = mediaTypes.oci.layerGzip }: PushedBlobOptions = {},
): Promise<{ mediaType: string; digest: string; size: number }> {
  const digest = digestOf(bytes, algorithm)
  const answer = await registry.call('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes })
  if (answer.status !== 201) throw new Error(`pushing a blob: ${answer.status} ${answer.bytes.toString()}`)
  return { mediaType, digest, size: bytes.length }
}

/** A manifest of pushed blobs; `more` replaces its members. */
export async function makeManifest(
  registry: ServedRegistry,
  repository: string,
  more: object = {},
): Promise<Record<string, unknown>> {
  const config = await pushBlob(registry, repository, newBytes(), { mediaType: mediaTypes.oci.config })
  const layers = [await pushBlob(registry, repository), await pushBlob(registry, repository)]
  return { schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers, ...more }
}

/** A document as it is pushed. */
export function encode(document: object): Buffer {
  return Buffer.from(JSON.stringify(document))
}

/** Pushes a manifest under a tag or, by default, its digest. */
export async function putManifest(
  registry: ServedRegistry,
  repository: string,
  document: { readonly mediaType?: unknown } | Buffer,
  { reference, contentType = mediaTypes.oci.manifest }: { reference?: string; contentType?: string } = {},
): Promise<TestAnswer & { readonly digest: string; readonly sent: Buffer }> {
  const sent = Buffer.isBuffer(document) ? document : encode(document)
  const digest = digestOf(sent)
  const mediaType = Buffer.isBuffer(document) ? undefined : document.mediaType
  const headers = { 'content-type': typeof mediaType === 'string' ? mediaType : contentType }
  const path = `/v2/${repository}/manifests/${reference ?? digest}`
  return { ...(await registry.call('PUT', path, { headers, body: sent })), digest, sent }
}

/** Pushes a small image; gives its descriptor. */
export async function pushImage(
  registry: ServedRegistry,
  repository: string,
  options: { readonly reference?: string; readonly more?: object } = {},
): Promise<{ mediaType: string; digest: string; size: number }> {
  const manifest = await makeManifest(registry, repository, options.more)
  const { reference } = options
  const answer = await putManifest(registry, repository, manifest, reference === undefined ? {} : { reference })
  if (answer.status !== 201) throw new Error(`pushing a manifest: ${answer.status} ${answer.bytes.toString()}`)
  return { mediaType: mediaTypes.oci.manifest, digest: answer.digest, size: answer.sent.length }
}
