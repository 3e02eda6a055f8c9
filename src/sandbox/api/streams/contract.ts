import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiContext } from '../request.ts'

/** A connection that asks for another protocol. */
export interface UpgradeRequest {
  readonly req: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly url: URL
}

/** What a stream needs beside the request. */
export interface StreamServing {
  readonly context: ApiContext
  /** Aborted when the server closes. */
  readonly closing: AbortSignal
  readonly onError: (error: unknown) => void
}

/** A refusal in the kubelet's words, which is no Status. */
export class PlainRefusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text)
    this.status = status
    this.headers = headers
  }
}

/** Calls `stop` when the server closes, as long as the stream is there. */
export function stopWith(closing: AbortSignal, stop: () => void, closed: Promise<unknown>): void {
  closing.addEventListener('abort', stop, { once: true })
  void closed.finally(() => closing.removeEventListener('abort', stop))
}
