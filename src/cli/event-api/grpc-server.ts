import { constants, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { decodeMessage } from './decode-message.ts'
import { encodeMessage } from './encode-message.ts'
import type { Serving } from './http-server.ts'
import { maxBodyBytes, readBody, refusalOf } from './local-requests.ts'
import { isRefusal, methods, type Method } from './methods.ts'
import { whileOpen, writeAll } from './write-all.ts'

/** How a call ended: https://grpc.io/docs/guides/status-codes/ */
const statuses = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
} as const

interface Outcome {
  readonly status: keyof typeof statuses
  readonly message?: string
}

/**
 * The API as gRPC over HTTP/2 without TLS; not listening yet.
 * Follows https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function createGrpcServer(serving: Serving): Http2Server {
  const server = createServer({ maxSessionMemory: 10 })
  server.on('session', (session) => {
    session.on('error', () => {})
    // a connection without a call must not keep the process alive
    session.unref()
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    answer(stream, headers, serving).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  })
  return server
}

async function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serving: Serving): Promise<void> {
  const type = headers['content-type'] ?? ''
  if (headers[':method'] !== 'POST' || !type.startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true })
    return
  }
  const refusal = refusalOf(headers[':authority'] ?? headers.host, headers.origin)
  if (refusal !== undefined) return refuse(stream, { status: 'PERMISSION_DENIED', message: refusal })
  const method = methods.find(({ path }) => path === headers[':path'])
  if (method === undefined) {
    return refuse(stream, { status: 'UNIMPLEMENTED', message: `unknown method ${headers[':path'] ?? ''}` })
  }
  return method.kind === 'stream' ? answerStream(stream, method, serving) : answerSingle(stream, method, serving)
}

async function answerStream(
  stream: ServerHttp2Stream,
  method: Extract<Method, { kind: 'stream' }>,
  { log, signal, onConnected }: Serving,
): Promise<void> {
  // what the client sends has nothing that would be needed
  stream.resume()
  begin(stream, { status: 'OK' })
  if (method.waitsForEvents) onConnected()
  await writeAll(stream, {
    journal: method.journal(log),
    signal: whileOpen(stream, signal),
    toBytes: (entry) => frame(encodeMessage(entry, method.response)),
  })
  if (!stream.destroyed) stream.end()
}

async function answerSingle(
  stream: ServerHttp2Stream,
  method: Extract<Method, { kind: 'single' }>,
  { log }: Serving,
): Promise<void> {
  const body = await readBody(stream)
  if (body === undefined) {
    return refuse(stream, { status: 'RESOURCE_EXHAUSTED', message: `more than ${maxBodyBytes} bytes` })
  }
  const read = readFrame(body)
  if ('status' in read) return refuse(stream, read)
  const request = decodeMessage(read.content, method.request)
  if (request === undefined) return refuse(stream, { status: 'INVALID_ARGUMENT', message: 'the request is no message' })
  const answered = method.call(log, request)
  if (isRefusal(answered)) return refuse(stream, answered)
  begin(stream, { status: 'OK' })
  stream.end(frame(encodeMessage(answered, method.response)))
}

/** One message: whether it is compressed, its length in four bytes, itself. */
function readFrame(body: Buffer): { readonly content: Buffer } | Outcome {
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5) {
    return { status: 'INVALID_ARGUMENT', message: 'one whole message is expected' }
  }
  if (body[0] !== 0) return { status: 'UNIMPLEMENTED', message: 'compressed messages are not read' }
  return { content: body.subarray(5) }
}

function frame(content: Uint8Array): Buffer {
  const framed = Buffer.alloc(5 + content.length)
  framed.writeUInt32BE(content.length, 1)
  framed.set(content, 5)
  return framed
}

function begin(stream: ServerHttp2Stream, outcome: Outcome): void {
  if (stream.destroyed) return
  stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(outcome)))
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
}

/** Status and headers in one. */
function refuse(stream: ServerHttp2Stream, outcome: Outcome): void {
  if (stream.destroyed) return
  const headers = { ':status': 200, 'content-type': 'application/grpc', ...trailersOf(outcome) }
  stream.respond(headers, { endStream: true })
  // what is still sent is not wanted
  stream.close(constants.NGHTTP2_NO_ERROR)
}

function trailersOf({ status, message }: Outcome): Readonly<Record<string, string>> {
  const text = message === undefined ? {} : { 'grpc-message': encodeURIComponent(message).replaceAll('%20', ' ') }
  return { 'grpc-status': String(statuses[status]), ...text }
}
