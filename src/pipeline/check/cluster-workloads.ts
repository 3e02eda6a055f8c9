import { isToolError } from '../../errors/index.ts'
import type { KindRef, KubeClient, KubeObject } from '../../kube/index.ts'
import type { ResourceObject } from '../../resource/index.ts'
import type { Context } from '../contract.ts'

const kinds: readonly KindRef[] = [
  ['apps/v1', 'Deployment StatefulSet DaemonSet ReplicaSet'],
  ['batch/v1', 'CronJob Job'],
  ['v1', 'ReplicationController Pod'],
  ['argoproj.io/v1alpha1', 'Rollout'],
  ['serving.knative.dev/v1', 'Service'],
  ['jobset.x-k8s.io/v1alpha2', 'JobSet'],
  ['leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet'],
].flatMap(([apiVersion = '', names = '']) => names.split(' ').map((kind) => ({ apiVersion, kind })))

/** The workloads of a cluster that nobody else makes: what belongs to another object is checked as a part of that. */
export async function clusterWorkloads(
  { connect, signal }: Pick<Context, 'connect' | 'signal'>,
  namespace: string,
): Promise<readonly ResourceObject[]> {
  const client = await connect()
  const lists = await Promise.all(kinds.map(async (kind) => listKind(client, kind, { namespace, signal })))
  return lists.flat().filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)
}

/** Kinds that the cluster does not have have no workloads. */
async function listKind(
  client: KubeClient,
  kind: KindRef,
  options: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<readonly KubeObject[]> {
  try {
    const found = await client.list(kind, options)
    return found.map((object) => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }))
  } catch (error) {
    if (isToolError(error, 'KUBE_UNKNOWN_KIND')) return []
    throw error
  }
}
