import type { KubeClient, ObjectRef } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'
import type { PodFacts } from './pod-facts.ts'

/** Which pods are meant: those that meet every condition given. */
export interface LogSelection {
  readonly namespaces: readonly string[]
  readonly labelSelector?: string
  /** Only pods of these workloads, and these pods. */
  readonly objects?: readonly ObjectRef[]
}

/** Whether a pod is one of the objects, or has the labels that a workload selects its pods by. */
export async function createPodSelector(
  client: KubeClient,
  { objects }: LogSelection,
  signal: AbortSignal,
): Promise<(pod: PodFacts) => boolean> {
  if (objects === undefined) return () => true
  const tests = await Promise.all(objects.map(async (ref) => testOf(client, ref, signal)))
  return (pod) => tests.some((test) => test(pod))
}

const selecting: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'])

async function testOf(client: KubeClient, ref: ObjectRef, signal: AbortSignal): Promise<(pod: PodFacts) => boolean> {
  const namespace = ref.namespace ?? client.namespace
  if (ref.kind === 'Pod') return (pod) => pod.namespace === namespace && pod.name === ref.name
  if (!selecting.has(ref.kind)) return () => false
  const selector = valueAt(await client.get(ref, signal), ['spec', 'selector'])
  return (pod) => pod.namespace === namespace && isMapping(selector) && isSelected(pod.labels, selector)
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements @internal */
export function isSelected(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, unknown>>,
): boolean {
  const { matchLabels, matchExpressions } = selector
  const equal = isMapping(matchLabels) ? Object.entries(matchLabels) : []
  const rules: readonly unknown[] = Array.isArray(matchExpressions) ? matchExpressions : []
  return equal.every(([key, value]) => labels[key] === value) && rules.every((rule) => meets(labels, rule))
}

function meets(labels: Readonly<Record<string, string>>, rule: unknown): boolean {
  if (!isMapping(rule) || typeof rule['key'] !== 'string') return false
  const label = labels[rule['key']]
  const values: readonly unknown[] = Array.isArray(rule['values']) ? rule['values'] : []
  switch (rule['operator']) {
    case 'In':
      return label !== undefined && values.includes(label)
    case 'NotIn':
      return label === undefined || !values.includes(label)
    case 'Exists':
      return label !== undefined
    case 'DoesNotExist':
      return label === undefined
    default:
      return false
  }
}
