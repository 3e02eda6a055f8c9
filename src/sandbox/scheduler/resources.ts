import { parseQuantity } from '../quantity.ts'
import type { Container, Labels, NodeObject, Pod, PodSpec } from '../kinds.ts'

/** What a pod asks of a node: cpu in thousandths, memory in bytes. */
export interface Demand {
  readonly cpu: number
  readonly memory: number
}

/** The larger of what the containers ask together and what any init container asks alone, as the scheduler counts. */
export function demandOf({ containers, initContainers = [] }: PodSpec): Demand {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const running = sum([...containers, ...sidecars].map(requestsOf))
  const starting = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always').map(requestsOf)
  return {
    cpu: Math.max(running.cpu, ...starting.map(({ cpu }) => cpu)),
    memory: Math.max(running.memory, ...starting.map(({ memory }) => memory)),
  }
}

/** What is missing on the node: the messages of the scheduler, and whether an empty node would do. */
export function shortages(
  demand: Demand,
  node: NodeObject,
  others: readonly Pod[],
): { readonly reasons: readonly string[]; readonly canBeFreed: boolean } {
  const offered = allocatable(node)
  const used = sum(others.map(({ spec }) => demandOf(spec)))
  const reasons = [
    ...(others.length + 1 > offered.pods ? ['Too many pods'] : []),
    ...(demand.cpu > 0 && demand.cpu + used.cpu > offered.cpu ? ['Insufficient cpu'] : []),
    ...(demand.memory > 0 && demand.memory + used.memory > offered.memory ? ['Insufficient memory'] : []),
  ]
  return { reasons, canBeFreed: demand.cpu <= offered.cpu && demand.memory <= offered.memory }
}

function allocatable(node: NodeObject): Demand & { readonly pods: number } {
  const { cpu, memory, pods } = node.status?.allocatable ?? {}
  return {
    cpu: thousandths(cpu ?? '0'),
    memory: amountOf(memory ?? '0'),
    pods: amountOf(pods ?? '110'),
  }
}

function requestsOf({ resources }: Container): Demand {
  const asked: Labels = { ...resources?.limits, ...resources?.requests }
  return { cpu: thousandths(asked['cpu'] ?? '0'), memory: amountOf(asked['memory'] ?? '0') }
}

function sum(demands: readonly Demand[]): Demand {
  return demands.reduce((total, { cpu, memory }) => ({ cpu: total.cpu + cpu, memory: total.memory + memory }), {
    cpu: 0,
    memory: 0,
  })
}

/** Whole thousandths, so that parts add up to what they are parts of. */
function thousandths(quantity: string): number {
  return Math.round(amountOf(quantity) * 1000)
}

/** An amount that is none counts as nothing asked for. */
function amountOf(quantity: string): number {
  return parseQuantity(quantity) ?? 0
}
