import type { ContainerFacts, PodFacts, Termination } from './pod-facts.ts'

/** What keeps a pod from working. */
export interface PodTrouble {
  readonly cause: TroubleCause
  /** In Skaffold's words, then the reason that the cluster gives. */
  readonly message: string
  /** Waiting longer will not help. */
  readonly isFatal: boolean
  readonly container?: string
  readonly image?: string
}

export type TroubleCause =
  | 'starting'
  | 'unschedulable'
  | 'noPlatform'
  | 'wrongProgram'
  | 'imageUnauthorized'
  | 'imagePull'
  | 'imageName'
  | 'containerConfig'
  | 'crash'
  | 'exited'
  | 'notReady'
  | 'evicted'

/** The first thing that is wrong with a pod, from its status alone; undefined when it is ready or has succeeded. */
export function diagnosePod(pod: PodFacts): PodTrouble | undefined {
  if (pod.phase === 'Succeeded') return undefined
  if (!pod.isObserved) return waits('starting', 'waiting for pod spec update to be observed...')
  if (isReady(pod)) return undefined
  const unscheduled = pod.conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  if (unscheduled !== undefined) return schedulingTrouble(unscheduled.message)
  if (pod.node === '') return waits('starting', 'the pod waits for a node')
  for (const container of pod.containers) {
    const trouble = containerTrouble(container, pod)
    if (trouble !== undefined) return { container: container.name, image: container.image, ...trouble }
  }
  if (pod.phase === 'Failed') return { cause: 'evicted', message: 'the pod was evicted or killed', isFatal: true }
  return waits('starting', 'the pod is starting')
}

function isReady(pod: PodFacts): boolean {
  return pod.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** What the scheduler says about preemption never helps: no pod here has a priority of its own. */
function schedulingTrouble(message: string): PodTrouble {
  const why = message.replace(/,? preemption: .*$/s, '').replace(/\.? no new claims to deallocate$/, '')
  return waits('unschedulable', `unschedulable: ${why}`)
}

function containerTrouble(container: ContainerFacts, pod: PodFacts): PodTrouble | undefined {
  const { name, role, state, isReady } = container
  if (state.is === 'waiting') return waitingTrouble(container, state)
  if (state.is === 'terminated') return terminatedTrouble(container, pod)
  if (role === 'init') return waits('starting', `waiting for init container ${name} to complete`)
  return isReady ? undefined : waits('notReady', `container ${name} is not ready`)
}

function waits(cause: TroubleCause, message: string): PodTrouble {
  return { cause, message, isFatal: false }
}

const pullReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])

const startReasons: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PreCreateHookError',
  'PreStartHookError',
  'PostStartHookError',
])

type Waiting = Extract<ContainerFacts['state'], { is: 'waiting' }>

function waitingTrouble(container: ContainerFacts, { reason, message }: Waiting): PodTrouble {
  const { name, before } = container
  if (pullReasons.has(reason)) return pullTrouble(container, { reason, message })
  if (reason === 'CrashLoopBackOff') {
    const ended = before === undefined ? '' : `: ${endingOf(before)}`
    return { ...crash(before), message: `container ${name} is backing off waiting to restart${ended}`, isFatal: true }
  }
  if (startReasons.has(reason)) {
    // a Secret or ConfigMap may still come
    return { cause: 'containerConfig', message: `container ${name} in error: ${message || reason}`, isFatal: false }
  }
  return waits(
    'starting',
    reason === 'PodInitializing' ? `container ${name} waits for the init containers` : `creating container ${name}`,
  )
}

function pullTrouble(
  { name, image }: ContainerFacts,
  { reason, message }: { readonly reason: string; readonly message: string },
): PodTrouble {
  const why = pullReason(message)
  const cause = pullCause(reason, why)
  return {
    cause,
    message: `container ${name} is waiting to start: ${image} can't be pulled${why === '' ? '' : `: ${why}`}`,
    // a registry that is away for a moment may come back before the second attempt
    isFatal: cause !== 'imagePull' || reason !== 'ErrImagePull' || /\bnot found\b|manifest unknown/i.test(why),
  }
}

/** The runtime's own words, without what kubelet and gRPC put around them. */
function pullReason(message: string): string {
  return message
    .replace(/^Back-off pulling image "[^"]*"(?:: )?/, '')
    .replace(/^ErrImagePull: /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/^failed to pull and unpack image "[^"]*": /, '')
}

/**
 * containerd says `no match for platform in manifest`, CRI-O `no image found in manifest list`, Docker `no matching
 * manifest for linux/arm64 in the manifest list entries`.
 */
function pullCause(reason: string, why: string): TroubleCause {
  if (/no match for platform|no image found in (?:manifest list|image index)|no matching manifest for/i.test(why)) {
    return 'noPlatform'
  }
  if (reason === 'InvalidImageName' || reason === 'ErrImageNeverPull') return 'imageName'
  if (/\b(?:401|403)\b|unauthorized|authentication required|denied|forbidden/i.test(why)) return 'imageUnauthorized'
  return 'imagePull'
}

function terminatedTrouble(container: ContainerFacts, pod: PodFacts): PodTrouble | undefined {
  const { name, role, state } = container
  if (state.is !== 'terminated') return undefined
  if (state.exitCode === 0) {
    const isDone = role === 'init' || pod.restartPolicy !== 'Always'
    return isDone
      ? undefined
      : { cause: 'exited', message: `container ${name} has ended and starts again`, isFatal: false }
  }
  const willRestart = pod.phase !== 'Failed' && pod.restartPolicy !== 'Never'
  return { ...crash(state), message: `container ${name} terminated with ${exitOf(state)}`, isFatal: !willRestart }
}

/** Some runtimes refuse a program of another architecture; with the others its log says so. */
function crash(ended: Termination | undefined): { readonly cause: TroubleCause } {
  return { cause: /exec format error/i.test(ended?.message ?? '') ? 'wrongProgram' : 'crash' }
}

function endingOf(ended: Termination): string {
  return `it ended with ${exitOf(ended)}`
}

function exitOf({ exitCode, reason, message }: Termination): string {
  const notes = [reason === 'Error' ? '' : reason, lastPart(message)].filter((note) => note !== '')
  return `exit code ${exitCode}${notes.length === 0 ? '' : ` (${notes.join(': ')})`}`
}

/** Runtimes wrap the reason in what they were about to do: the end of the text tells it. */
function lastPart(message: string): string {
  const line = message.trim().split('\n').at(-1) ?? ''
  return line.replace(/^failed to create containerd task: .*unable to start container process: /, '')
}
