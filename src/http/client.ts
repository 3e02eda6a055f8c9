import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { createLimiter, type Limiter } from '../support/index.ts'
import type { HttpBody, HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from './contract.ts'
import { createDispatchers, type Dispatchers } from './dispatchers.ts'
import { connectionFailure } from './failure.ts'
import { withRetry } from './retry.ts'

/** Makes a client with its own connections; nothing is loaded or opened before the first request. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const dispatchers = createDispatchers(options)
  const limits = new Map<string, Limiter>()
  return {
    request(request) {
      const send = async (): Promise<HttpResponse> => sendOnce(request, { dispatchers, options })
      const limit = limiterFor(request, { limits, max: options.maxPerOrigin ?? 8 })
      return withRetry(request, () => limit(send), options.retry ?? {})
    },
    close: () => dispatchers.close(),
  }
}

interface Sender {
  readonly dispatchers: Dispatchers
  readonly options: HttpClientOptions
}

async function sendOnce(request: HttpRequest, { dispatchers, options }: Sender): Promise<HttpResponse> {
  const url = new URL(request.url)
  request.signal?.throwIfAborted()
  const body = watchedBody(request.body)
  try {
    const answer = await dispatchers.request(url, {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method,
      headers: { 'user-agent': options.userAgent ?? 'catamaran', ...plainHeaders(request.headers) },
      body: body.content,
      headersTimeout: request.headersTimeoutMs ?? options.headersTimeoutMs ?? 60_000,
      bodyTimeout: request.idleTimeoutMs ?? options.idleTimeoutMs ?? 60_000,
      // undici would close the connection after each, for servers that send a body with the answer
      ...(request.method === 'HEAD' ? { reset: false } : {}),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    return isSmall(request, answer) ? await absorb(request, answer) : responseOf(request, answer)
  } catch (error) {
    const own = body.failure()
    throw own === undefined ? connectionFailure(error, request) : own.error
  }
}

/** What is on its way with the headers, as good as surely. */
const smallBytes = 64 * 1024

function isSmall({ method }: HttpRequest, { statusCode, headers }: Dispatcher.ResponseData): boolean {
  if (method === 'HEAD' || statusCode === 204) return true
  const { 'content-length': length } = headers
  return typeof length === 'string' && Number(length) <= smallBytes
}

/** Read at once, a small body gives its connection back before the next request looks for one. */
async function absorb(request: HttpRequest, answer: Dispatcher.ResponseData): Promise<HttpResponse> {
  const bytes = new Uint8Array(await answer.body.arrayBuffer())
  // undici takes the connection back in the next turn
  await setImmediate()
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    if (bytes.length > 0) yield bytes
  }
  return { ...headOf(request, answer), body: body(), discard: async () => {} }
}

function headOf(
  request: HttpRequest,
  answer: Dispatcher.ResponseData,
): Pick<HttpResponse, 'status' | 'headers' | 'url'> {
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    url: request.url,
  }
}

function responseOf(request: HttpRequest, answer: Dispatcher.ResponseData): HttpResponse {
  return {
    ...headOf(request, answer),
    body: readable(answer, request),
    async discard() {
      try {
        // more than a little is cheaper to cut off than to read
        await answer.body.dump({ limit: 128 * 1024 })
      } catch {
        // the connection is gone: nothing to give back
      }
    },
  }
}

async function* readable(
  answer: Dispatcher.ResponseData,
  request: HttpRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* answer.body as AsyncIterable<Uint8Array>
  } catch (error) {
    throw connectionFailure(error, request)
  }
}

/** undici wants lists that it may change. */
function plainHeaders(headers: HttpRequest['headers'] = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )
}

interface WatchedBody {
  readonly content: string | Uint8Array | Readable | null
  /** What the body itself threw: not the connection's fault. */
  failure(): { readonly error: unknown } | undefined
}

function watchedBody(body: HttpBody | undefined): WatchedBody {
  if (typeof body !== 'function') return { content: body ?? null, failure: () => undefined }
  let failure: { readonly error: unknown } | undefined
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* (body as () => AsyncIterable<Uint8Array>)()
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  // undici takes any async iterable; its types know only Node's streams
  return { content: watched() as unknown as Readable, failure: () => failure }
}

function limiterFor(
  request: HttpRequest,
  { limits, max }: { readonly limits: Map<string, Limiter>; readonly max: number },
): Limiter {
  if (typeof request.body === 'function') return async (task) => task()
  const { origin } = new URL(request.url)
  const limiter = limits.get(origin) ?? createLimiter(max)
  limits.set(origin, limiter)
  return limiter
}
