import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { createSpdySession, type SpdyStream } from '../../../kube/index.ts'
import type { StoredObject } from '../../store-contract.ts'
import { PlainRefusal, stopWith, type StreamServing, type UpgradeRequest } from './contract.ts'
import { upgradeToSpdy } from './spdy-upgrade.ts'
import { acceptWebSocket, chooseProtocol, isWebSocket, sendOn } from './web-socket.ts'

const tunnel = 'SPDY/3.1+portforward.k8s.io'
const channelProtocol = 'v4.channel.k8s.io'

/** `…/pods/p/portforward`: SPDY, SPDY through a WebSocket, or two channels for each port. */
export async function servePorts(serving: StreamServing, request: UpgradeRequest, pod: StoredObject): Promise<void> {
  const forwarding: Forwarding = { serving, pod }
  if (!isWebSocket(request)) {
    upgradeToSpdy(request, ['portforward.k8s.io'])
    serveSession(request.socket, forwarding)
    return
  }
  const ports = request.url.searchParams.getAll('ports').map(Number)
  const offers = request.req.headers['sec-websocket-protocol'] ?? ''
  if (ports.length === 0 && !offers.includes(tunnel)) throw new PlainRefusal(400, 'query parameter "port" is required')
  const protocol = chooseProtocol(request, ports.length === 0 ? [tunnel] : [tunnel, channelProtocol])
  const socket = await acceptWebSocket(request, protocol)
  if (protocol === channelProtocol) await serveChannels(socket, ports, forwarding)
  else {
    const { createWebSocketStream } = await import('ws')
    serveSession(createWebSocketStream(socket), forwarding)
  }
}

interface Forwarding {
  readonly serving: StreamServing
  readonly pod: StoredObject
}

/** Each connection is an error stream and a data stream with the same request id. */
function serveSession(connection: Duplex, forwarding: Forwarding): void {
  const { closing, onError } = forwarding.serving
  const waiting = new Map<string, Map<string, SpdyStream>>()
  const onStream = (stream: SpdyStream): void => {
    const id = stream.headers['requestid'] ?? ''
    const pair = waiting.get(id) ?? new Map<string, SpdyStream>()
    waiting.set(id, pair.set(stream.headers['streamtype'] ?? '', stream))
    const [errors, data] = [pair.get('error'), pair.get('data')]
    if (errors === undefined || data === undefined) return
    waiting.delete(id)
    join(data, errors.duplex, forwarding).catch(onError)
  }
  const session = createSpdySession(connection, { role: 'server', onStream })
  stopWith(closing, () => session.close(), session.closed)
}

async function join({ headers, duplex }: SpdyStream, errors: Duplex, { serving, pod }: Forwarding): Promise<void> {
  const connection = await serving.context.runtime.connectPort(pod, Number(headers['port']))
  if ('failure' in connection) {
    errors.end(connection.failure)
    duplex.resume()
    duplex.end()
    return
  }
  duplex.pipe(connection)
  connection.pipe(duplex)
  connection.once('end', () => errors.end())
  connection.once('close', () => (duplex.readableEnded ? undefined : duplex.resume()))
  duplex.once('close', () => connection.destroy())
}

async function serveChannels(socket: WebSocket, ports: readonly number[], forwarding: Forwarding): Promise<void> {
  const { closing } = forwarding.serving
  stopWith(closing, () => socket.terminate(), once(socket, 'close'))
  for (const [index, port] of ports.entries()) {
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(port)
    await sendOn(socket, index * 2, bytes)
    await sendOn(socket, index * 2 + 1, bytes)
  }
  await Promise.all(ports.map(async (port, index) => serveChannel(socket, { port, index }, forwarding)))
  socket.close(1000)
}

async function serveChannel(
  socket: WebSocket,
  { port, index }: { readonly port: number; readonly index: number },
  { serving, pod }: Forwarding,
): Promise<void> {
  const early: Buffer[] = []
  let take = (bytes: Buffer): void => void early.push(bytes)
  socket.on('message', (data: Buffer) => {
    if (data[0] === index * 2) take(data.subarray(1))
  })
  const connection = await serving.context.runtime.connectPort(pod, port)
  if ('failure' in connection) {
    await sendOn(socket, index * 2 + 1, connection.failure)
    return
  }
  take = (bytes) => {
    if (connection.write(bytes)) return
    socket.pause()
    connection.once('drain', () => socket.resume())
  }
  for (const bytes of early) take(bytes)
  socket.once('close', () => connection.destroy())
  try {
    for await (const chunk of connection as AsyncIterable<Buffer>) await sendOn(socket, index * 2, chunk)
  } catch {
    // the connection broke: the channel ends as well
  }
}
