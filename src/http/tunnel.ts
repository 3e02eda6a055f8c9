import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import { isToolError, ToolError } from '../errors/index.ts'
import { connectThroughSocks, isSocks, type SocksOptions, type SocksTarget } from './socks.ts'

/**
 * A connection to a server through a proxy, `http://`, `https://` or `socks5://`, ready for what the server speaks.
 * @throws HTTP_UNREACHABLE; the signal's reason
 */
export async function connectThroughProxy(proxy: string, target: SocksTarget, options: SocksOptions): Promise<Socket> {
  try {
    const url = new URL(proxy)
    return await (isSocks(proxy) ? connectThroughSocks(url, target, options) : tunnel(url, target, options))
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isToolError(error)) throw error
    const why = error instanceof Error && error.message !== '' ? error.message : String(error)
    throw new ToolError('HTTP_UNREACHABLE', `the proxy ${placeOf(proxy)}: ${why}`, { cause: error })
  }
}

function placeOf(proxy: string): string {
  const { protocol, host } = new URL(proxy)
  return `${protocol}//${host}`
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
function tunnel(proxy: URL, { host, port }: SocksTarget, { timeoutMs, signal }: SocksOptions): Promise<Socket> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const start = proxy.protocol === 'https:' ? https.request : http.request
  const request = start({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? defaultPorts[proxy.protocol] : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  })
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode }, socket: Socket) => {
      socket.setTimeout(0)
      if (statusCode === 200) resolve(socket)
      else {
        socket.destroy()
        reject(new Error(`it answered CONNECT with status ${statusCode}`))
      }
    })
    request.once('timeout', () => request.destroy(new Error('it does not answer')))
    request.once('error', reject)
    request.end()
  })
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {}
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return { 'proxy-authorization': `Basic ${pair}` }
}
