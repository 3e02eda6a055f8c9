import { countOrPercent, isActive, isControlledBy, isDeleting, requestDeletion } from '../objects.ts'
import { completedWithinLimits, writeDeploymentStatus } from './deployment-status.ts'
import type { Controller, ControllerContext } from './loop.ts'
import { adoptTemplate, newestFirst, type Rollout } from './rollout.ts'
import type { Deployment, ReplicaSet } from '../workloads.ts'

/** Rolls the pods of a Deployment over to its newest template. */
export const deploymentController: Controller<Deployment> = {
  component: 'deployment-controller',
  table: ({ deployments }) => deployments,
  dependants: ({ replicaSets }) => [replicaSets],
  reconcile(deployment, context) {
    const owned = replicaSetsOf(deployment, context)
    if (isDeleting(deployment)) return writeDeploymentStatus(deployment, owned, context)
    const rollout = adoptTemplate(deployment, owned, context)
    const { current, older } = rollout
    if (current !== undefined) roll({ ...rollout, current }, context)
    else if (older.length > 0) stopOlder(rollout, context)
    const now = replicaSetsOf(deployment, context)
    if (completedWithinLimits(deployment, now)) forgetOld(deployment, now, context)
    return writeDeploymentStatus(deployment, now, context)
  },
}

function replicaSetsOf(deployment: Deployment, { tables }: ControllerContext): readonly ReplicaSet[] {
  const all = tables.replicaSets.list(deployment.metadata.namespace)
  return newestFirst(all.filter((one) => isControlledBy(one, deployment)))
}

type RunningRollout = Rollout & { readonly current: ReplicaSet }

function roll(rollout: RunningRollout, context: ControllerContext): void {
  const { deployment, current, older } = rollout
  const wanted = deployment.spec.replicas ?? 1
  if (deployment.spec.paused === true) {
    if (older.every((one) => sizeOf(one) === 0)) scaleTo(rollout, current, { replicas: wanted, context })
    return
  }
  if (deployment.spec.strategy?.type === 'Recreate') {
    scaleTo(rollout, current, { replicas: wanted, context })
    return
  }
  if (!scaleUp(rollout, context)) scaleDown(rollout, context)
}

/** How many pods more, and how many fewer, than wanted a rolling update may have. */
function limitsOf({ spec }: Deployment): { readonly surge: number; readonly unavailable: number } {
  const wanted = spec.replicas ?? 1
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {}
  const surge = countOrPercent(maxSurge, wanted, Math.ceil)
  const unavailable = countOrPercent(maxUnavailable, wanted, Math.floor)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function sizeOf({ spec }: ReplicaSet): number {
  return spec.replicas ?? 0
}

function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0
}

function total(replicaSets: readonly ReplicaSet[], count: (one: ReplicaSet) => number): number {
  return replicaSets.reduce((sum, one) => sum + count(one), 0)
}

function scaleUp(rollout: RunningRollout, context: ControllerContext): boolean {
  const { deployment, current, older } = rollout
  const wanted = deployment.spec.replicas ?? 1
  const has = sizeOf(current)
  if (has === wanted) return false
  if (has > wanted) return scaleTo(rollout, current, { replicas: wanted, context })
  const room = wanted + limitsOf(deployment).surge - has - total(older, sizeOf)
  return room > 0 && scaleTo(rollout, current, { replicas: has + Math.min(room, wanted - has), context })
}

/** First pods of old ReplicaSets that never got ready, then as many good ones as availability allows. */
function scaleDown(rollout: RunningRollout, context: ControllerContext): void {
  const { deployment, current, older } = rollout
  const wanted = deployment.spec.replicas ?? 1
  const all = [current, ...older]
  const least = wanted - limitsOf(deployment).unavailable
  const unavailableNew = sizeOf(current) - availableOf(current)
  let spare = total(all, sizeOf) - least - unavailableNew
  const left = new Map(older.map((one) => [one.metadata.uid, sizeOf(one)]))
  const take = (one: ReplicaSet, count: number): void => {
    left.set(one.metadata.uid, (left.get(one.metadata.uid) ?? 0) - count)
    spare -= count
  }
  const oldest = [...older].reverse()
  for (const one of oldest) {
    const broken = sizeOf(one) - availableOf(one)
    take(one, Math.max(0, Math.min(spare, broken)))
  }
  const available = total(all, availableOf)
  spare = Math.min(spare, available - least)
  for (const one of oldest) take(one, Math.max(0, Math.min(spare, left.get(one.metadata.uid) ?? 0)))
  for (const one of oldest) scaleTo(rollout, one, { replicas: left.get(one.metadata.uid) ?? 0, context })
}

/** Recreate: nothing new starts before everything old is gone. */
function stopOlder(rollout: Rollout, context: ControllerContext): void {
  for (const one of rollout.older) scaleTo(rollout, one, { replicas: 0, context })
}

function scaleTo(
  { deployment }: Rollout,
  replicaSet: ReplicaSet,
  { replicas, context }: { readonly replicas: number; readonly context: ControllerContext },
): boolean {
  const before = sizeOf(replicaSet)
  const wanted = deployment.spec.replicas ?? 1
  context.tables.replicaSets.update(replicaSet, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      annotations: { ...current.metadata.annotations, ...sizeNotes(deployment, wanted) },
    },
    spec: { ...current.spec, replicas },
  }))
  if (before === replicas) return false
  const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`
  context.recorder.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message })
  return true
}

function sizeNotes(deployment: Deployment, wanted: number): Readonly<Record<string, string>> {
  const surge = deployment.spec.strategy?.type === 'Recreate' ? 0 : limitsOf(deployment).surge
  return {
    'deployment.kubernetes.io/desired-replicas': String(wanted),
    'deployment.kubernetes.io/max-replicas': String(wanted === 0 ? 0 : wanted + surge),
  }
}

function forgetOld(deployment: Deployment, owned: readonly ReplicaSet[], context: ControllerContext): void {
  const { tables, clock } = context
  const [, ...older] = owned
  const idle = older.filter(
    (one) =>
      sizeOf(one) === 0 &&
      (one.status?.replicas ?? 0) === 0 &&
      !tables.pods.list(one.metadata.namespace).some((pod) => isControlledBy(pod, one) && isActive(pod)),
  )
  const forgotten = idle.slice(deployment.spec.revisionHistoryLimit ?? 10)
  for (const one of forgotten) requestDeletion(tables.replicaSets, one, clock())
}
