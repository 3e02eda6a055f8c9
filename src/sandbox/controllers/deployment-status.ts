import type { Condition } from '../kinds.ts'
import { conditionOf, countOrPercent, timestamp } from '../objects.ts'
import type { ControllerContext } from './loop.ts'
import { withoutZeros } from './replica-set.ts'
import { revisionOf } from './rollout.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../workloads.ts'

/** All pods are of the newest template, there and available, and nothing else is left. */
export function completedWithinLimits(deployment: Deployment, owned: readonly ReplicaSet[]): boolean {
  const [current, ...older] = owned
  const wanted = deployment.spec.replicas ?? 1
  return (
    current !== undefined &&
    (current.status?.availableReplicas ?? 0) === wanted &&
    (current.status?.replicas ?? 0) === wanted &&
    older.every(({ status }) => (status?.replicas ?? 0) === 0)
  )
}

/** Writes counts and conditions; gives the milliseconds until the progress deadline. */
export function writeDeploymentStatus(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
  { tables, clock }: ControllerContext,
): number | undefined {
  const written = tables.deployments.update(deployment, (current) => {
    const counts = countsOf(current, owned)
    return { ...current, status: { ...counts, conditions: conditionsOf(current, { counts, owned, now: clock() }) } }
  })
  return written === undefined ? undefined : untilDeadlineMs(written, clock())
}

function countsOf(deployment: Deployment, owned: readonly ReplicaSet[]): DeploymentStatus {
  const sum = (count: (one: ReplicaSet) => number | undefined): number =>
    owned.reduce((total, one) => total + (count(one) ?? 0), 0)
  const current = currentOf(deployment, owned)
  const available = sum(({ status }) => status?.availableReplicas)
  const wanted = sum(({ spec }) => spec.replicas)
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...withoutZeros({
      replicas: sum(({ status }) => status?.replicas),
      updatedReplicas: current?.status?.replicas ?? 0,
      readyReplicas: sum(({ status }) => status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
    }),
    terminatingReplicas: sum(({ status }) => status?.terminatingReplicas),
  }
}

function currentOf({ metadata }: Deployment, owned: readonly ReplicaSet[]): ReplicaSet | undefined {
  const revision = Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
  return owned.find((one) => revisionOf(one) === revision)
}

interface Judgement {
  readonly counts: DeploymentStatus
  readonly owned: readonly ReplicaSet[]
  readonly now: Date
}

function conditionsOf(deployment: Deployment, judgement: Judgement): readonly Condition[] {
  const before = (deployment.status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure')
  const failure = conditionOf(currentOf(deployment, judgement.owned)?.status?.conditions, 'ReplicaFailure')
  return [...rolloutConditions(deployment, before, judgement), ...(failure === undefined ? [] : [failure])]
}

function rolloutConditions(
  deployment: Deployment,
  before: readonly Condition[],
  judgement: Judgement,
): readonly Condition[] {
  const available = availability(deployment, judgement.counts)
  const withAvailable = setCondition(before, available, { now: judgement.now })
  const progress = progressOf(deployment, judgement)
  if (progress === undefined) return withAvailable
  // Progress renews its lastUpdateTime even if nothing else changed: the deadline counts from there.
  const renewed = progress.isRenewed ? withAvailable.filter(({ type }) => type !== 'Progressing') : withAvailable
  const since = conditionOf(before, 'Progressing')
  return setCondition(renewed, progress.condition, { now: judgement.now, since })
}

function availability(deployment: Deployment, counts: DeploymentStatus): Condition {
  const wanted = deployment.spec.replicas ?? 1
  const isRecreate = deployment.spec.strategy?.type === 'Recreate'
  const allowed = deployment.spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%'
  const unavailable = isRecreate ? 0 : countOrPercent(allowed, wanted, Math.floor)
  return (counts.availableReplicas ?? 0) >= wanted - unavailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

interface Progress {
  readonly condition: Condition
  readonly isRenewed: boolean
}

function progressOf(deployment: Deployment, { counts, owned, now }: Judgement): Progress | undefined {
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  const isOver = counts.replicas === counts.updatedReplicas && before?.reason === 'NewReplicaSetAvailable'
  if (isOver) return undefined
  const name = currentOf(deployment, owned)?.metadata.name ?? ''
  const because = (status: 'True' | 'False', reason: string, what: string): Condition => ({
    type: 'Progressing',
    status,
    reason,
    message: `ReplicaSet "${name}" ${what}.`,
  })
  if (isComplete(counts, deployment.spec.replicas ?? 1)) {
    return { condition: because('True', 'NewReplicaSetAvailable', 'has successfully progressed'), isRenewed: false }
  }
  if (hasMoved(deployment.status ?? {}, counts)) {
    return { condition: because('True', 'ReplicaSetUpdated', 'is progressing'), isRenewed: true }
  }
  return isOverdue(deployment, now)
    ? { condition: because('False', 'ProgressDeadlineExceeded', 'has timed out progressing'), isRenewed: false }
    : undefined
}

function isComplete(counts: DeploymentStatus, wanted: number): boolean {
  return (
    (counts.updatedReplicas ?? 0) === wanted &&
    (counts.replicas ?? 0) === wanted &&
    (counts.availableReplicas ?? 0) === wanted
  )
}

function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function isOverdue(deployment: Deployment, now: Date): boolean {
  const leftMs = untilDeadlineMs(deployment, now)
  return leftMs !== undefined && leftMs <= 0
}

/** Undefined when nothing is awaited any more: the rollout is over, or was given up. */
function untilDeadlineMs(deployment: Deployment, now: Date): number | undefined {
  const progress = conditionOf(deployment.status?.conditions, 'Progressing')
  if (progress?.status !== 'True' || progress.reason === 'NewReplicaSetAvailable' || deployment.spec.paused === true) {
    return undefined
  }
  const since = Date.parse(String(progress['lastUpdateTime']))
  return since + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 - now.getTime()
}

/** A condition of the same status and reason stays as it is; a changed one goes to the end. */
function setCondition(
  conditions: readonly Condition[],
  condition: Condition,
  { now, since }: { readonly now: Date; readonly since?: Condition | undefined },
): readonly Condition[] {
  const before = conditionOf(conditions, condition.type)
  if (before?.status === condition.status && before.reason === condition.reason) return conditions
  const { type, status, ...why } = condition
  const last = since ?? before
  const entered = last?.status === status ? last.lastTransitionTime : undefined
  return [
    ...conditions.filter((one) => one.type !== type),
    { type, status, lastUpdateTime: timestamp(now), lastTransitionTime: entered ?? timestamp(now), ...why },
  ]
}
