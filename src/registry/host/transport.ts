import {
  createHttpClient,
  proxyFromEnv,
  withRetry,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
  type RetryOptions,
  type TlsOptions,
} from '../../http/index.ts'
import type { Limiter } from '../../support/index.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** Connections to all hosts: with each host's own certificates, tried again and slowed down as each host asks. */
export interface Transport {
  request(request: HttpRequest, how: SendOptions): Promise<HttpResponse>
  /** So many uploads at once to the host; their bodies may be answers of the same host, which `request` limits. */
  uploads(url: string): Limiter
  close(): Promise<void>
}

/** How one request is sent. */
interface SendOptions {
  /** The host's own; the common ones when absent. Equal objects share connections. */
  readonly tls: TlsOptions | undefined
  /** False: a broken connection is not tried again, for it may mean that the server speaks something else. */
  readonly mayRetry?: boolean
}

/** What a transport is made of. */
export interface TransportOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly http?: HttpClientOptions
}

const defaultMaxRequests = 8
const defaultMaxUploads = 8

/** Opens nothing before the first request. */
export function createTransport(options: TransportOptions): Transport {
  const clients = new Map<TlsOptions | undefined, HttpClient>()
  const throttles = new Map<string, Throttle>()
  const throttleOf = (kind: 'requests' | 'uploads', url: string): Throttle => {
    const key = `${kind} ${new URL(url).origin}`
    const max = kind === 'uploads' ? defaultMaxUploads : (options.http?.maxPerOrigin ?? defaultMaxRequests)
    const throttle = throttles.get(key) ?? createThrottle(max)
    throttles.set(key, throttle)
    return throttle
  }
  const clientOf = (tls: TlsOptions | undefined): HttpClient => {
    const client = clients.get(tls) ?? createHttpClient(clientOptions(options, tls))
    clients.set(tls, client)
    return client
  }
  return {
    request(request, { tls, mayRetry }) {
      const client = clientOf(tls)
      const both = [throttleOf('requests', request.url), throttleOf('uploads', request.url)]
      const sendNoted = async (): Promise<HttpResponse> => {
        const response = await client.request(request)
        note(response.status, both)
        return response
      }
      // a body that is made by a function may itself be the answer to a request that waits here
      const isStream = typeof request.body === 'function'
      const send = isStream ? sendNoted : async () => throttleOf('requests', request.url).run(sendNoted)
      const retry = { maxAttempts: 5, ...options.http?.retry }
      return mayRetry === false ? retryAnswersOnly(request, send, retry) : withRetry(request, send, retry)
    },
    uploads: (url) => throttleOf('uploads', url).run,
    async close() {
      const open = [...clients.values()]
      clients.clear()
      await Promise.all(open.map(async (client) => client.close()))
    },
  }
}

function note(status: number, throttles: readonly Throttle[]): void {
  for (const throttle of throttles) {
    if (status === 429 || status === 503) throttle.slowDown()
    else if (status < 500) throttle.speedUp()
  }
}

/** The client tries once and waits for nobody: trying again and waiting is done here, where each answer is seen. */
function clientOptions({ env, http }: TransportOptions, tls: TlsOptions | undefined): HttpClientOptions {
  return {
    proxy: proxyFromEnv(env),
    ...http,
    ...(tls === undefined ? {} : { tls: { ...http?.tls, ...tls } }),
    maxPerOrigin: Number.POSITIVE_INFINITY,
    retry: { maxAttempts: 1 },
  }
}

async function retryAnswersOnly(
  request: HttpRequest,
  send: () => Promise<HttpResponse>,
  retry: RetryOptions,
): Promise<HttpResponse> {
  let failure: { readonly error: unknown } | undefined
  const sendOnce = async (): Promise<HttpResponse> => {
    try {
      return await send()
    } catch (error) {
      failure = { error }
      throw new ConnectionFailed()
    }
  }
  try {
    return await withRetry(request, sendOnce, retry)
  } catch (error) {
    throw error instanceof ConnectionFailed && failure !== undefined ? failure.error : error
  }
}

/** Nothing that is tried again. */
class ConnectionFailed extends Error {}
