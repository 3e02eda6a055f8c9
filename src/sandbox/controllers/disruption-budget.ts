import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../kinds.ts'
import { countOrPercent, isDeleting, isFinished, isReady, matchesLabels, timestamp } from '../objects.ts'
import type { DisruptionBudget } from '../workloads.ts'
import type { Controller } from './loop.ts'

/**
 * Counts how many of a budget's pods may be evicted. Expected are the pods that there are, where a real cluster asks their
 * controllers how many there shall be.
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export const disruptionBudgetController: Controller<DisruptionBudget> = {
  component: 'disruption-controller',
  table: ({ disruptionBudgets }) => disruptionBudgets,
  surroundings: ({ pods }) => [pods],
  reconcile(budget, { tables, clock }) {
    const pods = tables.pods.list(budget.metadata.namespace).filter((pod) => isCovered(pod, budget))
    const counts = countsOf(budget, pods)
    tables.disruptionBudgets.update(budget, (current) => {
      const status = statusOf(current, counts, timestamp(clock()))
      return isDeepStrictEqual(current.status, status) ? current : { ...current, status }
    })
    return undefined
  },
}

/** Whether a pod counts for a budget. */
export function isCovered(pod: Pod, { spec }: DisruptionBudget): boolean {
  return !isFinished(pod) && matchesLabels(spec?.selector, pod.metadata.labels)
}

interface Counts {
  readonly disruptionsAllowed: number
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly expectedPods: number
}

function countsOf({ spec }: DisruptionBudget, pods: readonly Pod[]): Counts {
  const expectedPods = pods.length
  const currentHealthy = pods.filter((pod) => isReady(pod) && !isDeleting(pod)).length
  const count = (value: number | string): number => countOrPercent(value, expectedPods, Math.ceil)
  const desiredHealthy =
    spec?.maxUnavailable === undefined
      ? count(spec?.minAvailable ?? 1)
      : Math.max(0, expectedPods - count(spec.maxUnavailable))
  const isNone = expectedPods === 0
  return {
    disruptionsAllowed: isNone ? 0 : Math.max(0, currentHealthy - desiredHealthy),
    currentHealthy,
    desiredHealthy,
    expectedPods,
  }
}

function statusOf({ metadata, status }: DisruptionBudget, counts: Counts, now: string): object {
  const isAllowed = counts.disruptionsAllowed > 0
  const [before] = status?.conditions ?? []
  const value = isAllowed ? 'True' : 'False'
  return {
    observedGeneration: metadata.generation,
    ...counts,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: value,
        observedGeneration: metadata.generation,
        lastTransitionTime: before?.status === value ? before.lastTransitionTime : now,
        reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
      },
    ],
  }
}
