import type { Entity } from '../kinds.ts'
import { isDeleting } from '../objects.ts'
import type { Tables } from '../tables.ts'
import type { Controller, ControllerContext } from './loop.ts'

/** Gives every namespace what pods expect there: the service account `default` and the cluster's CA. */
export function namespaceController(caCertificate: string): Controller<Entity> {
  return {
    component: 'namespace-controller',
    table: ({ namespaces }) => namespaces,
    surroundings: ({ serviceAccounts }) => [serviceAccounts],
    reconcile(namespace, { tables }) {
      if (isDeleting(namespace)) return undefined
      const { name } = namespace.metadata
      if (tables.serviceAccounts.get(name, 'default') === undefined) {
        tables.serviceAccounts.create({
          kind: 'ServiceAccount',
          apiVersion: 'v1',
          metadata: { name: 'default', namespace: name },
        })
      }
      if (tables.configMaps.get(name, 'kube-root-ca.crt') === undefined) {
        tables.configMaps.create({
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: { name: 'kube-root-ca.crt', namespace: name },
          data: { 'ca.crt': caCertificate },
        })
      }
      return undefined
    },
  }
}

/** Claims are bound as soon as they are made: the sandbox has a folder for each. */
export const claimController: Controller<Entity> = {
  component: 'persistentvolume-controller',
  table: ({ claims }) => claims,
  reconcile(claim, { tables }: ControllerContext) {
    tables.claims.update(claim, (current) => ({
      ...current,
      status: { ...asObject(current['status']), phase: 'Bound' },
    }))
    return undefined
  },
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** What a new cluster has: its namespaces, and the Service of its API. */
export function seedCluster(tables: Tables): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    tables.namespaces.create({
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  }
  tables.services.create({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    },
    status: { loadBalancer: {} },
  })
}
