import { timingSafeEqual } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { PodRuntime } from '../contract.ts'
import type { RevisionedStore } from '../store/index.ts'
import { createCatalog } from './catalog.ts'
import type { Certificate } from './certificate.ts'
import { dispatch } from './dispatch.ts'
import { decodeProtobuf } from './protobuf.ts'
import { eventWriterFor, write } from './represent.ts'
import type { Answer, ApiContext, ApiRequest } from './request.ts'
import { anonymousRefusal, StatusError, statusDocument, unauthorized } from './status.ts'
import { PlainRefusal } from './streams/contract.ts'
import { refuseUpgrade, serveStream } from './streams/serve-streams.ts'

export interface ApiServerOptions {
  readonly store: RevisionedStore
  /** Where the logs of pods come from. */
  readonly runtime: PodRuntime
  /** Whoever sends it may do everything. */
  readonly token: string
  readonly certificate: Certificate
  readonly clock: () => Date
  /** Told of failures that are the sandbox's own; the client sees a 500. */
  readonly onError: (error: unknown) => void
}

export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** Ends watches and followed logs, and closes all connections. */
  close(): Promise<void>
}

/** Starts the Kubernetes API on a free port of the loopback device. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, runtime, clock, certificate } = options
  const context: ApiContext = { store, runtime, clock, catalog: createCatalog(store) }
  const closing = new AbortController()
  // one for each watch and stream
  setMaxListeners(0, closing.signal)
  const serving: Serving = { context, options, closing: closing.signal }
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, (req, res) => {
    void serve(serving, req, res)
  })
  server.on('upgrade', (req, socket, head) => void upgrade(serving, { req, socket, head }))
  const port = await listen(server)
  return {
    url: `https://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

interface Serving {
  readonly context: ApiContext
  readonly options: ApiServerOptions
  readonly closing: AbortSignal
}

async function serve(serving: Serving, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await answer(serving, req, res)
  } catch (error) {
    if (res.destroyed || req.errored !== null) return
    if (!(error instanceof StatusError)) serving.options.onError(error)
    refuse(res, error)
  }
}

async function answer(
  { context, options, closing }: Serving,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://sandbox')
  checkCredentials(req, url, options.token)
  const request: ApiRequest = {
    method: req.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    accept: req.headers.accept ?? '',
    userAgent: req.headers['user-agent'] ?? '',
    ...readable(req.headers['content-type'] ?? '', await readBody(req)),
  }
  const { answer, route } = dispatch(context, request, {
    host: req.headers.host ?? '127.0.0.1',
    eventWriter: eventWriterFor(request, context.clock),
  })
  if (answer.form === 'stream') {
    await stream(answer, res, closing)
    return
  }
  const written = write(answer, { request, now: context.clock(), ...(route !== undefined && { route }) })
  for (const warning of written.warnings) res.appendHeader('Warning', `299 - ${JSON.stringify(warning)}`)
  send(res, written)
}

async function upgrade(
  { context, options, closing }: Serving,
  { req, socket, head }: { readonly req: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    const url = new URL(req.url ?? '/', 'http://sandbox')
    checkCredentials(req, url, options.token)
    await serveStream({ context, closing, onError: options.onError }, { req, socket, head, url })
  } catch (error) {
    if (!(error instanceof StatusError || error instanceof PlainRefusal)) options.onError(error)
    refuseUpgrade(socket, error)
  }
}

/** The paths that a real server shows to everyone. */
const open = /^\/(version|healthz|livez|readyz)(\/|$)/

function checkCredentials({ headers, method = 'GET' }: IncomingMessage, url: URL, token: string): void {
  const { authorization } = headers
  if (authorization === undefined) {
    if (!open.test(url.pathname)) throw anonymousRefusal(method, url.pathname)
    return
  }
  const given = Buffer.from(authorization)
  const expected = Buffer.from(`Bearer ${token}`)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw unauthorized()
}

/** As long as etcd lets a request be. */
const maxBodyBytes = 3 * 1024 * 1024

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  // A body that is left unread must not take the answer's connection with it.
  const incoming = req.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  for await (const chunk of incoming) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBodyBytes) {
      const message = `Request entity too large: limit is ${maxBodyBytes}`
      const body = { message, reason: 'RequestEntityTooLarge', details: {}, code: 413 }
      throw new StatusError(body, { connection: 'close' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A body as text; what can be read of protobuf becomes the JSON that it stands for. */
function readable(contentType: string, bytes: Buffer): Pick<ApiRequest, 'contentType' | 'body'> {
  const isProtobuf = contentType.startsWith('application/vnd.kubernetes.protobuf')
  const decoded = isProtobuf ? decodeProtobuf(bytes) : undefined
  if (decoded !== undefined) return { contentType: 'application/json', body: JSON.stringify(decoded) }
  return { contentType, body: bytes.toString('utf8') }
}

interface Sent {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

function send(res: ServerResponse, { status, contentType, text }: Sent): void {
  res.statusCode = status
  res.setHeader('Cache-Control', 'no-cache, private')
  if (contentType !== '' && status !== 204) res.setHeader('Content-Type', contentType)
  res.end(status === 204 ? undefined : text)
}

function refuse(res: ServerResponse, error: unknown): void {
  const body = error instanceof StatusError ? error.body : internal(error)
  if (res.headersSent) {
    res.destroy()
    return
  }
  for (const [name, value] of Object.entries(error instanceof StatusError ? error.headers : {})) {
    res.setHeader(name, value)
  }
  send(res, { status: body.code, contentType: 'application/json', text: `${JSON.stringify(statusDocument(body))}\n` })
}

function internal(error: unknown): StatusError['body'] {
  const text = error instanceof Error ? error.message : String(error)
  return {
    message: `Internal error occurred: ${text}`,
    reason: 'InternalError',
    details: { causes: [{ message: text }] },
    code: 500,
  }
}

/** Sends the head at once: a client that watches waits for it before anything happens. */
async function stream(
  { contentType, run }: Answer & { form: 'stream' },
  res: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  const abort = (): void => gone.abort()
  res.once('close', abort)
  closing.addEventListener('abort', abort, { once: true })
  if (closing.aborted) abort()
  res.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-cache, private' })
  res.flushHeaders()
  await run((text) => void res.write(text), gone.signal)
  closing.removeEventListener('abort', abort)
  res.end()
}
