import type { Problem } from './problems.ts'
import type { Task } from './tasks.ts'

/** How something stands. */
export type Status = 'NotStarted' | 'InProgress' | 'Complete' | 'Failed' | 'Canceled'

/** What is said about a run, in no version's form yet. */
export type Fact =
  | { readonly type: 'meta' }
  | { readonly type: 'iteration'; readonly iteration: number }
  | { readonly type: 'task'; readonly task: Task; readonly status: Status; readonly problem?: Problem }
  | { readonly type: 'cache'; readonly image: string; readonly status: Status }
  | {
      readonly type: 'build'
      readonly image: string
      readonly status: Status
      /** Formatted: `linux/amd64`. */
      readonly platforms: readonly string[]
      readonly problem?: Problem
    }
  | {
      readonly type: 'action'
      readonly kind: 'Verify' | 'Exec'
      readonly name: string
      readonly status: Status
      readonly problem?: Problem
    }
  | {
      readonly type: 'resource'
      /** `deployment/web`, as the status check names it. */
      readonly resource: string
      readonly status: Status
      readonly message: string
      readonly problem?: Problem
    }
  | PortFact
  | {
      readonly type: 'sync'
      readonly image: string
      readonly fileCount: number
      readonly status: Status
      readonly problem?: Problem
    }
  | DebugFact
  | { readonly type: 'termination'; readonly status: Status; readonly problem?: Problem }
  | LogFact
  | {
      readonly type: 'applicationLog'
      readonly pod: string
      readonly container: string
      readonly prefix: string
      readonly text: string
    }

/** A port of this machine leads into the cluster. */
export interface PortFact {
  readonly type: 'port'
  readonly localPort: number
  /** `service` and `web`. */
  readonly resourceType: string
  readonly resourceName: string
  readonly namespace: string
  /** A number or a name. */
  readonly port: string
  readonly address: string
}

/** A container waits for a debugger. */
export interface DebugFact {
  readonly type: 'debug'
  readonly resource: string
  readonly container: string
  readonly runtime: string
  readonly ports: Readonly<Record<string, number>>
}

/** A line that is printed. */
interface LogFact {
  readonly type: 'log'
  /** Absent: of no part in particular. */
  readonly task?: Task
  readonly subtask?: string
  readonly level: 'INFO' | 'WARN' | 'ERROR'
  readonly text: string
}
