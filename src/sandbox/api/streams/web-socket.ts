import type { WebSocket } from 'ws'
import { PlainRefusal, type UpgradeRequest } from './contract.ts'

/** The protocols that a request offers, in its order. */
function offeredProtocols({ req }: UpgradeRequest): readonly string[] {
  const header = req.headers['sec-websocket-protocol'] ?? ''
  return header.split(',').map((name) => name.trim())
}

/** Whether it asks for a WebSocket; the other possibility is SPDY. */
export function isWebSocket({ req }: UpgradeRequest): boolean {
  return (req.headers.upgrade ?? '').toLowerCase() === 'websocket'
}

/** Of the offered protocols the first that is supported; throws a 403 when there is none. */
export function chooseProtocol(request: UpgradeRequest, supported: readonly string[]): string {
  const chosen = supported.find((name) => offeredProtocols(request).includes(name))
  if (chosen === undefined) throw new PlainRefusal(403, '')
  return chosen
}

/** Completes the handshake with a protocol of any name: those of Kubernetes have characters that no token has. */
export async function acceptWebSocket({ req, socket, head }: UpgradeRequest, protocol: string): Promise<WebSocket> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  server.on('headers', (headers) => {
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
  })
  delete req.headers['sec-websocket-protocol']
  return new Promise((resolve) => {
    server.handleUpgrade(req, socket, head, (accepted) => {
      accepted.on('error', () => accepted.terminate())
      resolve(accepted)
    })
  })
}

/** Sends one message of a channel, and waits until it is on its way. */
export function sendOn(socket: WebSocket, channel: number, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => {
    const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    // whoever is gone needs no message
    socket.send(Buffer.concat([Buffer.from([channel]), body]), () => resolve())
  })
}
