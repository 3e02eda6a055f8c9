import type { Status } from './status.ts'

/** A refusal of the API server as data, the `cause` of the errors that it becomes: for callers that act on reasons. */
export class KubeRefusal extends Error {
  /** Of HTTP. */
  readonly status: number
  /** `NotFound`, `Conflict`, `Expired` …; empty when the server gave none. */
  readonly reason: string
  readonly causes: readonly RefusalCause[]
  /** What the server says it is about: plural name and name. */
  readonly about: { readonly resource: string; readonly name: string }
  /** How long the server asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, answer: Status = unsaid, retryAfterMs: number | undefined = answer.retryAfterMs) {
    super(answer === unsaid ? `status ${status}` : answer.message)
    this.name = 'KubeRefusal'
    this.status = status
    this.reason = answer.reason
    this.causes = answer.causes
    this.about = { resource: answer.resource, name: answer.name }
    this.retryAfterMs = retryAfterMs
  }
}

/** The page of a proxy, or nothing. */
const unsaid: Status = {
  message: '',
  reason: '',
  code: undefined,
  resource: '',
  name: '',
  retryAfterMs: undefined,
  causes: [],
}

/** One reason of several. */
export interface RefusalCause {
  readonly reason: string
  readonly message: string
  /** Path of the field, dots and brackets; empty when it is not about a field. */
  readonly field: string
}
