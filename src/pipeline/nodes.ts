import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { KubeClient, KubeObject } from '../kube/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { formatPlatform, normalizePlatform, uniquePlatforms, type Platform } from '../platform/index.ts'

const nodeKind = { apiVersion: 'v1', kind: 'Node' } as const

/** The cluster's nodes as placement sees them. */
export async function listNodes(client: KubeClient, signal: AbortSignal): Promise<readonly NodeFacts[]> {
  return (await client.list(nodeKind, { signal })).flatMap(nodeFacts)
}

/**
 * The nodes, or none with a warning when the cluster cannot be asked: a build may go on without them. An unreachable
 * cluster is not asked again during the run.
 */
export async function tryListNodes(
  connect: () => Promise<KubeClient>,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<readonly NodeFacts[]> {
  try {
    const nodes = await listNodes(await connect(), signal)
    if (nodes.length === 0) emit({ type: 'warning', text: 'the cluster has no nodes, so it does not say which platforms to build', hint })
    return nodes
  } catch (error) {
    if (!isToolError(error) || isToolError(error, 'ABORTED')) throw error
    emit({
      type: 'warning',
      text: `failed to detect active kubernetes cluster node platform: ${error.message}. Specify the correct build platform in the \`skaffold.yaml\` file or using the \`--platform\` flag`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
    return []
  }
}

const hint = 'pass --platform, for example --platform=linux/amd64,linux/arm64'

/** The distinct platforms of the nodes, sorted as text. */
export function nodePlatforms(nodes: readonly NodeFacts[]): readonly Platform[] {
  return uniquePlatforms(nodes.map((node) => node.platform)).toSorted((left, right) =>
    formatPlatform(left) < formatPlatform(right) ? -1 : 1,
  )
}

function nodeFacts(node: KubeObject): readonly NodeFacts[] {
  const status = record(node['status'])
  const info = record(status['nodeInfo'])
  const [os, architecture] = [info['operatingSystem'], info['architecture']]
  if (typeof os !== 'string' || typeof architecture !== 'string') return []
  const taints = record(node['spec'])['taints']
  return [
    {
      name: node.metadata.name,
      platform: normalizePlatform({ os, architecture }),
      labels: node.metadata.labels ?? {},
      taints: Array.isArray(taints) ? (taints as NodeFacts['taints']) : [],
    },
  ]
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
