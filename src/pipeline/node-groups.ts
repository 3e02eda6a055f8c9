import type { KubeObject } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'

/** Nodes that exist and that pods of the project do not come to. */
export type NodeGroup = 'cordoned' | 'virtual' | 'control-plane'

const tests: Readonly<Record<NodeGroup, (node: KubeObject) => boolean>> = {
  cordoned: (node) => valueAt(node, ['spec', 'unschedulable']) === true,
  virtual: (node) =>
    node.metadata.labels?.['type'] === 'virtual-kubelet' ||
    taintKeys(node).some((key) => key.startsWith('virtual-kubelet.io/') || key === 'node.cluster.x-k8s.io/virtual'),
  'control-plane': (node) =>
    ['control-plane', 'master'].some(
      (role) => hasRole(node, role) && taintKeys(node).includes(`node-role.kubernetes.io/${role}`),
    ),
}

/** Of these groups the one that a node belongs to. Control-plane nodes that take pods like all others are in none. */
export function groupOfNode(node: KubeObject, groups: readonly NodeGroup[]): NodeGroup | undefined {
  return groups.find((group) => tests[group](node))
}

function hasRole(node: KubeObject, role: string): boolean {
  return node.metadata.labels?.[`node-role.kubernetes.io/${role}`] !== undefined
}

/** Of taints that keep pods away. */
function taintKeys(node: KubeObject): readonly string[] {
  const taints = valueAt(node, ['spec', 'taints'])
  return (Array.isArray(taints) ? (taints as readonly unknown[]) : []).flatMap((taint) =>
    isMapping(taint) && typeof taint['key'] === 'string' && taint['effect'] !== 'PreferNoSchedule'
      ? [taint['key']]
      : [],
  )
}
