import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { KubeClient, KubeObject } from '../kube/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { groupOfNode } from './node-groups.ts'
import { formatPlatform, normalizePlatform, uniquePlatforms, type Platform } from '../platform/index.ts'
import { splitClusters } from './clusters.ts'
import type { BuildOptions, Context, Project } from './contract.ts'

const nodeKind = { apiVersion: 'v1', kind: 'Node' } as const

/**
 * The cluster's nodes as placement sees them, or none, with a warning, when the account may not list them. A cluster
 * that cannot be reached is an error: whoever calls this is about to deploy to it.
 */
export async function listNodes(outside: NodeOutside): Promise<readonly NodeFacts[]> {
  const { connect, emit } = outside
  const client = await connect()
  try {
    return warnIfEmpty(await readNodes(client, outside), outside)
  } catch (error) {
    if (!isToolError(error, 'KUBE_FORBIDDEN')) throw error
    emit(undetected(error))
    return []
  }
}

/** Like {@link listNodes}, for commands that can do without a cluster: any failure to read it is only a warning. */
export async function tryListNodes(outside: NodeOutside): Promise<readonly NodeFacts[]> {
  const { connect, emit } = outside
  try {
    return warnIfEmpty(await readNodes(await connect(), outside), outside)
  } catch (error) {
    if (!isToolError(error) || error.code === 'ABORTED') throw error
    emit(undetected(error))
    return []
  }
}

/**
 * Those that count for a build: none unless they are asked for, or nobody says a platform and the cluster is what builds.
 * What is asked for is built there, or the builder says why not.
 */
export async function nodesForBuild(
  outside: NodeOutside & Pick<Context, 'inContext' | 'kubeContext' | 'localCluster'>,
  project: Project,
  { checkCluster, platforms }: Pick<BuildOptions, 'checkCluster' | 'platforms'>,
): Promise<readonly NodeFacts[]> {
  const { configs } = project
  const isAsked = platforms.length > 0 || configs.some(({ build }) => (build.platforms ?? []).length > 0)
  const isBuiltThere = configs.some(({ build }) => build.cluster !== undefined)
  if (!checkCluster && (isAsked || !isBuiltThere)) return []
  const nodes = splitClusters(outside, project).map(async ({ context }) => tryListNodes(context))
  return (await Promise.all(nodes)).flat()
}

type NodeOutside = Pick<Context, 'connect' | 'emit' | 'leaveOutNodes' | 'signal'>

/** The distinct platforms of the nodes, sorted as text. */
export function nodePlatforms(nodes: readonly NodeFacts[]): readonly Platform[] {
  return uniquePlatforms(nodes.map((node) => node.platform)).toSorted((left, right) =>
    formatPlatform(left) < formatPlatform(right) ? -1 : 1,
  )
}

async function readNodes(
  client: KubeClient,
  { signal, emit, leaveOutNodes = [] }: NodeOutside,
): Promise<readonly NodeFacts[]> {
  const nodes = await client.list(nodeKind, { signal })
  return nodes.flatMap((node) => {
    const group = groupOfNode(node, leaveOutNodes)
    if (group === undefined) return nodeFacts(node)
    emit({ type: 'detail', text: `node ${node.metadata.name} does not count: it is ${group}` })
    return []
  })
}

function warnIfEmpty(nodes: readonly NodeFacts[], { emit, leaveOutNodes = [] }: NodeOutside): readonly NodeFacts[] {
  if (nodes.length === 0) {
    const which = leaveOutNodes.length === 0 ? '' : ` that count (left out: ${leaveOutNodes.join(', ')})`
    const text = `the cluster has no nodes${which}, so it does not say which platforms to build`
    emit({ type: 'warning', text, hint: 'pass --platform, for example --platform=linux/amd64,linux/arm64' })
  }
  return nodes
}

function undetected(error: Error & { readonly hint: string | undefined }): Parameters<Emit>[0] {
  return {
    type: 'warning',
    text: `failed to detect active kubernetes cluster node platform: ${error.message}. Specify the correct build platform in the \`skaffold.yaml\` file or using the \`--platform\` flag`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
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
