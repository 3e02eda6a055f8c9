import type { StoredObject } from './store-contract.ts'

/** Which part of a container's log is wanted, and for how long. */
export interface LogQuery {
  /** Go on with what is written later, until the container ends or `signal` aborts. */
  readonly follow: boolean
  /** The log of the run before the present one. */
  readonly previous: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly sinceTime?: Date
  /** Each line begins with its RFC 3339 time and a blank. */
  readonly timestamps: boolean
  readonly signal: AbortSignal
}

/**
 * Why a container has no log to give. `waiting`: it has not started, `reason` is that of its waiting state;
 * `no-previous-run`: it never ran before; `unavailable`: its node cannot read it, `message` says why.
 */
export type LogRefusal =
  | { readonly refused: 'waiting'; readonly reason: string }
  | { readonly refused: 'no-previous-run' }
  | { readonly refused: 'unavailable'; readonly message: string }

/** What the API server asks of the nodes: the logs of the pods that they run. */
export interface PodRuntime {
  /** Text in pieces of any size, newline characters included; ends at the log's end, or with the container if followed. */
  readLogs(pod: StoredObject, container: string, query: LogQuery): AsyncIterable<string> | LogRefusal
}
