import type { Duplex } from 'node:stream'
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

/** One more program that a container is to run. */
export interface ExecQuery {
  readonly command: readonly string[]
  readonly hasTerminal: boolean
}

/** What goes into such a program and comes out of it. */
export interface ExecIo {
  /** Absent: it reads nothing. */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** The program is not read on while a promise that it gave is open. */
  readonly onStdout: (chunk: Uint8Array) => Promise<void> | void
  readonly onStderr: (chunk: Uint8Array) => Promise<void> | void
  /** Of its terminal. */
  readonly sizes?: AsyncIterable<{ readonly columns: number; readonly rows: number }>
  /** Ends the program. */
  readonly signal: AbortSignal
}

/** How it ended, or, in the runtime's words, why it could not be started. */
export type ExecEnd = { readonly exitCode: number } | { readonly failure: string }

/**
 * Why nothing can be run in a container. `not-found`: it does not run; `unavailable`: the sandbox executes no programs of
 * its platform.
 */
export type ExecRefusal =
  | { readonly refused: 'not-found' }
  | { readonly refused: 'unavailable'; readonly message: string }

/** What the API server asks of the nodes about the pods that they run. */
export interface PodRuntime {
  /** Text in pieces of any size, newline characters included; ends at the log's end, or with the container if followed. */
  readLogs(pod: StoredObject, container: string, query: LogQuery): AsyncIterable<string> | LogRefusal
  /** What runs the program, once somebody is there to talk to it. */
  prepareExec(pod: StoredObject, container: string, query: ExecQuery): ((io: ExecIo) => Promise<ExecEnd>) | ExecRefusal
  /** A connection to a port of the pod, or, in the runtime's words, why there is none. */
  connectPort(pod: StoredObject, port: number): Promise<Duplex | { readonly failure: string }>
}
