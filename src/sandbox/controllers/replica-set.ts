import type { Pod } from '../kinds.ts'
import {
  conditionOf,
  isActive,
  isAvailable,
  isControlledBy,
  isDeleting,
  isFinished,
  isReady,
  matchesLabels,
  requestDeletion,
} from '../objects.ts'
import type { Controller, ControllerContext } from './loop.ts'
import { createPod, replicaFailure, retryMs } from './create-pod.ts'
import type { ReplicaSet, ReplicaSetStatus } from '../workloads.ts'

/** Keeps as many pods as the ReplicaSet asks for. */
export const replicaSetController: Controller<ReplicaSet> = {
  component: 'replicaset-controller',
  table: ({ replicaSets }) => replicaSets,
  dependants: ({ pods }) => [pods],
  reconcile(replicaSet, context) {
    const refusal = isDeleting(replicaSet) ? undefined : scale(replicaSet, context)
    writeStatus(replicaSet, context, refusal)
    if (refusal !== undefined) return retryMs
    const { minReadySeconds = 0 } = replicaSet.spec
    const isSettling = minReadySeconds > 0 && podsOf(replicaSet, context).some(isReady)
    return isSettling ? 500 : undefined
  },
}

function podsOf(owner: ReplicaSet, { tables }: ControllerContext): readonly Pod[] {
  return tables.pods.list(owner.metadata.namespace).filter((pod) => isControlledBy(pod, owner))
}

/** Gives the reason if a pod was refused. */
function scale(replicaSet: ReplicaSet, context: ControllerContext): string | undefined {
  const { tables, clock, recorder } = context
  const active = podsOf(replicaSet, context).filter(isActive)
  const missing = (replicaSet.spec.replicas ?? 1) - active.length
  for (let count = 0; count < missing; count += 1) {
    const made = createPod({ owner: replicaSet, template: replicaSet.spec.template }, context)
    if ('refusal' in made) return made.refusal
    const message = `Created pod: ${made.pod.metadata.name}`
    recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message })
  }
  for (const pod of byWorth(active).slice(0, Math.max(-missing, 0))) {
    requestDeletion(tables.pods, pod, clock())
    const message = `Deleted pod: ${pod.metadata.name}`
    recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message })
  }
  return undefined
}

/** The ones to lose first: not on a node, then not running, then not ready, then the youngest. */
function byWorth(pods: readonly Pod[]): readonly Pod[] {
  const worth = (pod: Pod): number =>
    Number((pod.spec.nodeName ?? '') !== '') + Number(pod.status?.phase === 'Running') + Number(isReady(pod))
  return [...pods].sort((one, other) => worth(one) - worth(other) || ageOrder(one, other))
}

function ageOrder(one: Pod, other: Pod): number {
  const [left, right] = [one.metadata.creationTimestamp, other.metadata.creationTimestamp]
  if (left !== right) return left > right ? -1 : 1
  return one.metadata.name < other.metadata.name ? -1 : 1
}

function writeStatus(replicaSet: ReplicaSet, context: ControllerContext, refusal: string | undefined): void {
  context.tables.replicaSets.update(replicaSet, (current) => {
    const status = statusOf(current, podsOf(current, context), context.clock())
    const before = conditionOf(current.status?.conditions, 'ReplicaFailure')
    // the name in the message changes with every attempt: the first one stays
    const failure = refusal === undefined ? undefined : (before ?? replicaFailure(refusal, context.clock()))
    return { ...current, status: { ...status, ...(failure === undefined ? {} : { conditions: [failure] }) } }
  })
}

function statusOf(replicaSet: ReplicaSet, pods: readonly Pod[], now: Date): ReplicaSetStatus {
  const active = pods.filter(isActive)
  const labels = replicaSet.spec.template.metadata?.labels ?? {}
  const { minReadySeconds } = replicaSet.spec
  const counts = {
    fullyLabeledReplicas: active.filter(({ metadata }) => matchesLabels({ matchLabels: labels }, metadata.labels))
      .length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, { minReadySeconds, now })).length,
  }
  return {
    replicas: active.length,
    ...withoutZeros(counts),
    terminatingReplicas: pods.filter((pod) => isDeleting(pod) && !isFinished(pod)).length,
    observedGeneration: replicaSet.metadata.generation ?? 1,
  }
}

/** The counts that are not 0: the API leaves the others out. */
export function withoutZeros<Counts extends object>(counts: Counts): Partial<Counts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<Counts>
}
