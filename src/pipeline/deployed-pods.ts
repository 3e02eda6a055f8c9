import type { KubeClient, KubeObject, ObjectRef } from '../kube/index.ts'
import { podPlacements } from '../status/index.ts'

/** The pods of what was deployed, those of the newest version, as they are now. */
export async function deployedPods(
  client: KubeClient,
  { refs, signal }: { readonly refs: readonly ObjectRef[]; readonly signal: AbortSignal },
): Promise<readonly KubeObject[]> {
  const placements = await podPlacements(client, { objects: refs, signal })
  const found = await Promise.all(
    placements.map(async ({ pod, namespace }) =>
      client.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod }, signal),
    ),
  )
  return found.filter((pod): pod is KubeObject => pod !== undefined && pod.metadata.deletionTimestamp === undefined)
}
