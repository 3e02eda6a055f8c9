/** What is sent. A function is called for every attempt and must give the same bytes each time. */
export type HttpBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>)

/** One request. Redirects are not followed: who asks knows where its secrets may go. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  /**
   * Names in lower case; a list is sent as one header for each of its values. A body made by a function needs a
   * `content-length`, or goes out in chunks.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: HttpBody
  readonly signal?: AbortSignal
  /**
   * Whether sending it twice does no harm, so that it may be tried again. When absent: GET, HEAD, PUT and DELETE, but
   * not with a body that is made by a function.
   */
  readonly isRepeatable?: boolean
  /** For the answer's headers; 0 waits for ever. The client's when absent. */
  readonly headersTimeoutMs?: number
  /** Between two chunks of the answer's body; 0, for watches and logs, waits for ever. The client's when absent. */
  readonly idleTimeoutMs?: number
}

/** An answer of any status, its body not read yet: read it, or call `discard`, or the connection is lost. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated ones are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** To be read once. Throws `ToolError`s, and the signal's reason when it is aborted. */
  readonly body: AsyncIterable<Uint8Array>
  /** What was asked for. */
  readonly url: string
  /** Gives the connection back without the body. */
  discard(): Promise<void>
}

/** Knows connections, proxies, retries and limits, and nothing of what is sent. */
export interface HttpClient {
  /**
   * Sends a request and waits for the answer's headers. Tries again on 408, 429, 499, 5xx that may pass, and cut
   * connections, when the request is repeatable, and waits as long as the server asks for; the last answer is given
   * back whatever its status is.
   * @throws HTTP_UNREACHABLE when there is no connection (refused, unknown host, timed out)
   * @throws HTTP_CERTIFICATE when the server's certificate is not accepted, or it does not speak TLS
   * @throws HTTP_INTERRUPTED when the connection broke
   * @throws the signal's reason when it is aborted
   */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Closes all connections; requests under way fail. */
  close(): Promise<void>
}

/** How to trust the server and how to prove who we are; PEM texts. */
export interface TlsOptions {
  /** Instead of the system's authorities. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Name to verify instead of the URL's host. */
  readonly servername?: string
  /** False accepts any certificate. */
  readonly rejectUnauthorized?: boolean
}

/** Proxies as the usual environment variables write them: `http://`, or `socks5://`. */
export interface ProxyOptions {
  readonly http?: string
  readonly https?: string
  /** Comma-separated hosts, domains, addresses and CIDR blocks; `*` for all. */
  readonly noProxy?: string
  /** Loopback goes through the proxy, too, which it otherwise never does. */
  readonly forLoopback?: boolean
}

/** Everything a client is made of; all parts have defaults. */
export interface HttpClientOptions {
  readonly userAgent?: string
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  /** 10 s when absent. */
  readonly connectTimeoutMs?: number
  /** 60 s when absent. */
  readonly headersTimeoutMs?: number
  /** 60 s when absent. */
  readonly idleTimeoutMs?: number
  /**
   * Requests that wait for their headers at once, per origin; 8 when absent. Requests with a body made by a function
   * do not count: such a body may itself be the answer to another request.
   */
  readonly maxPerOrigin?: number
  readonly retry?: RetryOptions
}

/** When to stop trying, and how to wait. */
export interface RetryOptions {
  /** Including the first; 4 when absent. */
  readonly maxAttempts?: number
  /** For all waiting together; 60 s when absent. A longer `Retry-After` ends the attempts. */
  readonly maxWaitMs?: number
  /** Waits, and throws the signal's reason when it is aborted. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}
