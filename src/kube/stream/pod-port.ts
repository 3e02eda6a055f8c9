import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { isToolError, ToolError } from '../../errors/index.ts'
import { KubeRefusal } from '../api/kube-refusal.ts'
import type { PodRef } from '../contract.ts'
import { createSpdySession } from './spdy.ts'
import { openUpgrade, type StreamContext, type StreamRequest } from './upgrade.ts'

/** Opens one connection to a port of a pod. */
export async function connectPodPort(
  context: StreamContext,
  pod: PodRef,
  { port, signal }: { readonly port: number; readonly signal?: AbortSignal },
): Promise<Duplex> {
  const request: StreamRequest = {
    path: `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/portforward`,
    query: new URLSearchParams(),
    about: { verb: 'forward', what: `port ${port} of pod/${pod.name} in namespace ${pod.namespace}` },
    ...(signal === undefined ? {} : { signal }),
  }
  try {
    return await overSpdy(context, request, port)
  } catch (error) {
    if (!isUpgradeRefused(error)) throw error
    return overWebSocket(context, request, port)
  }
}

/** Proxies that know WebSockets but not SPDY answer in many ways; what is a verdict on the request itself counts. */
function isUpgradeRefused(error: unknown): boolean {
  if (!isToolError(error)) return false
  const isCut = error.code === 'KUBE_UNREACHABLE' && isToolError(error.cause, 'HTTP_INTERRUPTED')
  if (!(error.cause instanceof KubeRefusal)) return isCut
  const { status, reason } = error.cause
  return reason === '' && ![401, 404].includes(status)
}

/** What kubectl used up to 1.30, and every server knows; both directions end by themselves. */
async function overSpdy(context: StreamContext, request: StreamRequest, port: number): Promise<Duplex> {
  const { socket, head } = await openUpgrade(context, request, {
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': 'portforward.k8s.io',
  })
  if (head.length > 0) socket.unshift(head)
  const session = createSpdySession(socket, { role: 'client' })
  const headers = { port: String(port), requestid: '0' }
  const errors = session.open({ ...headers, streamtype: 'error' })
  errors.end()
  const data = session.open({ ...headers, streamtype: 'data' })
  void failWith(data, errors, request)
  data.once('close', () => session.close())
  return data
}

async function failWith(data: Duplex, errors: Duplex, request: StreamRequest): Promise<void> {
  const text = await readAll(errors)
  if (text !== '') data.destroy(portError(text, request))
}

async function readAll(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    // it ends with the connection
  }
  return Buffer.concat(chunks).toString('utf8')
}

function portError(text: string, { about }: StreamRequest): ToolError {
  return new ToolError('KUBE_FAILED', `cannot forward ${about.what}: ${text.trim()}`)
}

/** The older protocol of two channels: it cannot say that one direction has ended. */
async function overWebSocket(context: StreamContext, request: StreamRequest, port: number): Promise<Duplex> {
  const { openWebSocket, keepAlive } = await import('./web-socket.ts')
  const query = new URLSearchParams({ ports: String(port) })
  const socket = await openWebSocket(context, { ...request, query }, ['v4.channel.k8s.io'])
  keepAlive(socket)
  return channelDuplex(socket, request)
}

function channelDuplex(socket: WebSocket, request: StreamRequest): Duplex {
  const begun = new Set<number>()
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.from([0]), chunk]), (error?: Error | null) => done(error ?? null))
    },
    destroy(error, done) {
      socket.close()
      done(error)
    },
  })
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0
    // the first message of a channel repeats the port
    if (!begun.has(channel)) begun.add(channel)
    else if (channel === 1) duplex.destroy(portError(data.subarray(1).toString('utf8'), request))
    else if (!duplex.push(data.subarray(1))) socket.pause()
  })
  socket.once('close', () => duplex.push(null))
  socket.resume()
  return duplex
}
