import type { KubeClient, KubeObject } from '../kube/index.ts'
import { obstaclesOn, type ScheduledNode } from '../placement/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'
import type { PodFacts } from './pod-facts.ts'

/** Nodes that are named at most, for each rule. */
const namedNodes = 4

/**
 * Which rule of a pod excludes which nodes, the one that excludes most first: `nodeSelector kubernetes.io/arch=arm64
 * excludes a, b`. What is not said by labels, taints and cordons (resources, volumes) is left to the scheduler's words.
 */
export async function excludedNodes(
  client: KubeClient,
  { name, namespace }: Pick<PodFacts, 'name' | 'namespace'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pod = await client.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }, signal)
  const spec = pod?.['spec']
  if (!isMapping(spec)) return []
  const nodes = (await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })).map(asScheduled)
  const excluded = new Map<string, string[]>()
  for (const node of nodes) {
    for (const rule of obstaclesOn(spec, node)) excluded.set(rule, [...(excluded.get(rule) ?? []), node.name])
  }
  return [...excluded]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .map(([rule, names]) => `${rule} excludes ${listed(names.toSorted(), nodes.length)}`)
}

function listed(names: readonly string[], total: number): string {
  if (names.length === total) return total === 1 ? 'the only node' : `all ${total} nodes`
  const shown = names.slice(0, namedNodes).join(', ')
  return names.length > namedNodes ? `${shown} and ${names.length - namedNodes} more` : shown
}

function asScheduled(node: KubeObject): ScheduledNode {
  const taints = valueAt(node, ['spec', 'taints'])
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints: Array.isArray(taints) ? (taints as ScheduledNode['taints']) : [],
    isCordoned: valueAt(node, ['spec', 'unschedulable']) === true,
  }
}
