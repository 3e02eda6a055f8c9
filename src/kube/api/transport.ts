import { isToolError } from '../../errors/index.ts'
import {
  createHttpClient,
  readJson,
  readText,
  retryAfterMs,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from '../../http/index.ts'
import { createCredentials } from '../auth/credentials.ts'
import type { Credentials } from '../auth/contract.ts'
import { proxiesOf } from '../config/proxies.ts'
import type { ClientCertificate, KubeOutside, KubeTarget } from '../config/target.ts'
import { connectionError, refusal } from './failure.ts'
import type { KubeRequest } from './request.ts'

/** Sends requests with the user's credentials, to one server. */
export interface Transport {
  /** Any answer with a 2xx status, its body unread. */
  open(request: KubeRequest): Promise<HttpResponse>
  /** The body of a 2xx answer. */
  json(request: KubeRequest): Promise<JsonAnswer>
  close(): Promise<void>
}

export interface JsonAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Long enough for a list of thousands of pods; a protection against endless answers only. */
const maxBodyBytes = 512 * 1024 * 1024

export function createTransport(target: KubeTarget, outside: KubeOutside): Transport {
  const credentials = createCredentials(target.user, outside)
  const clients = createClients(target, outside)
  const sendWith = async (request: KubeRequest, proof: Credentials): Promise<HttpResponse> => {
    try {
      return await clients.for(proof.certificate).request(httpRequest(request, { target, proof }))
    } catch (error) {
      request.signal?.throwIfAborted()
      throw isToolError(error) ? connectionError(error, target) : error
    }
  }
  const open = async (request: KubeRequest): Promise<HttpResponse> => {
    const proof = await credentials.get(request.signal)
    let answer = await sendWith(request, proof)
    if (answer.status === 401 && credentials.renew(proof)) {
      await answer.discard()
      answer = await sendWith(request, await credentials.get(request.signal))
    }
    if (answer.status >= 200 && answer.status < 300) return answer
    const retryAfter = retryAfterMs(answer.headers['retry-after'], Date.now())
    throw refusal(await refusalBody(answer), { request, status: answer.status, target, retryAfterMs: retryAfter })
  }
  return {
    open,
    async json(request) {
      const answer = await open(request)
      try {
        const body = await readJson(answer, { maxBytes: maxBodyBytes })
        return { status: answer.status, headers: answer.headers, body }
      } catch (error) {
        throw isToolError(error) ? connectionError(error, target) : error
      }
    },
    close: () => clients.close(),
  }
}

function httpRequest(
  request: KubeRequest,
  { target, proof }: { readonly target: KubeTarget; readonly proof: Credentials },
): HttpRequest {
  const { method, path, accept, contentType, body, signal, isRepeatable, idleTimeoutMs } = request
  return {
    method,
    url: `${target.server}${path}${searchOf(request.query)}`,
    headers: {
      accept: accept ?? 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...proof.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    ...(isRepeatable === undefined ? {} : { isRepeatable }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
  }
}

function searchOf(query: KubeRequest['query']): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(key, value)
  return search.size === 0 ? '' : `?${search.toString()}`
}

async function refusalBody(answer: HttpResponse): Promise<string> {
  try {
    return await readText(answer, { maxBytes: 1024 * 1024 })
  } catch {
    // the status says enough
    return ''
  }
}

interface Clients {
  for(certificate: ClientCertificate | undefined): HttpClient
  close(): Promise<void>
}

/** A plugin may give another client certificate later; watches that began with the old one go on. */
function createClients(target: KubeTarget, { env }: KubeOutside): Clients {
  const clients = new Map<string, HttpClient>()
  return {
    for(certificate) {
      const own = certificate ?? target.user.certificate
      const key = own?.cert ?? ''
      const client = clients.get(key) ?? createHttpClient(clientOptions(target, { certificate: own, env }))
      clients.set(key, client)
      return client
    },
    async close() {
      const all = [...clients.values()]
      clients.clear()
      await Promise.all(all.map(async (client) => client.close()))
    },
  }
}

function clientOptions(
  target: KubeTarget,
  {
    certificate,
    env,
  }: {
    readonly certificate: ClientCertificate | undefined
    readonly env: Readonly<Record<string, string | undefined>>
  },
): HttpClientOptions {
  const { ca, servername, isUnverified } = target.tls
  return {
    userAgent: 'catamaran',
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
      ...(isUnverified ? { rejectUnauthorized: false } : {}),
      ...certificate,
    },
    proxy: proxiesOf(target, { env }),
    connectTimeoutMs: 5_000,
    retry: { maxAttempts: 3, maxWaitMs: 15_000 },
    maxPerOrigin: 32,
  }
}
