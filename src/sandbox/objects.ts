import type { Condition, Entity, LabelSelector, Labels, OwnerReference, Pod, SelectorExpression } from './kinds.ts'
import type { Table } from './tables.ts'

/** A time as Kubernetes writes it: seconds, UTC. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** The reference that makes `owner` the controller of an object. */
export function controllerReference(owner: Entity): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

export function isControlledBy(object: Entity, owner: Entity): boolean {
  return (
    object.metadata.ownerReferences?.some((one) => one.controller === true && one.uid === owner.metadata.uid) ?? false
  )
}

export function isDeleting(object: Entity): boolean {
  return object.metadata.deletionTimestamp !== undefined
}

/** It ended, well or not, and will not run again. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isDeleting(pod)
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True'
}

/** Ready since at least `minReadySeconds`. */
export function isAvailable(
  pod: Pod,
  { minReadySeconds = 0, now }: { minReadySeconds?: number | undefined; now: Date },
): boolean {
  if (!isReady(pod)) return false
  const since = conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime
  return minReadySeconds === 0 || (since !== undefined && Date.parse(since) + minReadySeconds * 1000 <= now.getTime())
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Evaluates a label selector; an empty one matches everything, a missing one nothing. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return equal && (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels))
}

function matchesExpression({ key, operator, values = [] }: SelectorExpression, labels: Labels): boolean {
  const value = labels[key]
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const isListed = value !== undefined && values.includes(value)
  return operator === 'In' ? isListed : operator === 'NotIn' && !isListed
}

/**
 * Asks for an object's deletion, as a DELETE without options does. A pod that runs on a node keeps its grace period, which
 * the node ends; what has finalizers waits for them.
 */
export function requestDeletion<Kind extends Entity>(table: Table<Kind>, object: Kind, now: Date): void {
  if (isDeleting(object)) return
  const graceSeconds = graceOf(object)
  table.update(object, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      deletionTimestamp: timestamp(new Date(now.getTime() + graceSeconds * 1000)),
      deletionGracePeriodSeconds: graceSeconds,
    },
  }))
}

function graceOf(object: Entity): number {
  if (object.kind !== 'Pod') return 0
  const pod = object as Pod
  const isOnNode = (pod.spec.nodeName ?? '') !== ''
  return isOnNode && !isFinished(pod) ? (pod.spec.terminationGracePeriodSeconds ?? 30) : 0
}

/** `10`, or `25%` of a total, as `maxSurge` (rounds up) and `maxUnavailable` (rounds down) write it. */
export function countOrPercent(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)?.[1]
  return percent === undefined ? 0 : round((Number(percent) * total) / 100)
}
