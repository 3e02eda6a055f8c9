import type { KubeObject, ObjectRef } from '../kube/index.ts'
import { valueAt } from '../resource/index.ts'
import type { ClusterView } from './cluster-view.ts'
import { diagnosePod, type PodTrouble } from './diagnose-pod.ts'
import type { PodFacts } from './pod-facts.ts'
import { customState, isSelected, type StatusSelector } from './custom-kinds.ts'
import { rolloutState, workloadKinds } from './rollout.ts'

/** One line of the status check: a workload, or all pods that stand alone. */
export interface Check {
  /** As Skaffold names it: `deployment/web`, `dev:deployment/web`, `pods`. */
  readonly label: string
  readonly kind: string
  readonly apiVersion: string
  readonly namespaces: readonly string[]
  /** The one object that it is about; undefined for the check of all pods. */
  readonly object?: { readonly kind: string; readonly namespace: string; readonly name: string }
  /** `now` in milliseconds since the epoch. */
  judge(view: ClusterView, now: number): Judgement
  /** The object's own deadline in milliseconds, if it has one. */
  ownDeadlineMs(view: ClusterView): number | undefined
}

export type Judgement =
  | { readonly is: 'ready' }
  | { readonly is: 'waiting' | 'failed'; readonly message: string; readonly problems: readonly PodProblem[] }

export interface PodProblem {
  readonly pod: PodFacts
  readonly trouble: PodTrouble
}

/**
 * What of the given objects is watched until it is ready; kinds that are neither known nor selected are ready when they
 * are written.
 */
export function checksOf(
  objects: readonly ObjectRef[],
  { namespace: defaultNamespace, selectors = [] }: CheckOptions,
): readonly Check[] {
  const placed = objects.map((ref) => ({ ...ref, namespace: ref.namespace ?? defaultNamespace }))
  const pods = placed.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Pod')
  const workloads = placed.filter(({ apiVersion, kind }) => workloadKinds.get(kind) === apiVersion)
  const known = new Set<ObjectRef>([...workloads, ...pods])
  const custom = placed.filter((ref) => !known.has(ref) && isSelected(ref, selectors))
  const checks = [...workloads.map(workloadCheck), ...custom.map(customCheck)]
  return [...checks, ...(pods.length === 0 ? [] : [podsCheck(pods)])]
}

/** Where objects are that do not say it, and which kinds are waited for beside the known ones. */
export interface CheckOptions {
  readonly namespace: string
  readonly selectors?: readonly StatusSelector[]
}

type PlacedRef = ObjectRef & { readonly namespace: string }

function workloadCheck(ref: PlacedRef): Check {
  return objectCheck(ref, {
    judge: judgeWorkload,
    ownDeadlineMs(object) {
      const seconds = valueAt(object, ['spec', 'progressDeadlineSeconds'])
      return typeof seconds === 'number' ? seconds * 1000 : undefined
    },
  })
}

function customCheck(ref: PlacedRef): Check {
  return objectCheck(ref, {
    judge(object) {
      const state = customState(object)
      return state.is === 'done' ? { is: 'ready' } : { is: state.is, message: state.message, problems: [] }
    },
    ownDeadlineMs: () => undefined,
  })
}

interface ObjectRules {
  readonly judge: (object: KubeObject, view: ClusterView) => Judgement
  readonly ownDeadlineMs: (object: KubeObject | undefined) => number | undefined
}

/** Of one object that was written, and has to be there. */
function objectCheck(ref: PlacedRef, { judge, ownDeadlineMs }: ObjectRules): Check {
  const { kind, apiVersion, namespace, name } = ref
  return {
    label: labelOf(ref),
    kind,
    apiVersion,
    namespaces: [namespace],
    object: { kind, namespace, name },
    judge(view) {
      const object = view.find(kind, ref)
      return object === undefined ? { is: 'failed', message: 'it was deleted', problems: [] } : judge(object, view)
    },
    ownDeadlineMs: (view) => ownDeadlineMs(view.find(kind, ref)),
  }
}

function judgeWorkload(object: KubeObject, view: ClusterView): Judgement {
  const state = rolloutState(object)
  if (state.is === 'done') return { is: 'ready' }
  const isObserved = state.is === 'failed' || state.isObserved
  const problems = isObserved ? problemsOf(view.podsOf(object)) : []
  const isFailed = state.is === 'failed' || problems.some(({ trouble }) => isFatalFor(object.kind, trouble))
  return { is: isFailed ? 'failed' : 'waiting', message: state.message, problems }
}

/** A Job makes new pods for those that fail; only what fails for all of them ends it early. */
function isFatalFor(kind: string, trouble: PodTrouble): boolean {
  if (kind !== 'Job') return trouble.isFatal
  return ['noPlatform', 'wrongProgram', 'imageName'].includes(trouble.cause)
}

/** How long the status of a pod that was changed in place may still be that of its former containers. */
const changeMs = 3_000

function podsCheck(refs: readonly PlacedRef[]): Check {
  const failingSince = new Map<string, number>()
  const isFailing = ({ pod, trouble }: PodProblem, now: number): boolean => {
    if (!trouble.isFatal) failingSince.delete(pod.uid)
    else if (!failingSince.has(pod.uid)) failingSince.set(pod.uid, now)
    return trouble.isFatal && (!pod.isChanged || now - (failingSince.get(pod.uid) ?? now) >= changeMs)
  }
  return {
    label: 'pods',
    kind: 'Pod',
    apiVersion: 'v1',
    namespaces: [...new Set(refs.map(({ namespace }) => namespace))],
    judge(view, now) {
      const missing = refs.find((ref) => view.pod(ref) === undefined)
      if (missing !== undefined) return { is: 'failed', message: `${labelOf(missing)} was deleted`, problems: [] }
      const problems = problemsOf(refs.flatMap((ref) => view.pod(ref) ?? []))
      if (problems.length === 0) return { is: 'ready' }
      const isFailed = problems.filter((problem) => isFailing(problem, now)).length > 0
      return { is: isFailed ? 'failed' : 'waiting', message: 'waiting for pods to be ready', problems }
    },
    ownDeadlineMs: () => undefined,
  }
}

/** What is worst comes first. */
function problemsOf(pods: readonly PodFacts[]): readonly PodProblem[] {
  const problems = pods.flatMap((pod): readonly PodProblem[] => {
    const trouble = diagnosePod(pod)
    return trouble === undefined ? [] : [{ pod, trouble }]
  })
  return problems.toSorted((left, right) => weightOf(right.trouble) - weightOf(left.trouble))
}

function weightOf({ isFatal, cause }: PodTrouble): number {
  if (isFatal) return 2
  return cause === 'starting' ? 0 : 1
}

/** The namespace is left out where it is `default`, as Skaffold does. */
export function labelOf({
  kind,
  name,
  namespace,
}: {
  readonly kind: string
  readonly name: string
  readonly namespace: string
}): string {
  const label = `${kind.toLowerCase()}/${name}`
  return namespace === 'default' ? label : `${namespace}:${label}`
}
