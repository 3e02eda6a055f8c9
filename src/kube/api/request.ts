/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Begins with a slash, relative to the server's URL. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly accept?: string
  readonly contentType?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly isRepeatable?: boolean
  readonly idleTimeoutMs?: number
  readonly about: About
}

/** What a request is about, for messages. */
interface About {
  /** `get`, `apply`, `list` … */
  readonly verb: string
  /** `deployment.apps/web in namespace dev`. */
  readonly what: string
}
