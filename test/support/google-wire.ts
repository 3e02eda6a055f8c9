import type { IncomingMessage } from 'node:http'

/** A request as it came in. */
export interface GoogleRequest {
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  /** The bytes; those of requests that were cut are those that came. */
  readonly body: Buffer
  json(): unknown
}

/** What is answered; no status: 200. */
export interface GoogleAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly bytes?: Uint8Array
  /** The connection is cut in place of an answer. */
  readonly cut?: boolean
}

/** One of the APIs: undefined for what is not its own. */
export type GoogleApi = (request: GoogleRequest) => GoogleAnswer | Promise<GoogleAnswer | undefined> | undefined

/** An error in Google's form. */
export function refused(code: number, status: string, message: string): GoogleAnswer {
  return { status: code, json: { error: { code, message, status } } }
}
