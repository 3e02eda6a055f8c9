import { setTimeout as sleep } from 'node:timers/promises'
import { isToolError } from '../../errors/index.ts'
import { KubeRefusal } from './kube-refusal.ts'
import type { KubeRequest } from './request.ts'
import type { JsonAnswer, Transport } from './transport.ts'

/** For all waiting together. */
const maxWaitMs = 60_000
const maxAttempts = 6

/**
 * Sends a change that may be sent twice until the server takes it: what was cut, what it is too busy for, and what another
 * change came before. Waits as long as `Retry-After` says, a minute in all; the last refusal is thrown.
 */
export async function sendAgain(
  transport: Transport,
  request: KubeRequest,
  /** The change means one version of the object only. */
  { isOfOneVersion }: { readonly isOfOneVersion: boolean },
): Promise<JsonAnswer> {
  let left = maxWaitMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transport.json({ ...request, isRepeatable: false })
    } catch (error) {
      const waitMs = retryAfterOf(error) ?? 100 * 2 ** attempt * (1 + Math.random() / 2)
      if (attempt === maxAttempts || waitMs > left || !isPassing(error, isOfOneVersion)) throw error
      left -= waitMs
      await pause(waitMs, request.signal)
    }
  }
}

/** How long the server that refused asks to wait, in milliseconds; undefined when it does not. */
export function retryAfterOf(error: unknown): number | undefined {
  return isToolError(error) && error.cause instanceof KubeRefusal ? error.cause.retryAfterMs : undefined
}

function isPassing(error: unknown, isOfOneVersion: boolean): boolean {
  if (!isToolError(error)) return false
  if (!(error.cause instanceof KubeRefusal)) {
    return error.code === 'KUBE_UNREACHABLE' && isToolError(error.cause, 'HTTP_INTERRUPTED')
  }
  const { status, causes, reason, message, retryAfterMs } = error.cause
  if ([429, 502, 503, 504].includes(status)) return true
  // the object was changed between the server's reading and its writing
  if (status === 409) return causes.length === 0 && reason === 'Conflict' && !isOfOneVersion
  // the server's store is electing a leader, or a server that is stopping
  return status === 500 && (retryAfterMs !== undefined || message.startsWith('etcdserver: '))
}

/** Waits, and throws the signal's reason when it is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
