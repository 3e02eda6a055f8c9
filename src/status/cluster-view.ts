import type { KubeObject, WatchEvent } from '../kube/index.ts'
import { valueAt } from '../resource/index.ts'
import { readPod, type PodFacts } from './pod-facts.ts'

/** What watches have told so far. */
export interface ClusterView {
  /** What one watch says, about objects of one kind. */
  take(kind: string, event: WatchEvent): void
  /** Undefined: not there. */
  find(kind: string, at: { readonly namespace: string; readonly name: string }): KubeObject | undefined
  pod(at: { readonly namespace: string; readonly name: string }): PodFacts | undefined
  /** The pods of the newest version of a workload, those that are going away left out. */
  podsOf(workload: KubeObject): readonly PodFacts[]
}

export function createClusterView(): ClusterView {
  const objects = new Map<string, KubeObject>()
  const pods = new Map<string, PodFacts>()
  const podsByOwner = new Map<string, Set<string>>()

  const takePod = (key: string, object: KubeObject | undefined): void => {
    const owner = pods.get(key)?.owner?.uid
    if (owner !== undefined) podsByOwner.get(owner)?.delete(key)
    pods.delete(key)
    const pod = object === undefined ? undefined : readPod(object)
    if (pod === undefined) return
    pods.set(key, pod)
    if (pod.owner === undefined) return
    const siblings = podsByOwner.get(pod.owner.uid) ?? new Set()
    podsByOwner.set(pod.owner.uid, siblings.add(key))
  }
  const ownedBy = (uid: string | undefined): readonly PodFacts[] =>
    [...(podsByOwner.get(uid ?? '') ?? [])].flatMap((key) => pods.get(key) ?? [])
  const replicaSetsOf = (deployment: KubeObject): readonly KubeObject[] =>
    [...objects.values()].filter(
      ({ kind, metadata }) =>
        kind === 'ReplicaSet' && metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid) === true,
    )

  return {
    take(kind, event) {
      if (event.type === 'SYNCED') return
      const { namespace = '', name } = event.object.metadata
      const object = event.type === 'DELETED' ? undefined : event.object
      if (kind === 'Pod') takePod(`${namespace}/${name}`, object)
      else if (object === undefined) objects.delete(keyOf(kind, { namespace, name }))
      else objects.set(keyOf(kind, { namespace, name }), object)
    },
    find: (kind, at) => objects.get(keyOf(kind, at)),
    pod: ({ namespace, name }) => pods.get(`${namespace}/${name}`),
    podsOf(workload) {
      const owned =
        workload.kind === 'Deployment'
          ? replicaSetsOf(workload)
              .filter((set) => revisionOf(set) === revisionOf(workload))
              .flatMap((set) => ownedBy(set.metadata.uid))
          : ownedBy(workload.metadata.uid).filter((pod) => isNewest(pod, workload))
      return owned.filter(({ isDeleting }) => !isDeleting)
    },
  }
}

function keyOf(kind: string, { namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${kind} ${namespace}/${name}`
}

/** The deployment controller writes the same number on the ReplicaSet that it rolls out and on the Deployment. */
function revisionOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.['deployment.kubernetes.io/revision']
}

function isNewest({ labels }: PodFacts, { kind, metadata, ...workload }: KubeObject): boolean {
  if (kind === 'StatefulSet') {
    return labels['controller-revision-hash'] === valueAt(workload, ['status', 'updateRevision'])
  }
  if (kind !== 'DaemonSet') return true
  const generation = labels['pod-template-generation']
  const newest = [metadata.annotations?.['deprecated.daemonset.template.generation'], String(metadata.generation)]
  return generation === undefined || newest.includes(generation)
}
