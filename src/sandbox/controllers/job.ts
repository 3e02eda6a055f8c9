import type { Condition, Pod } from '../kinds.ts'
import {
  conditionOf,
  isActive,
  isControlledBy,
  isDeleting,
  isFinished,
  isReady,
  requestDeletion,
  timestamp,
} from '../objects.ts'
import type { Controller, ControllerContext } from './loop.ts'
import { restartsOf } from './pod-template.ts'
import { createPod } from './create-pod.ts'
import type { Job } from '../workloads.ts'

const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

/** Runs pods until enough of them succeeded, or too many failed. Completion modes other than NonIndexed count alike. */
export const jobController: Controller<Job> = {
  component: 'job-controller',
  table: ({ jobs }) => jobs,
  dependants: ({ pods }) => [pods],
  surroundings: ({ quotas }) => [quotas],
  reconcile(job, context) {
    const pods = context.tables.pods.list(job.metadata.namespace).filter((pod) => isControlledBy(pod, job))
    const verdict = isOver(job) ? undefined : judge(job, pods, context.clock())
    if (isDeleting(job) || isOver(job) || verdict !== undefined) {
      stopPods(pods, { isOver: true, context })
    } else {
      startPods(job, pods, context)
      stopPods(pods, { isOver: false, context })
    }
    writeStatus(job, verdict, context)
    return nextLookMs(job, context)
  },
}

interface Verdict {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

function isOver({ status }: Job): boolean {
  return ['Complete', 'Failed'].some((type) => conditionOf(status?.conditions, type)?.status === 'True')
}

function countsOf(job: Job, pods: readonly Pod[]): { readonly succeeded: number; readonly failed: number } {
  const ended = (phase: string): number => pods.filter(({ status }) => status?.phase === phase).length
  // Pods that someone has deleted since stay counted.
  return {
    succeeded: Math.max(ended('Succeeded'), job.status?.succeeded ?? 0),
    failed: Math.max(ended('Failed'), job.status?.failed ?? 0),
  }
}

function judge(job: Job, pods: readonly Pod[], now: Date): Verdict | undefined {
  if (isBeyondBackOff(job, pods)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const leftMs = untilDeadlineMs(job, now)
  if (leftMs !== undefined && leftMs <= 0) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const { succeeded } = countsOf(job, pods)
  const { completions } = job.spec
  const isEnough = completions === undefined ? succeeded > 0 && !pods.some(isActive) : succeeded >= completions
  return isEnough
    ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

/** Containers that are started again in place count like failed pods. */
function isBeyondBackOff(job: Job, pods: readonly Pod[]): boolean {
  const { backoffLimit = 6, template } = job.spec
  if (countsOf(job, pods).failed > backoffLimit) return true
  const restarts = pods.reduce((sum, pod) => sum + restartsOf(pod), 0)
  return template.spec.restartPolicy === 'OnFailure' && restarts > 0 && restarts >= backoffLimit
}

function untilDeadlineMs({ spec, status }: Job, now: Date): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now.getTime()
}

function startPods(job: Job, pods: readonly Pod[], context: ControllerContext): void {
  const { completions, parallelism = 1, suspend = false, template } = job.spec
  if (suspend) return
  const { succeeded } = countsOf(job, pods)
  const active = pods.filter((pod) => isActive(pod)).length
  // Without completions, pods work off a common queue: the first success means that it is empty.
  const open = (completions ?? (succeeded > 0 ? active : parallelism)) - (completions === undefined ? 0 : succeeded)
  for (let count = active; count < Math.min(parallelism, open); count += 1) {
    const made = createPod({ owner: job, template, finalizers: [trackingFinalizer] }, context)
    if ('refusal' in made) return
    const message = `Created pod: ${made.pod.metadata.name}`
    context.recorder.record(job, { type: 'Normal', reason: 'SuccessfulCreate', message })
  }
}

/** Pods that ended need no tracking any more; those that still run are not needed once the Job is over. */
function stopPods(
  pods: readonly Pod[],
  { isOver, context }: { readonly isOver: boolean; readonly context: ControllerContext },
): void {
  const { tables, clock } = context
  for (const pod of pods) {
    if (isOver && isActive(pod)) requestDeletion(tables.pods, pod, clock())
    if (!isOver && !isFinished(pod) && !isDeleting(pod)) continue
    tables.pods.update(pod, (current) => withoutFinalizer(current))
  }
}

function withoutFinalizer(pod: Pod): Pod {
  const kept = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== trackingFinalizer)
  if (kept.length === (pod.metadata.finalizers ?? []).length) return pod
  const { finalizers: _, ...metadata } = pod.metadata
  return { ...pod, metadata: kept.length === 0 ? metadata : { ...metadata, finalizers: kept } }
}

function writeStatus(job: Job, verdict: Verdict | undefined, { tables, clock, recorder }: ControllerContext): void {
  const now = timestamp(clock())
  const pods = tables.pods.list(job.metadata.namespace).filter((pod) => isControlledBy(pod, job))
  const { succeeded, failed } = countsOf(job, pods)
  tables.jobs.update(job, (current) => {
    if (isOver(current)) return current
    const active = verdict === undefined ? pods.filter(isActive) : []
    return {
      ...current,
      status: {
        ...(verdict !== undefined && { conditions: conditionsOf(verdict, now) }),
        startTime: current.status?.startTime ?? now,
        ...(verdict?.type === 'Complete' && { completionTime: now }),
        ...(active.length > 0 && { active: active.length }),
        ...(succeeded > 0 && { succeeded }),
        ...(failed > 0 && { failed }),
        terminating: pods.filter((pod) => isDeleting(pod) && !isFinished(pod)).length,
        uncountedTerminatedPods: {},
        ready: active.filter(isReady).length,
      },
    }
  })
  if (verdict === undefined) return
  const { reason, message } = verdict
  const isComplete = verdict.type === 'Complete'
  const completed = { type: 'Normal', reason: 'Completed', message: 'Job completed' } as const
  recorder.record(job, isComplete ? completed : { type: 'Warning', reason, message })
}

function conditionsOf({ type, reason, message }: Verdict, now: string): readonly Condition[] {
  const why = { status: 'True' as const, lastProbeTime: now, lastTransitionTime: now, reason, message }
  return [
    { type: type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', ...why },
    { type, ...why },
  ]
}

function nextLookMs(job: Job, { tables, clock }: ControllerContext): number | undefined {
  const current = tables.jobs.get(job.metadata.namespace, job.metadata.name)
  if (current === undefined) return undefined
  if (!isOver(current)) return untilDeadlineMs(current, clock())
  const seconds = current.spec.ttlSecondsAfterFinished
  if (seconds === undefined) return undefined
  const ended = Date.parse(current.status?.conditions?.at(-1)?.lastTransitionTime ?? '')
  const leftMs = ended + seconds * 1000 - clock().getTime()
  if (leftMs > 0) return leftMs
  requestDeletion(tables.jobs, current, clock())
  return undefined
}
