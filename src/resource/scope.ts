import { groupKind, type ResourceObject } from './resource.ts'

/**
 * Whether a kind of Kubernetes itself lives outside of namespaces; undefined for kinds that are not built in, whose
 * scope only the cluster knows.
 */
export function isClusterScoped(object: Pick<ResourceObject, 'apiVersion' | 'kind'>): boolean | undefined {
  if (clusterScoped.has(groupKind(object))) return true
  const slash = object.apiVersion.indexOf('/')
  const group = slash === -1 ? '' : object.apiVersion.slice(0, slash)
  return builtInGroups.has(group) || group.endsWith('.k8s.io') ? false : undefined
}

const builtInGroups = new Set(['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'])

const clusterScoped = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'ComponentStatus',
  'APIService.apiregistration.k8s.io',
  'CSIDriver.storage.k8s.io',
  'CSINode.storage.k8s.io',
  'CertificateSigningRequest.certificates.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
  'ClusterTrustBundle.certificates.k8s.io',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'DeviceClass.resource.k8s.io',
  'FlowSchema.flowcontrol.apiserver.k8s.io',
  'GatewayClass.gateway.networking.k8s.io',
  'IPAddress.networking.k8s.io',
  'IngressClass.networking.k8s.io',
  'MutatingAdmissionPolicy.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'PodSecurityPolicy.policy',
  'PriorityClass.scheduling.k8s.io',
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io',
  'ResourceSlice.resource.k8s.io',
  'RuntimeClass.node.k8s.io',
  'ServiceCIDR.networking.k8s.io',
  'StorageClass.storage.k8s.io',
  'StorageVersion.internal.apiserver.k8s.io',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
  'VolumeAttachment.storage.k8s.io',
  'VolumeAttributesClass.storage.k8s.io',
])
