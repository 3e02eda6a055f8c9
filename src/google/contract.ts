import type { HttpBody, HttpResponse } from '../http/index.ts'

/** One call of an API of Google's; the account's token is added. */
export interface GoogleCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with these headers. */
  readonly body?: HttpBody
  readonly headers?: Readonly<Record<string, string>>
  /** What the call does, for errors: `reading the bucket b`. */
  readonly task: string
  /** Whether sending it twice does no harm; absent: as the method says. What was refused for its rate is sent again anyway. */
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal
}

/** The status and the words that Google refused a call with; the `cause` of errors that came of it. */
export interface GoogleRefusal {
  readonly status: number
  /** `NOT_FOUND`, `PERMISSION_DENIED` …; empty when the answer does not say. */
  readonly reason: string
  readonly message: string
}

/** Google's APIs with an account's credentials, which are looked for at the first call. */
export interface Google {
  readonly endpoints: GoogleEndpoints
  /**
   * Sends a call and gives its answer as JSON, `{}` when it is empty. Waits and tries again as servers ask; an expired
   * token is made anew once.
   * @throws GOOGLE_CREDENTIALS_MISSING, GOOGLE_CREDENTIALS_INVALID, GOOGLE_UNAUTHENTICATED: who is asking is not known
   * @throws GOOGLE_FORBIDDEN, GOOGLE_NOT_FOUND, GOOGLE_FAILED with a {@link GoogleRefusal} as their cause
   * @throws GOOGLE_ANSWER_INVALID; what the HTTP client throws
   */
  call(call: GoogleCall): Promise<unknown>
  /** The same, for an answer that is no JSON, or whose status says more than success. Every status is given back but 401. */
  open(call: GoogleCall): Promise<HttpResponse>
  /** For services that take the account's token in another way: registries. */
  accessToken(signal?: AbortSignal): Promise<string>
  close(): Promise<void>
}

/** Where the APIs are, without a slash at the end. */
export interface GoogleEndpoints {
  readonly storage: string
  readonly cloudBuild: string
  /** Cloud Run has one for each region. */
  run(region: string): string
  /** Where refresh tokens become access tokens. */
  readonly token: string
  /** Tells machines in Google's cloud who they are. */
  readonly metadata: string
}

/** An access token, and how long it lasts. */
export interface AccessToken {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Where tokens come from. */
export interface TokenSource {
  fetch(signal?: AbortSignal): Promise<AccessToken>
  /** The project that calls are counted for, where that is not the account's own. */
  readonly quotaProject?: string
}
