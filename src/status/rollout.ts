import type { KubeObject } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'

/** How far a workload is, from its own status alone. */
export type RolloutState =
  | { readonly is: 'done' }
  | { readonly is: 'failed'; readonly message: string }
  /** `isObserved`: its controller has seen the newest version, so that what its pods do is about that. */
  | { readonly is: 'waiting'; readonly message: string; readonly isObserved: boolean }

/** Kinds whose roll-out can be followed. */
export const workloadKinds: ReadonlyMap<string, string> = new Map([
  ['Deployment', 'apps/v1'],
  ['StatefulSet', 'apps/v1'],
  ['DaemonSet', 'apps/v1'],
  ['ReplicaSet', 'apps/v1'],
  ['Job', 'batch/v1'],
])

/** Where a workload is on its way, in the words of `kubectl rollout status`. */
export function rolloutState(object: KubeObject): RolloutState {
  const judge = judges[object.kind]
  if (judge === undefined) return done
  if (object.kind !== 'Job' && number(object, 'status.observedGeneration') < (object.metadata.generation ?? 0)) {
    return {
      is: 'waiting',
      message: `waiting for ${lower(object.kind)} spec update to be observed...`,
      isObserved: false,
    }
  }
  return judge(object)
}

const done: RolloutState = { is: 'done' }

function waiting(message: string): RolloutState {
  return { is: 'waiting', message, isObserved: true }
}

const judges: Readonly<Record<string, (object: KubeObject) => RolloutState>> = {
  Deployment: judgeDeployment,
  StatefulSet: judgeStatefulSet,
  DaemonSet: judgeDaemonSet,
  ReplicaSet: judgeReplicaSet,
  Job: judgeJob,
}

function judgeDeployment(object: KubeObject): RolloutState {
  if (condition(object, 'Progressing')?.['reason'] === 'ProgressDeadlineExceeded') {
    return { is: 'failed', message: `deployment "${object.metadata.name}" exceeded its progress deadline` }
  }
  const refused = refusal(object)
  if (refused !== undefined) return waiting(refused)
  const wanted = number(object, 'spec.replicas', 1)
  const [all, updated, available] = counts(object, ['replicas', 'updatedReplicas', 'availableReplicas'])
  if (updated < wanted) {
    return waiting(`waiting for rollout to finish: ${updated} out of ${wanted} new replicas have been updated...`)
  }
  if (all > updated) {
    return waiting(`waiting for rollout to finish: ${all - updated} old replicas are pending termination...`)
  }
  if (available < updated) {
    return waiting(`waiting for rollout to finish: ${available} of ${updated} updated replicas are available...`)
  }
  return done
}

function judgeStatefulSet(object: KubeObject): RolloutState {
  if (valueAt(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return done
  const wanted = number(object, 'spec.replicas', 1)
  const [ready, updated] = counts(object, ['readyReplicas', 'updatedReplicas'])
  if (ready < wanted) return waiting(`waiting for ${wanted - ready} pods to be ready...`)
  const partition = number(object, 'spec.updateStrategy.rollingUpdate.partition')
  if (partition > 0) {
    const due = wanted - partition
    return updated >= due
      ? done
      : waiting(`waiting for partitioned roll out to finish: ${updated} out of ${due} new pods have been updated...`)
  }
  const revision = valueAt(object, ['status', 'updateRevision'])
  if (revision === valueAt(object, ['status', 'currentRevision'])) return done
  return waiting(
    `waiting for statefulset rolling update to complete ${updated} pods at revision ${textOf(revision)}...`,
  )
}

function judgeDaemonSet(object: KubeObject): RolloutState {
  if (valueAt(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return done
  const [wanted, updated, available] = counts(object, [
    'desiredNumberScheduled',
    'updatedNumberScheduled',
    'numberAvailable',
  ])
  if (updated < wanted) {
    return waiting(`waiting for rollout to finish: ${updated} out of ${wanted} new pods have been updated...`)
  }
  if (available < wanted) {
    return waiting(`waiting for rollout to finish: ${available} of ${wanted} updated pods are available...`)
  }
  return done
}

function judgeReplicaSet(object: KubeObject): RolloutState {
  const refused = refusal(object)
  if (refused !== undefined) return waiting(refused)
  const wanted = number(object, 'spec.replicas', 1)
  const [available] = counts(object, ['availableReplicas'])
  return available >= wanted
    ? done
    : waiting(`waiting for rollout to finish: ${available} of ${wanted} replicas are available...`)
}

/** A quota, or another rule of admission, keeps pods from being made; it may be lifted. */
function refusal(object: KubeObject): string | undefined {
  const failure = condition(object, 'ReplicaFailure')
  return failure?.['status'] === 'True' ? `pods cannot be made: ${textOf(failure['message'])}` : undefined
}

/** A Job is started, not waited for: it may run for hours. */
function judgeJob(object: KubeObject): RolloutState {
  const failed = condition(object, 'Failed') ?? condition(object, 'FailureTarget')
  if (failed?.['status'] === 'True') {
    return { is: 'failed', message: `job "${object.metadata.name}" failed: ${textOf(failed['message'])}` }
  }
  const isComplete = [condition(object, 'Complete'), condition(object, 'SuccessCriteriaMet')].some(
    (found) => found?.['status'] === 'True',
  )
  if (isComplete || valueAt(object, ['spec', 'suspend']) === true) return done
  const [ready, active] = counts(object, ['ready', 'active'])
  return ready > 0 && ready >= active
    ? done
    : waiting(`waiting for the pods of job "${object.metadata.name}" to start...`)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function condition(object: KubeObject, type: string): Readonly<Record<string, unknown>> | undefined {
  const conditions = valueAt(object, ['status', 'conditions'])
  if (!Array.isArray(conditions)) return undefined
  return conditions.filter(isMapping).find((item) => item['type'] === type)
}

function counts<const K extends readonly string[]>(object: KubeObject, names: K): { [I in keyof K]: number } {
  return names.map((name) => number(object, `status.${name}`)) as { [I in keyof K]: number }
}

/** Go leaves zeros out. */
function number(object: KubeObject, path: string, absent = 0): number {
  const value = valueAt(object, path.split('.'))
  return typeof value === 'number' ? value : absent
}

function lower(kind: string): string {
  return kind.toLowerCase()
}
