import { createCipheriv } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createImage, digestOf, mediaTypes, type Blob, type Image, type Layer } from '../../src/image/index.ts'
import { parseReference, type Reference } from '../../src/reference/index.ts'
import { createRegistry, type Registry, type RegistryOptions } from '../../src/registry/index.ts'

/** A request that a server got; its status once it was answered. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly status: number
}

/** A loopback server that notes what it gets. */
export interface Spy {
  readonly host: string
  readonly url: string
  readonly seen: Seen[]
  /** `METHOD /path → status`, digests shortened, and the list emptied. */
  lines(): string[]
  close(): Promise<void>
}

export async function startSpy(listener: RequestListener, onlyHost = '127.0.0.1'): Promise<Spy> {
  const seen: Seen[] = []
  const server = createServer((req, res) => {
    seen.push({
      method: req.method ?? '',
      url: req.url ?? '',
      authorization: req.headers.authorization,
      headers: req.headers,
      get status() {
        return res.statusCode
      },
    })
    listener(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, onlyHost, resolve))
  const host = `${onlyHost}:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    seen,
    lines: () => seen.splice(0).map(({ method, url, status }) => `${method} ${short(url)} → ${status}`),
    close: async () => closeServer(server),
  }
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Ids of uploads and digits of digests say nothing. */
function short(url: string): string {
  return decodeURIComponent(url)
    .replaceAll(/(sha256:[0-9a-f]{6})[0-9a-f]+/g, '$1')
    .replaceAll(/uploads\/[\w-]{8,}/g, 'uploads/ID')
}

/** A client that knows no credentials and does not wait long. */
export function aRegistry(options: Partial<RegistryOptions> = {}): Registry {
  return createRegistry({
    env: {},
    systemFolder: '/nowhere',
    runProcess: async () => Promise.reject(new Error('no program may be started')),
    http: { retry: { sleep: async () => Promise.resolve() } },
    ...options,
  })
}

export function aReference(host: string, path: string): Reference {
  return parseReference(`${host}/${path}`)
}

export function aBlob(content: string | Uint8Array, knownIn?: Blob['knownIn']): Blob {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return {
    descriptor: { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length },
    async *open() {
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    },
    ...(knownIn === undefined ? {} : { knownIn }),
  }
}

export function anImage(architecture: string, content = architecture, variant?: string): Image {
  const blob = aBlob(`layer of ${content}`)
  const layer: Layer = {
    ...blob,
    descriptor: { ...blob.descriptor, mediaType: mediaTypes.oci.layer },
    diffId: blob.descriptor.digest,
  }
  return createImage({
    config: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
    layers: [layer],
  })
}

/** Bytes that do not repeat, the same each time. */
export function someBytes(length: number): Uint8Array {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(length))
}

export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}
