import type { StoreKey } from '../store-contract.ts'

/** Built-in resources whose objects count the changes of their spec. */
const counted: Readonly<Record<string, readonly string[]>> = {
  '': ['pods', 'replicationcontrollers'],
  apps: ['deployments', 'replicasets', 'daemonsets', 'statefulsets'],
  batch: ['jobs', 'cronjobs'],
  'networking.k8s.io': ['ingresses', 'networkpolicies', 'ingressclasses'],
  policy: ['poddisruptionbudgets'],
  'discovery.k8s.io': ['endpointslices'],
  'apiextensions.k8s.io': ['customresourcedefinitions'],
  'admissionregistration.k8s.io': ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
}

const builtInGroup = /^[a-z]*$|\.k8s\.io$/

/** Whether objects of the resource carry `metadata.generation`; those of custom resources always do. */
export function hasGeneration({ group, resource }: StoreKey): boolean {
  return counted[group]?.includes(resource) ?? !builtInGroup.test(group)
}
