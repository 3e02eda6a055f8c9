import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isToolError, ToolError } from '../../errors/index.ts'
import { connectionError, refusal } from '../api/failure.ts'
import { KubeRefusal } from '../api/kube-refusal.ts'
import type { Credentials, CredentialSource } from '../auth/contract.ts'
import { createCredentials } from '../auth/credentials.ts'
import type { KubeOutside, KubeTarget } from '../config/target.ts'
import { createDial, type Dial } from './dial.ts'

/** A request for a connection that both sides write to. */
export interface StreamRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly signal?: AbortSignal
  readonly about: { readonly verb: string; readonly what: string }
}

/** What streams to one cluster are opened with. */
export interface StreamContext {
  readonly target: KubeTarget
  readonly credentials: CredentialSource
  readonly dial: Dial
}

export function createStreamContext(target: KubeTarget, outside: KubeOutside): StreamContext {
  return { target, credentials: createCredentials(target.user, outside), dial: createDial(target, outside) }
}

/** Tries with the user's credentials, and once more with renewed ones when they were refused. */
export async function withCredentials<T>(
  { credentials }: StreamContext,
  { signal }: StreamRequest,
  open: (proof: Credentials) => Promise<T>,
): Promise<T> {
  const proof = await credentials.get(signal)
  try {
    return await open(proof)
  } catch (error) {
    const isRefused = isToolError(error) && error.cause instanceof KubeRefusal && error.cause.status === 401
    if (!isRefused || !credentials.renew(proof)) throw error
    return open(await credentials.get(signal))
  }
}

/** The error of an answer other than 101. */
export async function refuse(
  target: KubeTarget,
  { path, about }: StreamRequest,
  answer: Promise<{ readonly status: number; readonly text: string }>,
): Promise<ToolError> {
  const { status, text } = await answer
  return refusal(text, { request: { method: 'GET', path, about }, status, target })
}

/**
 * Upgrades a connection to another protocol; the socket is paused, `head` came with the answer.
 * @throws KUBE_UNREACHABLE, KUBE_FORBIDDEN and the client's other codes
 */
export async function openUpgrade(
  context: StreamContext,
  request: StreamRequest,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly socket: Duplex; readonly head: Buffer }> {
  const { target, dial } = context
  return withCredentials(context, request, async (proof) => {
    try {
      const connection = await dial(proof.certificate, request.signal)
      const { host, pathname } = new URL(target.server)
      const outgoing = http.request({
        createConnection: () => connection,
        method: 'POST',
        path: `${pathname.replace(/\/$/, '')}${request.path}?${request.query.toString()}`,
        headers: { host, 'user-agent': 'catamaran', connection: 'Upgrade', ...headers, ...proof.headers },
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      })
      return await answerTo(outgoing)
    } catch (error) {
      request.signal?.throwIfAborted()
      if (error instanceof Refused) throw await refuse(target, request, Promise.resolve(error))
      throw connectionError(isToolError(error) ? error : interrupted(error), target)
    }
  })
}

class Refused extends Error {
  readonly status: number
  readonly text: string

  constructor(status: number, text: string) {
    super(text)
    this.status = status
    this.text = text
  }
}

const answerTimeoutMs = 30_000

function answerTo(outgoing: http.ClientRequest): Promise<{ readonly socket: Duplex; readonly head: Buffer }> {
  return new Promise((resolve, reject) => {
    outgoing.setTimeout(answerTimeoutMs, () => outgoing.destroy(new Error('no answer within 30 s')))
    outgoing.once('upgrade', (_response, socket, head) => {
      socket.setTimeout(0)
      // nothing may be lost before somebody listens
      socket.pause()
      resolve({ socket, head })
    })
    outgoing.once('response', (response) => {
      readText(response).then((text) => reject(new Refused(response.statusCode ?? 0, text)), reject)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** What a refusal says, up to a mebibyte of it. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > 1024 * 1024) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function interrupted(error: unknown): ToolError {
  return new ToolError('HTTP_INTERRUPTED', error instanceof Error ? error.message : String(error), { cause: error })
}
