import type { ClientRequest, IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { isToolError, ToolError } from '../../errors/index.ts'
import { connectionError } from '../api/failure.ts'
import type { Credentials } from '../auth/contract.ts'
import { readText, refuse, withCredentials, type StreamContext, type StreamRequest } from './upgrade.ts'

/**
 * Opens a WebSocket to the API server. It is paused: nothing comes before `resume`.
 * @throws KUBE_UNREACHABLE, KUBE_FORBIDDEN and the client's other codes
 */
export async function openWebSocket(
  context: StreamContext,
  request: StreamRequest,
  protocols: readonly string[],
): Promise<WebSocket> {
  return withCredentials(context, request, async (proof) => connect(context, { request, protocols, proof }))
}

interface Connecting {
  readonly request: StreamRequest
  readonly protocols: readonly string[]
  readonly proof: Credentials
}

async function connect({ target, dial }: StreamContext, { request, protocols, proof }: Connecting): Promise<WebSocket> {
  const { host, pathname } = new URL(target.server)
  const { signal } = request
  try {
    const connection = await dial(proof.certificate, signal)
    const url = `ws://${host}${pathname.replace(/\/$/, '')}${request.path}?${request.query.toString()}`
    const socket = new WebSocket(url, [...protocols], {
      createConnection: () => connection,
      headers: { 'user-agent': 'catamaran', ...proof.headers },
      perMessageDeflate: false,
      handshakeTimeout: 30_000,
    })
    return await untilOpen(socket, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Unexpected) throw await refuse(target, request, error.answer)
    throw connectionError(isToolError(error) ? error : interrupted(error), target)
  }
}

class Unexpected extends Error {
  readonly answer: Promise<{ readonly status: number; readonly text: string }>

  constructor(response: IncomingMessage) {
    super('refused')
    this.answer = readText(response).then((text) => ({ status: response.statusCode ?? 0, text }))
  }
}

function untilOpen(socket: WebSocket, signal: AbortSignal | undefined): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const abort = (): void => socket.terminate()
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('open', () => {
      socket.pause()
      signal?.removeEventListener('abort', abort)
      resolve(socket)
    })
    socket.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) =>
      reject(new Unexpected(response)),
    )
    // stays: an error event without a listener would end the process
    socket.on('error', reject)
  })
}

function interrupted(error: unknown): ToolError {
  return new ToolError('HTTP_INTERRUPTED', error instanceof Error ? error.message : String(error), { cause: error })
}

const pingMs = 20_000

/** Keeps a connection from falling asleep, and ends it when the other side is gone without a word. */
export function keepAlive(socket: WebSocket): void {
  let isAnswered = true
  const timer = setInterval(() => {
    if (!isAnswered) {
      socket.terminate()
      return
    }
    // who is paused does not see answers
    isAnswered = socket.isPaused
    socket.ping()
  }, pingMs)
  timer.unref()
  socket.on('pong', () => {
    isAnswered = true
  })
  socket.once('close', () => clearInterval(timer))
}
