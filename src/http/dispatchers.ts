import type { Agent, Dispatcher } from 'undici'
import type { HttpClientOptions, TlsOptions } from './contract.ts'
import { proxyFor } from './proxy.ts'
import { proxyConnector } from './proxy-connector.ts'
import { isSocks } from './socks.ts'

/** The connection pools of a client: one for direct connections and one per proxy. */
export interface Dispatchers {
  request(url: URL, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

/** undici is loaded at the first request, and only the part that is needed: nobody shall wait for the rest. */
export function createDispatchers(options: HttpClientOptions): Dispatchers {
  const pools = new Map<string, Promise<Dispatcher>>()
  const poolFor = (url: URL): Promise<Dispatcher> => {
    const proxy = proxyFor(url, options.proxy ?? {})
    const isSecure = url.protocol === 'https:'
    const key = proxy === undefined ? 'direct' : `${url.protocol} ${proxy}`
    const pool = pools.get(key) ?? open({ proxy, isSecure }, options)
    pools.set(key, pool)
    return pool
  }
  return {
    async request(url, ask) {
      const [pool, { default: request }] = await Promise.all([poolFor(url), import('undici/lib/api/api-request.js')])
      return request.call(pool, ask)
    },
    async close() {
      const open = [...pools.values()]
      pools.clear()
      await Promise.all(open.map(async (pool) => (await pool).destroy()))
    },
  }
}

interface Way {
  readonly proxy: string | undefined
  readonly isSecure: boolean
}

async function open({ proxy, isSecure }: Way, options: HttpClientOptions): Promise<Dispatcher> {
  const connect = { ...tlsOf(options.tls), timeout: options.connectTimeoutMs ?? 10_000 }
  const pooling: Agent.Options = { allowH2: false, keepAliveTimeout: 4_000 }
  if (proxy !== undefined && !isSecure && !isSocks(proxy)) {
    // plain requests go to the proxy itself, with the whole URL
    const { default: ProxyAgent } = await import('undici/lib/dispatcher/proxy-agent.js')
    return new ProxyAgent({ ...pooling, uri: proxy, proxyTunnel: false })
  }
  const { default: DirectAgent } = await import('undici/lib/dispatcher/agent.js')
  return new DirectAgent({ ...pooling, connect: proxy === undefined ? connect : proxyConnector(proxy, connect) })
}

function tlsOf(options: TlsOptions | undefined): TlsOptions {
  if (options === undefined) return {}
  const { ca, cert, key, servername, rejectUnauthorized } = options
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  }
}
