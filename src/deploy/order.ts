import { groupKind, type ResourceObject } from '../resource/index.ts'

/**
 * What others refer to comes first: a pod that starts before its ConfigMap fails, and a webhook that comes before the
 * pods that answer it keeps them out. Kinds that are not listed come between workloads and webhooks.
 */
const waves: readonly (readonly string[])[] = [
  ['Namespace'],
  ['CustomResourceDefinition.apiextensions.k8s.io'],
  [
    'PriorityClass.scheduling.k8s.io',
    'RuntimeClass.node.k8s.io',
    'StorageClass.storage.k8s.io',
    'IngressClass.networking.k8s.io',
    'GatewayClass.gateway.networking.k8s.io',
    'NetworkPolicy.networking.k8s.io',
    'ResourceQuota',
    'LimitRange',
    'ServiceAccount',
    'PersistentVolume',
  ],
  [
    'Secret',
    'ConfigMap',
    'PersistentVolumeClaim',
    'ClusterRole.rbac.authorization.k8s.io',
    'Role.rbac.authorization.k8s.io',
    'PodDisruptionBudget.policy',
  ],
  ['ClusterRoleBinding.rbac.authorization.k8s.io', 'RoleBinding.rbac.authorization.k8s.io'],
  ['Service', 'Endpoints', 'EndpointSlice.discovery.k8s.io'],
  [
    'DaemonSet.apps',
    'Pod',
    'ReplicationController',
    'ReplicaSet.apps',
    'Deployment.apps',
    'StatefulSet.apps',
    'Job.batch',
    'CronJob.batch',
  ],
  ['HorizontalPodAutoscaler.autoscaling', 'Ingress.networking.k8s.io', 'APIService.apiregistration.k8s.io'],
]

const last = new Set([
  'MutatingAdmissionPolicy.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
])

const waveOf = new Map(waves.flatMap((kinds, index) => kinds.map((kind) => [kind, index] as const)))

/** Objects that may be written at the same time, in the order of the waves; the given order inside each. */
export function deployWaves<T extends ResourceObject>(objects: readonly T[]): readonly (readonly T[])[] {
  const byWave = new Map<number, T[]>()
  for (const object of objects) {
    const wave = rankOf(object)
    byWave.set(wave, [...(byWave.get(wave) ?? []), object])
  }
  return [...byWave].toSorted(([left], [right]) => left - right).map(([, wave]) => wave)
}

function rankOf(object: ResourceObject): number {
  const kind = groupKind(object)
  return last.has(kind) ? waves.length + 1 : (waveOf.get(kind) ?? waves.length)
}
