import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { ToolError } from '../../errors/index.ts'
import { connectThroughProxy, proxyFor } from '../../http/index.ts'
import type { Credentials } from '../auth/contract.ts'
import { proxiesOf } from '../config/proxies.ts'
import type { KubeOutside, KubeTarget } from '../config/target.ts'

/** Makes the connections that streams run over: to the server itself or through the proxy that is meant for it. */
export type Dial = (certificate: Credentials['certificate'], signal?: AbortSignal) => Promise<Duplex>

const connectTimeoutMs = 10_000

export function createDial(target: KubeTarget, { env }: KubeOutside): Dial {
  const url = new URL(target.server)
  const isSecure = url.protocol === 'https:'
  const port = Number(url.port) || (isSecure ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const proxies = proxiesOf(target, { env })
  return async (certificate, signal) => {
    const proxy = proxyFor(url, proxies)
    const aborting = signal === undefined ? {} : { signal }
    const plain =
      proxy === undefined
        ? net.connect({ host, port, ...aborting })
        : await connectThroughProxy(proxy, { host, port }, { timeoutMs: connectTimeoutMs, ...aborting })
    const socket = isSecure ? secure(plain, { target, host, certificate }) : plain
    if (isSecure || proxy === undefined) await untilConnected(socket, isSecure ? 'secureConnect' : 'connect')
    return socket
  }
}

interface Secured {
  readonly target: KubeTarget
  readonly host: string
  readonly certificate: Credentials['certificate']
}

function secure(socket: net.Socket, { target, host, certificate }: Secured): tls.TLSSocket {
  const { ca, servername, isUnverified } = target.tls
  const name = servername ?? (net.isIP(host) === 0 ? host : undefined)
  return tls.connect({
    socket,
    host,
    ...(name === undefined ? {} : { servername: name }),
    ...(ca === undefined ? {} : { ca }),
    ...(isUnverified ? { rejectUnauthorized: false } : {}),
    ...(certificate ?? target.user.certificate),
    ALPNProtocols: ['http/1.1'],
  })
}

function untilConnected(socket: net.Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(unreachable(error))
    }
    const timer = setTimeout(() => fail(new Error(`no answer within ${connectTimeoutMs / 1000} s`)), connectTimeoutMs)
    socket.once('error', fail)
    socket.once(event, () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve()
    })
  })
}

const certificateErrors = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/

function unreachable(error: Error): ToolError {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return new ToolError(certificateErrors.test(code) ? 'HTTP_CERTIFICATE' : 'HTTP_UNREACHABLE', error.message, {
    cause: error,
  })
}
