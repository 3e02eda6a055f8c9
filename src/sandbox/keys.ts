import type { StoreKey } from './store-contract.ts'

export const podsKey: StoreKey = { group: '', resource: 'pods' }
export const nodesKey: StoreKey = { group: '', resource: 'nodes' }
export const eventsKey: StoreKey = { group: '', resource: 'events' }
export const servicesKey: StoreKey = { group: '', resource: 'services' }
export const namespacesKey: StoreKey = { group: '', resource: 'namespaces' }
export const configMapsKey: StoreKey = { group: '', resource: 'configmaps' }
export const secretsKey: StoreKey = { group: '', resource: 'secrets' }
export const serviceAccountsKey: StoreKey = { group: '', resource: 'serviceaccounts' }
export const claimsKey: StoreKey = { group: '', resource: 'persistentvolumeclaims' }
export const quotasKey: StoreKey = { group: '', resource: 'resourcequotas' }
export const deploymentsKey: StoreKey = { group: 'apps', resource: 'deployments' }
export const replicaSetsKey: StoreKey = { group: 'apps', resource: 'replicasets' }
export const daemonSetsKey: StoreKey = { group: 'apps', resource: 'daemonsets' }
export const statefulSetsKey: StoreKey = { group: 'apps', resource: 'statefulsets' }
export const jobsKey: StoreKey = { group: 'batch', resource: 'jobs' }
export const cronJobsKey: StoreKey = { group: 'batch', resource: 'cronjobs' }
export const disruptionBudgetsKey: StoreKey = { group: 'policy', resource: 'poddisruptionbudgets' }
export const endpointSlicesKey: StoreKey = { group: 'discovery.k8s.io', resource: 'endpointslices' }
export const customDefinitionsKey: StoreKey = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
