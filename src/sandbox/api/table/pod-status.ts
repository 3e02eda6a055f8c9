import type { JsonObject } from '../../store/index.ts'
import { list, member, text } from '../catalog.ts'
import { metadataOf } from '../metadata.ts'
import { count } from './columns.ts'

export interface PodSummary {
  readonly ready: string
  readonly status: string
  readonly restarts: number
  /** When the container that restarted last had ended. */
  readonly lastRestart: string
}

/** What `kubectl get pods` says about a pod: the most telling of its conditions, phase and container states. */
export function summarizePod(pod: JsonObject): PodSummary {
  const status = member(pod, 'status')
  const inits = summarizeInits(pod)
  const containers = list(status['containerStatuses'])
  const main = inits.reason === '' ? summarizeContainers(pod, containers) : inits
  const restarting = inits.reason === '' ? [...sidecarsOf(pod), ...containers] : list(status['initContainerStatuses'])
  return {
    ready: `${readyCount(pod, containers)}/${list(member(pod, 'spec')['containers']).length + sidecarsOf(pod).length}`,
    status: finalReason(pod, main.reason),
    restarts: restarting.reduce((sum, one) => sum + count(one['restartCount']), 0),
    lastRestart: restarting.map(endOfLastRun).sort().at(-1) ?? '',
  }
}

/** Init containers that stay: their statuses count with the containers'. */
function sidecarsOf(pod: JsonObject): readonly JsonObject[] {
  const names = list(member(pod, 'spec')['initContainers'])
    .filter(({ restartPolicy }) => restartPolicy === 'Always')
    .map(({ name }) => name)
  return list(member(pod, 'status')['initContainerStatuses']).filter(({ name }) => names.includes(name))
}

function readyCount(pod: JsonObject, containers: readonly JsonObject[]): number {
  const isReady = (one: JsonObject): boolean => one['ready'] === true && stateOf(one, 'running') !== undefined
  return (
    containers.filter(isReady).length +
    sidecarsOf(pod).filter(({ started, ready }) => started === true && ready === true).length
  )
}

function endOfLastRun(status: JsonObject): string {
  return text(member(member(status, 'lastState'), 'terminated')['finishedAt'])
}

function stateOf(status: JsonObject, name: string): JsonObject | undefined {
  const state = member(status, 'state')
  return state[name] === undefined ? undefined : member(state, name)
}

interface Reason {
  readonly reason: string
}

function summarizeInits(pod: JsonObject): Reason {
  const statuses = list(member(pod, 'status')['initContainerStatuses'])
  const inits = list(member(pod, 'spec')['initContainers'])
  const sidecars = sidecarsOf(pod).map(({ name }) => name)
  for (const [index, status] of statuses.entries()) {
    const terminated = stateOf(status, 'terminated')
    const isDone = terminated !== undefined && terminated['exitCode'] === 0
    if (!isDone && !(sidecars.includes(status['name']) && status['started'] === true)) {
      return { reason: initReason(status, `${index}/${inits.length}`) }
    }
  }
  return { reason: '' }
}

function initReason(status: JsonObject, progress: string): string {
  const terminated = stateOf(status, 'terminated')
  if (terminated !== undefined) return `Init:${exitReason(terminated)}`
  const waiting = text(stateOf(status, 'waiting')?.['reason'])
  return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${progress}`
}

function exitReason(terminated: JsonObject): string {
  const reason = text(terminated['reason'])
  if (reason !== '') return reason
  const signal = count(terminated['signal'])
  return signal === 0 ? `ExitCode:${count(terminated['exitCode'])}` : `Signal:${signal}`
}

function summarizeContainers(pod: JsonObject, containers: readonly JsonObject[]): Reason {
  const status = member(pod, 'status')
  let reason = text(status['reason']) || text(status['phase'])
  const gate = list(status['conditions']).find((one) => one['type'] === 'PodScheduled')
  if (gate?.['reason'] === 'SchedulingGated') reason = 'SchedulingGated'
  for (const container of containers.toReversed()) {
    const waiting = text(stateOf(container, 'waiting')?.['reason'])
    const terminated = stateOf(container, 'terminated')
    if (waiting !== '') reason = waiting
    else if (terminated !== undefined) reason = exitReason(terminated)
  }
  const hasRunning = containers.some((one) => one['ready'] === true && stateOf(one, 'running') !== undefined)
  if (reason === 'Completed' && hasRunning) {
    const isReady = list(status['conditions']).some((one) => one['type'] === 'Ready' && one['status'] === 'True')
    reason = isReady ? 'Running' : 'NotReady'
  }
  return { reason }
}

function finalReason(pod: JsonObject, reason: string): string {
  if (metadataOf(pod)['deletionTimestamp'] === undefined) return reason
  if (text(member(pod, 'status')['reason']) === 'NodeLost') return 'Unknown'
  return ['Succeeded', 'Failed'].includes(text(member(pod, 'status')['phase'])) ? reason : 'Terminating'
}
