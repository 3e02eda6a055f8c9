import { isToolError } from '../errors/index.ts'
import type { KindRef, KubeClient, KubeObject } from '../kube/index.ts'
import { resourceName, type ResourceObject } from '../resource/index.ts'

/** The label that says which run deployed an object. */
export const runIdLabel = 'skaffold.dev/run-id'

/** Kinds that are looked through beside those of the manifests: what `kubectl apply --prune` looks through. */
const usualKinds: readonly KindRef[] = [
  ['v1', 'ConfigMap Secret Service Pod PersistentVolumeClaim ReplicationController ServiceAccount'],
  ['apps/v1', 'Deployment StatefulSet DaemonSet ReplicaSet'],
  ['batch/v1', 'Job CronJob'],
  ['networking.k8s.io/v1', 'Ingress'],
].flatMap(([apiVersion = '', names = '']) => names.split(' ').map((kind) => ({ apiVersion, kind })))

/** Which objects of earlier deployments are meant. */
export interface LeftoverQuestion {
  /** What the manifests have now. */
  readonly objects: readonly ResourceObject[]
  readonly labelSelector: string
  readonly signal: AbortSignal
}

/**
 * Objects with these labels in the namespaces of the manifests that the manifests do not have, of the usual kinds and
 * those of the manifests. What belongs to another object goes with it and is left out.
 */
export async function findLeftovers(
  client: KubeClient,
  { objects, labelSelector, signal }: LeftoverQuestion,
): Promise<readonly ResourceObject[]> {
  const known = new Set(objects.map((object) => keyOf(object, client.namespace)))
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace ?? client.namespace))
  const kinds = new Map(
    [...usualKinds, ...objects].map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]),
  )
  const lists = await Promise.all(
    [...kinds.values()].flatMap((kind) =>
      [...namespaces].map(async (namespace) => listIfAllowed(client, kind, { namespace, labelSelector, signal })),
    ),
  )
  const left = lists
    .flat()
    .filter((object) => object.metadata['deletionTimestamp'] === undefined && isOwnerless(object))
  return left.filter((object) => !known.has(keyOf(object, client.namespace)))
}

/** The run ids of the manifests' objects as they are in the cluster: who deployed them. */
export async function runIdsOf(
  client: KubeClient,
  { objects, signal }: Pick<LeftoverQuestion, 'objects' | 'signal'>,
): Promise<readonly string[]> {
  const ids = await Promise.all(
    objects.map(async ({ apiVersion, kind, metadata: { name, namespace } }) => {
      if (typeof name !== 'string') return undefined
      const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
      return (await ifKnown(client.get(ref, signal)))?.metadata.labels?.[runIdLabel]
    }),
  )
  return [...new Set(ids.filter((id): id is string => id !== undefined && id !== ''))]
}

type ListQuestion = { readonly namespace: string; readonly labelSelector: string; readonly signal: AbortSignal }

async function listIfAllowed(
  client: KubeClient,
  kind: KindRef,
  options: ListQuestion,
): Promise<readonly ResourceObject[]> {
  // what lives in no namespace may belong to others: only by its name is it meant
  if ((await ifKnown(client.isNamespaced(kind, options.signal))) !== true) return []
  const found: readonly KubeObject[] = (await ifKnown(client.list(kind, options))) ?? []
  return found.map((object) => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }))
}

/** Kinds that the cluster does not have, or that the account may not list, have nothing for us. */
async function ifKnown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isToolError(error, 'KUBE_UNKNOWN_KIND', 'KUBE_FORBIDDEN', 'KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

function isOwnerless({ metadata }: ResourceObject): boolean {
  const owners = metadata['ownerReferences']
  return !Array.isArray(owners) || owners.length === 0
}

function keyOf(object: ResourceObject, namespace: string): string {
  return `${object.metadata.namespace ?? namespace} ${resourceName(object)}`
}
