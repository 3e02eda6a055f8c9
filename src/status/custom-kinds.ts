import type { KubeObject, ObjectRef } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'
import type { RolloutState } from './rollout.ts'

/** Custom kinds that are waited for, by patterns of the whole name. */
export interface StatusSelector {
  readonly group: RegExp
  readonly kind: RegExp
}

export function isSelected({ apiVersion, kind }: ObjectRef, selectors: readonly StatusSelector[]): boolean {
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  return selectors.some((selector) => selector.group.test(group) && selector.kind.test(kind))
}

/**
 * How far an object of any kind is, by the conditions that most controllers write; one that has none is ready as soon as
 * it has been seen.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function customState(object: KubeObject): RolloutState {
  const observed = valueAt(object, ['status', 'observedGeneration'])
  const { generation = 0 } = object.metadata
  if (typeof observed === 'number' && observed < generation) {
    const message = `waiting for ${object.kind.toLowerCase()} spec update to be observed...`
    return { is: 'waiting', message, isObserved: false }
  }
  const stalled = conditionOf(object, 'Stalled')
  if (stalled?.status === 'True') return { is: 'failed', message: textOf(stalled, 'it is stalled') }
  const reconciling = conditionOf(object, 'Reconciling')
  if (reconciling?.status === 'True') return waiting(textOf(reconciling, 'it is being reconciled'))
  const ready = conditionOf(object, 'Ready') ?? conditionOf(object, 'Available')
  return ready === undefined || ready.status === 'True' ? { is: 'done' } : waiting(textOf(ready, 'it is not ready'))
}

function waiting(message: string): RolloutState {
  return { is: 'waiting', message, isObserved: true }
}

interface Condition {
  readonly status: unknown
  readonly reason: unknown
  readonly message: unknown
}

function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const conditions = valueAt(object, ['status', 'conditions'])
  if (!Array.isArray(conditions)) return undefined
  const found = (conditions as readonly unknown[]).filter(isMapping).find((one) => one['type'] === type)
  return found === undefined
    ? undefined
    : { status: found['status'], reason: found['reason'], message: found['message'] }
}

function textOf({ reason, message }: Condition, otherwise: string): string {
  return [message, reason].find((text): text is string => typeof text === 'string' && text !== '') ?? otherwise
}
