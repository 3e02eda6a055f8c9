import type { Platform } from '../../platform/index.ts'
import type { Container, ContainerState, Pod } from '../kinds.ts'
import type { Occurrence, Recorder } from '../recorder.ts'
import type { Tables } from '../tables.ts'
import type { ImageStore, NodeImage } from './images.ts'
import type { RunPlan } from './run-plan.ts'
import type { Isolation, PodNamespace, RunningContainer } from './isolation.ts'
import type { ContainerLog } from './log-file.ts'
import type { ContainerFacts } from './status.ts'
import type { KubeletTiming } from './timing.ts'
import type { User } from './user.ts'

/** What the pods of one node share. */
export interface NodeRuntime {
  readonly name: string
  readonly platform: Platform
  readonly tables: Tables
  readonly clock: () => Date
  readonly recorder: Recorder
  readonly images: ImageStore
  /** Images that were pulled on this node, by the name they were pulled under. */
  readonly present: Map<string, NodeImage>
  /** Undefined: programs of this node's platform cannot be run on this machine. */
  readonly isolation: Promise<Isolation | undefined>
  readonly timing: KubeletTiming
  readonly folder: string
  readonly claimsFolder: string
  readonly nextPodIp: () => string
  /** Told of what went wrong in the sandbox itself. */
  readonly onError: (error: unknown) => void
}

/** What the containers of one pod share. */
export interface PodScope {
  readonly node: NodeRuntime
  /** As it is stored now, or was last. */
  readonly pod: () => Pod
  readonly folder: string
  readonly podIp: string
  /** Present once volumes and namespaces are ready. */
  namespace: PodNamespace | undefined
  volumes: ReadonlyMap<string, string>
  /** Writes the pod's status. */
  readonly publish: () => void
}

/** One container of a pod, and what is known of it. */
export interface Slot {
  spec: Container
  readonly kind: ContainerFacts['kind']
  state: ContainerState
  lastState: ContainerState
  restartCount: number
  isStarted: boolean
  isReady: boolean
  imageId: string
  containerId: string | undefined
  user: User | undefined
  /** Logs of its runs, by container id. */
  readonly logs: Map<string, ContainerLog>
  running: RunningContainer | undefined
  /** What it runs now, or ran last. */
  plan: RunPlan | undefined
  /** Asks the running program to end. */
  stopSignal: NodeJS.Signals
  /** Aborts what the container waits for; renewed when its image changes. */
  interrupt: AbortController
  isStopping: boolean
  /** Ends a run for which nothing is executed. */
  endIdle: (() => void) | undefined
  /** Settles when the container is kept running no longer. */
  done: Promise<void>
}

export function createSlot(spec: Container, kind: Slot['kind'], hasInit: boolean): Slot {
  return {
    spec,
    kind,
    state: { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    restartCount: 0,
    isStarted: false,
    isReady: false,
    imageId: '',
    containerId: undefined,
    user: undefined,
    logs: new Map(),
    running: undefined,
    plan: undefined,
    stopSignal: 'SIGTERM',
    interrupt: new AbortController(),
    isStopping: false,
    endIdle: undefined,
    done: Promise.resolve(),
  }
}

export function factsOf(slot: Slot): ContainerFacts {
  const { spec, kind, state, lastState, restartCount, isStarted, isReady, imageId, containerId, user } = slot
  return {
    spec,
    kind,
    state,
    lastState,
    restartCount,
    isStarted,
    isReady,
    imageId,
    ...(containerId === undefined ? {} : { containerId }),
    ...(user === undefined ? {} : { user }),
  }
}

/** Says that the container waits, and why. */
export function setWaiting(slot: Slot, { publish }: PodScope, waiting: { reason: string; message?: string }): void {
  const { terminated } = slot.state
  if (terminated !== undefined) slot.lastState = { terminated }
  slot.state = { waiting }
  slot.isReady = false
  slot.isStarted = false
  publish()
}

/** Records an event about one container. */
export function say(slot: Slot, { node, pod }: PodScope, occurrence: Omit<Occurrence, 'fieldPath'>): void {
  const list = slot.kind === 'main' ? 'containers' : 'initContainers'
  node.recorder.record(pod(), { ...occurrence, fieldPath: `spec.${list}{${slot.spec.name}}` })
}
