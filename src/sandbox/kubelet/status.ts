import type { Condition, Container, ContainerState, ContainerStatus, Pod } from '../kinds.ts'
import { conditionOf } from '../objects.ts'

/** What the kubelet knows of one container. */
export interface ContainerFacts {
  readonly spec: Container
  readonly kind: 'init' | 'sidecar' | 'main'
  readonly state: ContainerState
  readonly lastState: ContainerState
  readonly restartCount: number
  readonly isStarted: boolean
  /** An init container that is done, or any other that runs. */
  readonly isReady: boolean
  readonly imageId: string
  readonly containerId?: string
  readonly user?: { readonly uid: number; readonly gid: number }
}

export interface PodFacts {
  readonly pod: Pod
  readonly containers: readonly ContainerFacts[]
  readonly startTime: string
  readonly podIp: string | undefined
  /** The pod's namespaces are there. */
  readonly isSandboxReady: boolean
  readonly now: string
}

/** The pod's status as a kubelet reports it. */
export function podStatus(facts: PodFacts): object {
  const { pod, podIp } = facts
  const phase = phaseOf(facts)
  const init = facts.containers.filter(({ kind }) => kind !== 'main')
  const main = facts.containers.filter(({ kind }) => kind === 'main')
  return {
    ...pod.status,
    observedGeneration: pod.metadata.generation ?? 1,
    phase,
    conditions: conditionsOf(facts, phase),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: facts.startTime,
    ...(init.length > 0 && { initContainerStatuses: init.map(containerStatus) }),
    containerStatuses: main.map(containerStatus),
  }
}

/** @see https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
function phaseOf({ pod, containers }: Pick<PodFacts, 'pod' | 'containers'>): string {
  const isDeleting = pod.metadata.deletionTimestamp !== undefined
  const policy = isDeleting ? 'Never' : (pod.spec.restartPolicy ?? 'Always')
  const init = containers.filter(({ kind }) => kind === 'init')
  const main = containers.filter(({ kind }) => kind === 'main')
  const hasFailedInit = init.some(({ state }) => (state.terminated?.exitCode ?? 0) !== 0)
  if (hasFailedInit && policy === 'Never') return 'Failed'
  if (!containers.every((one) => one.kind === 'main' || isInitialized(one))) return 'Pending'
  const ended = main.map(
    ({ state, lastState }) => state.terminated ?? (state.running ? undefined : lastState.terminated),
  )
  if (main.some(({ state }, index) => state.waiting !== undefined && ended[index] === undefined)) return 'Pending'
  if (policy === 'Always' || !ended.every((one) => one !== undefined)) return 'Running'
  if (ended.every((one) => one.exitCode === 0)) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

function isInitialized({ kind, state, isStarted }: ContainerFacts): boolean {
  return kind === 'sidecar' ? isStarted : state.terminated?.exitCode === 0
}

function conditionsOf(facts: PodFacts, phase: string): readonly object[] {
  const { pod, containers, now } = facts
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  const condition = (type: string, status: boolean, why: object = {}): object => {
    const before = conditionOf(pod.status?.conditions, type)
    const text = status ? 'True' : 'False'
    return {
      type,
      observedGeneration: pod.metadata.generation ?? 1,
      status: text,
      lastProbeTime: null,
      lastTransitionTime: before?.status === text ? (before.lastTransitionTime ?? now) : now,
      ...why,
    }
  }
  const ready = readiness(containers, phase)
  const waiting = containers.filter((one) => one.kind !== 'main' && !isInitialized(one))
  const initialized = waiting.length === 0
  const notInitialized = {
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names(waiting)}]`,
  }
  const completed = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}
  return [
    condition('PodReadyToStartContainers', facts.isSandboxReady && !isOver),
    condition('Initialized', initialized, initialized ? completed : notInitialized),
    condition('Ready', ready.isReady, ready.why),
    condition('ContainersReady', ready.isReady, ready.why),
    condition('PodScheduled', true),
    ...otherConditions(pod.status?.conditions ?? []),
  ]
}

function readiness(
  containers: readonly ContainerFacts[],
  phase: string,
): { readonly isReady: boolean; readonly why?: object } {
  if (phase === 'Succeeded') return { isReady: false, why: { reason: 'PodCompleted' } }
  if (phase === 'Failed') return { isReady: false, why: { reason: 'PodFailed' } }
  const unready = containers.filter((one) => one.kind !== 'init' && !one.isReady)
  if (unready.length === 0) return { isReady: true }
  const message = `containers with unready status: [${names(unready)}]`
  return { isReady: false, why: { reason: 'ContainersNotReady', message } }
}

function names(containers: readonly ContainerFacts[]): string {
  return containers.map(({ spec }) => spec.name).join(' ')
}

const own = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']

function otherConditions(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter(({ type }) => !own.includes(type))
}

function containerStatus(facts: ContainerFacts): ContainerStatus {
  const { spec, state, lastState, restartCount, isReady, isStarted, imageId, containerId, user } = facts
  const mounts = spec.volumeMounts ?? []
  return {
    name: spec.name,
    state,
    lastState,
    ready: isReady,
    restartCount,
    image: spec.image ?? '',
    imageID: imageId,
    ...(containerId === undefined ? {} : { containerID: containerId }),
    started: isStarted,
    ...(containerId === undefined ? {} : { resources: spec.resources ?? {} }),
    ...(mounts.length > 0 && { volumeMounts: mounts.map(mountStatus) }),
    ...(user === undefined
      ? {}
      : { user: { linux: { uid: user.uid, gid: user.gid, supplementalGroups: [user.gid] } } }),
  }
}

function mountStatus({ name, mountPath, readOnly }: NonNullable<Container['volumeMounts']>[number]): object {
  return { name, mountPath, ...(readOnly === true && { readOnly, recursiveReadOnly: 'Disabled' }) }
}
