import type { Condition, Pod } from '../kinds.ts'
import { conditionOf, isDeleting, isFinished, timestamp } from '../objects.ts'
import { createSchedulerRecorder, type Recorder } from '../recorder.ts'
import type { Tables } from '../tables.ts'
import { decide } from './decide.ts'

/** Starts the scheduler; the answer stops it. */
export function startScheduler({ tables, clock }: { tables: Tables; clock: () => Date }): () => void {
  const recorder = createSchedulerRecorder({ tables, clock })
  let planned: NodeJS.Immediate | undefined
  const run = (): void => {
    planned = undefined
    schedulePending({ tables, clock, recorder })
  }
  // Any change of a node, a pod or a claim can make room, or a place: all that wait are looked at again.
  const wake = (): void => {
    planned ??= setImmediate(run)
  }
  const stops = [
    tables.nodes.subscribe(wake),
    tables.claims.subscribe(wake),
    tables.pods.subscribe((type, pod) => {
      if (type !== 'MODIFIED' || isWaiting(pod) || isFinished(pod)) wake()
    }),
  ]
  wake()
  return () => {
    clearImmediate(planned)
    for (const stop of stops) stop()
  }
}

interface Scheduling {
  readonly tables: Tables
  readonly clock: () => Date
  readonly recorder: Recorder
}

function schedulePending(scheduling: Scheduling): void {
  const waiting = scheduling.tables.pods
    .list()
    .filter(isWaiting)
    .sort((one, other) => Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion))
  for (const pod of waiting) scheduleOne(pod, scheduling)
}

/** Pods of other schedulers are theirs. */
function isWaiting(pod: Pod): boolean {
  const scheduler = pod.spec.schedulerName ?? 'default-scheduler'
  return (pod.spec.nodeName ?? '') === '' && scheduler === 'default-scheduler' && !isDeleting(pod) && !isFinished(pod)
}

function scheduleOne(pod: Pod, scheduling: Scheduling): void {
  const { tables, recorder } = scheduling
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    const message = 'Scheduling is blocked due to non-empty scheduling gates'
    setScheduled(pod, { reason: 'SchedulingGated', message }, scheduling)
    return
  }
  const claims = tables.claims.list(pod.metadata.namespace).map(({ metadata }) => metadata.name)
  const decision = decide(pod, { nodes: tables.nodes.list(), pods: tables.pods.list(), claims })
  if ('node' in decision) {
    bind(pod, decision.node, scheduling)
    return
  }
  const message = decision.unschedulable
  if (setScheduled(pod, { reason: 'Unschedulable', message }, scheduling)) {
    recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message })
  }
}

function bind(pod: Pod, nodeName: string, { tables, clock, recorder }: Scheduling): void {
  const bound = tables.pods.update(pod, (current) => ({
    ...current,
    spec: { ...current.spec, nodeName },
    status: withScheduled(current, { type: 'PodScheduled', status: 'True' }, timestamp(clock())),
  }))
  if (bound === undefined) return
  const { namespace = 'default', name } = pod.metadata
  recorder.record(pod, {
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
  })
}

/** Says why the pod waits; false when that was said before. */
function setScheduled(
  pod: Pod,
  { reason, message }: { readonly reason: string; readonly message: string },
  { tables, clock }: Scheduling,
): boolean {
  const said = conditionOf(pod.status?.conditions, 'PodScheduled')
  if (said?.status === 'False' && said.reason === reason && said.message === message) return false
  const condition: Condition = { type: 'PodScheduled', status: 'False', reason, message }
  tables.pods.update(pod, (current) => ({ ...current, status: withScheduled(current, condition, timestamp(clock())) }))
  return true
}

function withScheduled(pod: Pod, condition: Condition, now: string): object {
  const { type, status, ...why } = condition
  const before = conditionOf(pod.status?.conditions, type)
  const entered = before?.status === status ? (before.lastTransitionTime ?? now) : now
  const others = (pod.status?.conditions ?? []).filter((one) => one.type !== type)
  const scheduled = {
    type,
    ...(status === 'False' && { observedGeneration: pod.metadata.generation }),
    status,
    lastProbeTime: null,
    lastTransitionTime: entered,
    ...why,
  }
  return { phase: 'Pending', ...pod.status, conditions: [...others, scheduled] }
}
