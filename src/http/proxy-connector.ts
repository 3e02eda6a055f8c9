import tls from 'node:tls'
import type { buildConnector } from 'undici'
import { connectThroughProxy } from './tunnel.ts'

/** How undici connects to a server through a proxy; its own agents for that need more of it than is loaded. */
export function proxyConnector(
  proxy: string,
  { timeout, ...secure }: { readonly timeout: number } & tls.ConnectionOptions,
): buildConnector.connector {
  const connect = async (asked: buildConnector.Options): Promise<tls.TLSSocket | Awaited<Tunnel>> => {
    const isSecure = asked.protocol === 'https:'
    const host = asked.hostname.replace(/^\[|\]$/g, '')
    const target = { host, port: Number(asked.port) || (isSecure ? 443 : 80) }
    const socket = await connectThroughProxy(proxy, target, { timeoutMs: timeout })
    if (!isSecure) return socket
    const named = asked.servername ?? ''
    const servername = secure.servername ?? (named === '' ? host : named)
    const secured = tls.connect({ ...secure, socket, servername, ALPNProtocols: ['http/1.1'] })
    return new Promise((resolve, reject) => {
      secured.once('secureConnect', () => {
        secured.off('error', reject)
        resolve(secured)
      })
      secured.once('error', reject)
    })
  }
  const answer = async (asked: buildConnector.Options, done: buildConnector.Callback): Promise<void> => {
    try {
      done(null, await connect(asked))
    } catch (error) {
      done(asError(error), null)
    }
  }
  return (asked, done) => void answer(asked, done)
}

type Tunnel = ReturnType<typeof connectThroughProxy>

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
