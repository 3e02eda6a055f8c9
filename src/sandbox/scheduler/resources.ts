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
    cpu: parseQuantity(cpu ?? '0') * 1000,
    memory: parseQuantity(memory ?? '0'),
    pods: parseQuantity(pods ?? '110'),
  }
}

function requestsOf({ resources }: Container): Demand {
  const asked: Labels = { ...resources?.limits, ...resources?.requests }
  return { cpu: parseQuantity(asked['cpu'] ?? '0') * 1000, memory: parseQuantity(asked['memory'] ?? '0') }
}

function sum(demands: readonly Demand[]): Demand {
  return demands.reduce((total, { cpu, memory }) => ({ cpu: total.cpu + cpu, memory: total.memory + memory }), {
    cpu: 0,
    memory: 0,
  })
}

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/**
 * A Kubernetes quantity as a number, near enough to compare: `500m`, `1.5Gi`, `1e3`. 0 for what is none.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(quantity: string | number): number {
  const [, digits, unit = ''] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(quantity)) ?? []
  const factor = units[unit]
  return digits === undefined || factor === undefined ? 0 : Number(digits) * factor
}
