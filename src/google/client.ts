import { setTimeout } from 'node:timers/promises'
import { ToolError } from '../errors/index.ts'
import {
  createHttpClient,
  proxyFromEnv,
  readText,
  retryAfterMs,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from '../http/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Google, GoogleCall } from './contract.ts'
import { googleEndpoints } from './endpoints.ts'
import { refusalOf } from './refusal.ts'
import { createTokens, type HeldToken } from './tokens.ts'

/** What Google's APIs are reached with. */
export interface GoogleOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runProcess: RunProcess
  /** Where gcloud is run, when it is asked for its account. */
  readonly cwd: string
  /** Beside the proxies of the environment and the usual retries. */
  readonly http?: HttpClientOptions
  /** Milliseconds since the epoch; the machine's clock when absent. */
  readonly now?: () => number
}

/** A client for Google's APIs; nothing is read or sent before the first call. */
export function connectGoogle({ env, runProcess, cwd, http: settings = {}, now = Date.now }: GoogleOptions): Google {
  const endpoints = googleEndpoints(env)
  const http = createHttpClient({ proxy: proxyFromEnv(env), ...settings })
  const tokens = createTokens({ env, http, runProcess, endpoints, cwd, now })
  const sleep = settings.retry?.sleep ?? defaultSleep
  const send = async (call: GoogleCall, token: HeldToken): Promise<HttpResponse> =>
    withRate(call, async () => http.request(requestOf(call, token)), { sleep, now })
  const open = async (call: GoogleCall): Promise<HttpResponse> => {
    const token = await tokens.get(call.signal)
    const response = await send(call, token)
    if (response.status !== 401) return response
    await response.discard()
    tokens.forget(token)
    const again = await send(call, await tokens.get(call.signal))
    if (again.status === 401) throw await refusalOf(again, call)
    return again
  }
  return {
    endpoints,
    open,
    async call(call) {
      const response = await open(call)
      if (response.status < 200 || response.status > 299) throw await refusalOf(response, call)
      return readAnswer(response, call)
    },
    accessToken: async (signal) => (await tokens.get(signal)).value,
    close: () => http.close(),
  }
}

function requestOf({ json, task: _task, ...call }: GoogleCall, { value, quotaProject }: HeldToken): HttpRequest {
  return {
    ...call,
    headers: {
      accept: 'application/json',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
      authorization: `Bearer ${value}`,
      ...(quotaProject === undefined ? {} : { 'x-goog-user-project': quotaProject }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  }
}

interface Waiting {
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly now: () => number
}

const maxRateAttempts = 5

/** A call that was refused for its rate was not carried out, so that it may be sent again whatever it is. */
async function withRate(
  call: GoogleCall,
  send: () => Promise<HttpResponse>,
  { sleep, now }: Waiting,
): Promise<HttpResponse> {
  // the HTTP client does it for what may be repeated
  const isOurs = call.method === 'POST' && call.isRepeatable !== true && typeof call.body !== 'function'
  for (let attempt = 1; ; attempt += 1) {
    const response = await send()
    if (!isOurs || response.status !== 429 || attempt === maxRateAttempts) return response
    await response.discard()
    await sleep(
      Math.min(retryAfterMs(response.headers['retry-after'], now()) ?? 1000 * 2 ** (attempt - 1), 60_000),
      call.signal,
    )
  }
}

async function readAnswer(response: HttpResponse, { task }: GoogleCall): Promise<unknown> {
  const text = await readText(response, { maxBytes: 64 * 1024 * 1024 })
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ToolError('GOOGLE_ANSWER_INVALID', `${task} failed: the answer of ${response.url} is not JSON`, {
      hint: 'look whether a proxy stands between this machine and Google',
      cause: error,
    })
  }
}

async function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
