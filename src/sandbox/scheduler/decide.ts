import type { NodeObject, Pod } from '../kinds.ts'
import { isFinished } from '../objects.ts'
import { acceptsNode, pinnedNames, preferenceFor, untolerated } from './match-node.ts'
import { demandOf, shortages } from './resources.ts'

/** The cluster as a decision sees it. */
export interface ClusterView {
  readonly nodes: readonly NodeObject[]
  readonly pods: readonly Pod[]
  /** Names of the PersistentVolumeClaims in the pod's namespace. */
  readonly claims: readonly string[]
}

/** The node that a pod goes to, or why it goes to none, in the words of kube-scheduler. */
export type Decision = { readonly node: string } | { readonly unschedulable: string }

interface Refusal {
  readonly reasons: readonly string[]
  /** Whether removing other pods could help. */
  readonly canBeFreed: boolean
}

/**
 * Where a pod goes. The filters run in kube-scheduler's order and the first that refuses a node gives its reason; among
 * the nodes that are left, preferred affinity and avoided taints decide, then how few pods of the same owner, and pods
 * at all, are there, then the nodes' order.
 */
export function decide(pod: Pod, view: ClusterView): Decision {
  const total = view.nodes.length
  if (total === 0) return { unschedulable: 'no nodes available to schedule pods' }
  const missing = missingClaim(pod, view.claims)
  if (missing !== undefined) {
    return { unschedulable: `0/${total} nodes are available: persistentvolumeclaim "${missing}" not found. not found` }
  }
  const refusals = view.nodes.map((node) => refusalOf(pod, node, view.pods))
  const fitting = view.nodes.filter((_, index) => refusals[index] === undefined)
  const [best] = fitting
    .map((node) => ({ node, rank: rankOf(pod, node, view.pods) }))
    .sort((one, other) => compareRanks(one.rank, other.rank))
  return best === undefined
    ? {
        unschedulable: describe(
          refusals.filter((refusal) => refusal !== undefined),
          total,
        ),
      }
    : { node: best.node.metadata.name }
}

function missingClaim({ spec }: Pod, claims: readonly string[]): string | undefined {
  return (spec.volumes ?? [])
    .map((volume) => volume.persistentVolumeClaim?.claimName)
    .find((name) => name !== undefined && !claims.includes(name))
}

function refusalOf(pod: Pod, node: NodeObject, pods: readonly Pod[]): Refusal | undefined {
  const pinned = pinnedNames(pod.spec.affinity?.nodeAffinity)
  if (pinned !== undefined && !pinned.has(node.metadata.name)) {
    return final("node(s) didn't satisfy plugin(s) [NodeAffinity]")
  }
  if (isCordoned(pod, node)) return final('node(s) were unschedulable')
  if (untolerated(node, pod.spec.tolerations, ['NoSchedule', 'NoExecute']).length > 0) {
    return final('node(s) had untolerated taint(s)')
  }
  if (!acceptsNode(pod.spec, node)) return final("node(s) didn't match Pod's node affinity/selector")
  const others = pods.filter((other) => other.spec.nodeName === node.metadata.name && !isFinished(other))
  const shortage = shortages(demandOf(pod.spec), node, others)
  return shortage.reasons.length === 0 ? undefined : shortage
}

function isCordoned(pod: Pod, node: NodeObject): boolean {
  const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  const cordon = { ...node, spec: { taints: node.spec?.unschedulable === true ? [taint] : [] } }
  return untolerated(cordon, pod.spec.tolerations, ['NoSchedule']).length > 0
}

function final(reason: string): Refusal {
  return { reasons: [reason], canBeFreed: false }
}

interface Rank {
  readonly preference: number
  readonly avoided: number
  readonly siblings: number
  readonly pods: number
}

function rankOf(pod: Pod, node: NodeObject, pods: readonly Pod[]): Rank {
  const there = pods.filter((other) => other.spec.nodeName === node.metadata.name && !isFinished(other))
  const owner = controllerOf(pod)
  return {
    preference: preferenceFor(pod.spec.affinity?.nodeAffinity, node),
    avoided: untolerated(node, pod.spec.tolerations, ['PreferNoSchedule']).length,
    siblings: owner === undefined ? 0 : there.filter((other) => controllerOf(other) === owner).length,
    pods: there.length,
  }
}

function controllerOf(pod: Pod): string | undefined {
  return pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

function compareRanks(one: Rank, other: Rank): number {
  return (
    other.preference - one.preference ||
    one.avoided - other.avoided ||
    one.siblings - other.siblings ||
    one.pods - other.pods
  )
}

function describe(refusals: readonly Refusal[], total: number): string {
  const reasons = tally(refusals.flatMap(({ reasons }) => reasons))
  const preemption = tally(
    refusals.map(({ canBeFreed }) =>
      canBeFreed ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
    ),
  )
  const none = `0/${total} nodes are available:`
  return `${none} ${reasons}. no new claims to deallocate, preemption: ${none} ${preemption}.`
}

/** `2 Insufficient cpu, 1 node(s) were unschedulable`, ordered as text. */
function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}
