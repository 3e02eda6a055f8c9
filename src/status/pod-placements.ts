import { isToolError } from '../errors/index.ts'
import type { KubeClient, KubeObject, ObjectRef } from '../kube/index.ts'
import { valueAt } from '../resource/index.ts'
import { createClusterView } from './cluster-view.ts'
import type { PodFacts } from './pod-facts.ts'
import { workloadKinds } from './rollout.ts'

/** Where a pod is. */
export interface PodPlacement {
  readonly pod: string
  readonly namespace: string
  /** Empty until the pod is scheduled. */
  readonly node: string
  /** `linux/arm64`; `unknown` when the account may not read nodes, or there is no node yet. */
  readonly platform: string
  /** `Pending`, `Running`, `Succeeded`, `Failed`. */
  readonly phase: string
}

/**
 * The pods of workloads, those of the newest version, and bare pods, each with its node and that node's platform; by
 * namespace and name.
 * @throws the client's codes
 */
export async function podPlacements(
  client: KubeClient,
  { objects, signal }: { readonly objects: readonly ObjectRef[]; readonly signal: AbortSignal },
): Promise<readonly PodPlacement[]> {
  const pods = await podsOf(client, { objects, signal })
  if (pods.length === 0) return []
  const platforms = await nodePlatforms(client, signal)
  return pods
    .map(({ name, namespace, node, phase }) => ({
      pod: name,
      namespace,
      node,
      platform: platforms.get(node) ?? 'unknown',
      phase,
    }))
    .toSorted((left, right) => compare(`${left.namespace}/${left.pod}`, `${right.namespace}/${right.pod}`))
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

interface Question {
  readonly objects: readonly ObjectRef[]
  readonly signal: AbortSignal
}

async function podsOf(client: KubeClient, { objects, signal }: Question): Promise<readonly PodFacts[]> {
  const placed = objects.map((ref) => ({ ...ref, namespace: ref.namespace ?? client.namespace }))
  const workloads = placed.filter(({ apiVersion, kind }) => workloadKinds.get(kind) === apiVersion)
  const bare = placed.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Pod')
  const namespaces = [...new Set([...workloads, ...bare].map(({ namespace }) => namespace))]
  const withSets = new Set(workloads.filter(({ kind }) => kind === 'Deployment').map(({ namespace }) => namespace))
  const view = createClusterView()
  const take = async (kind: string, namespace: string): Promise<void> => {
    const apiVersion = workloadKinds.get(kind) ?? 'v1'
    for (const object of await client.list({ apiVersion, kind }, { namespace, signal })) {
      view.take(kind, { type: 'ADDED', object })
    }
  }
  const [found] = await Promise.all([
    Promise.all(workloads.map(async (ref) => client.get(ref, signal))),
    ...namespaces.map(async (namespace) => take('Pod', namespace)),
    ...[...withSets].map(async (namespace) => take('ReplicaSet', namespace)),
  ])
  const owned = found
    .filter((object): object is KubeObject => object !== undefined)
    .flatMap((object) => view.podsOf(object))
  return [...owned, ...bare.flatMap((ref) => view.pod(ref) ?? [])]
}

async function nodePlatforms(client: KubeClient, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  try {
    const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })
    return new Map(nodes.map((node) => [node.metadata.name, platformOf(node)]))
  } catch (error) {
    if (isToolError(error, 'KUBE_FORBIDDEN')) return new Map()
    throw error
  }
}

function platformOf(node: KubeObject): string {
  const [os, architecture] = ['operatingSystem', 'architecture'].map((key) =>
    valueAt(node, ['status', 'nodeInfo', key]),
  )
  return typeof os === 'string' && typeof architecture === 'string' ? `${os}/${architecture}` : 'unknown'
}
