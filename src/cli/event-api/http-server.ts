import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { EventLog } from './event-log.ts'
import { maxBodyBytes, readBody, refusalOf } from './local-requests.ts'
import { gatewayForm, messageJson } from './message-json.ts'
import type { Message } from './message-type.ts'
import { isRefusal, methods, type Method } from './methods.ts'
import { readJson } from './read-json.ts'
import { whileOpen, writeAll } from './write-all.ts'

/** What servers serve. */
export interface Serving {
  readonly log: EventLog
  /** Streams end with it. */
  readonly signal: AbortSignal
  /** A client reads the events. */
  readonly onConnected: () => void
}

/** The API as JSON over HTTP/1.1, in the form of grpc-gateway; not listening yet. */
export function createHttpServer(serving: Serving): Server {
  // a body of a megabyte from this machine takes no time
  const limits = { requestTimeout: 30_000, maxHeaderSize: 16 * 1024 }
  return createServer(limits, (request, response) => {
    response.on('error', () => {})
    answer(request, response, serving).catch(() => response.destroy())
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const refusal = refusalOf(request.headers.host, request.headers.origin)
  if (refusal !== undefined) return fail(response, 403, refusal)
  const path = (request.url ?? '').split('?')[0] ?? ''
  const known = methods.filter(({ http }) => http.path === path)
  const method = known.find(({ http }) => http.verb === request.method)
  if (method === undefined) {
    return known.length === 0 ? fail(response, 404, 'Not Found') : fail(response, 405, 'Method Not Allowed')
  }
  return method.kind === 'stream'
    ? answerStream(response, method, serving)
    : answerSingle(request, response, { method, serving })
}

async function answerStream(
  response: ServerResponse,
  method: Extract<Method, { kind: 'stream' }>,
  { log, signal, onConnected }: Serving,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if (method.waitsForEvents) onConnected()
  await writeAll(response, {
    journal: method.journal(log),
    signal: whileOpen(response, signal),
    toBytes: (entry) => `${JSON.stringify({ result: messageJson(entry, method.response, gatewayForm) })}\n`,
  })
  response.end()
}

interface SingleCall {
  readonly method: Extract<Method, { kind: 'single' }>
  readonly serving: Serving
}

async function answerSingle(
  request: IncomingMessage,
  response: ServerResponse,
  { method, serving }: SingleCall,
): Promise<void> {
  const body = await readBody(request)
  if (body === undefined) {
    response.setHeader('connection', 'close')
    return fail(response, 413, `more than ${maxBodyBytes} bytes`)
  }
  const read = readRequest(body, method)
  if ('problem' in read) return fail(response, 400, read.problem)
  const result = method.call(serving.log, read.message)
  if (isRefusal(result)) return fail(response, 409, result.message)
  send(response, 200, messageJson(result, method.response, gatewayForm))
}

function readRequest(body: Buffer, { request, http }: Method): ReturnType<typeof readJson> {
  if (http.body === undefined) return { message: {} }
  const { value } = parse(body)
  return readJson(http.body === '*' ? value : { [http.body]: value }, request)
}

/** What is no JSON is no object either; nothing is an empty one. */
function parse(body: Buffer): { readonly value: unknown } {
  try {
    return { value: body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown) }
  } catch {
    return { value: undefined }
  }
}

function fail(response: ServerResponse, status: number, error: string): void {
  send(response, status, { error })
}

function send(response: ServerResponse, status: number, body: Message): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
