import { setTimeout } from 'node:timers/promises'
import type { HttpRequest, HttpResponse, RetryOptions } from './contract.ts'
import { isTransient } from './failure.ts'

/** Of the server's own failures those that stay: not implemented, other HTTP, no room, a login of the network. */
const lastingStatus: ReadonlySet<number> = new Set([501, 505, 507, 511])
const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** Sends until there is an answer that lasts, the attempts are used up, or waiting takes too long. */
export async function withRetry(
  request: HttpRequest,
  send: () => Promise<HttpResponse>,
  options: RetryOptions,
): Promise<HttpResponse> {
  const now = options.now ?? Date.now
  const sleep = options.sleep ?? defaultSleep
  const maxAttempts = isRepeatable(request) ? (options.maxAttempts ?? 4) : 1
  const deadline = now() + (options.maxWaitMs ?? 60_000)
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(send)
    if (attempt >= maxAttempts || !outcome.isTransient) return settled(outcome)
    const waitMs = outcome.response === undefined ? backoffMs(attempt) : waitFor(outcome.response, attempt, now())
    if (now() + waitMs > deadline) return settled(outcome)
    await outcome.response?.discard()
    await sleep(waitMs, request.signal)
  }
}

/**
 * The wait that a `Retry-After` header asks for, in milliseconds: seconds or a date; undefined without one.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

interface Outcome {
  readonly response?: HttpResponse
  readonly error?: unknown
  readonly isTransient: boolean
}

async function attemptOnce(send: () => Promise<HttpResponse>): Promise<Outcome> {
  try {
    const response = await send()
    return { response, isTransient: isTransientStatus(response.status) }
  } catch (error) {
    return { error, isTransient: isTransient(error) }
  }
}

/** 499 and the numbers above 511 are how proxies say that what is behind them did not answer. */
function isTransientStatus(status: number): boolean {
  return [408, 429, 499].includes(status) || (status >= 500 && !lastingStatus.has(status))
}

function settled(outcome: Outcome): HttpResponse {
  if (outcome.response === undefined) throw outcome.error
  return outcome.response
}

function isRepeatable(request: HttpRequest): boolean {
  if (request.isRepeatable !== undefined) return request.isRepeatable
  return repeatableMethods.has(request.method) && typeof request.body !== 'function'
}

function waitFor(response: HttpResponse, attempt: number, now: number): number {
  return retryAfterMs(response.headers['retry-after'], now) ?? backoffMs(attempt)
}

/** 200 ms, 600 ms, 1.8 s …, up to a half more, so that many clients do not come back at once. */
function backoffMs(attempt: number): number {
  return 200 * 3 ** (attempt - 1) * (1 + Math.random() / 2)
}

async function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
