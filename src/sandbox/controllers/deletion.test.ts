import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addNode, startCluster, type TestCluster } from '../../../test/support/sandbox-cluster.ts'
import { requestDeletion } from '../objects.ts'
import type { Tables } from '../tables.ts'

let cluster: TestCluster
let tables: Tables

beforeEach(() => {
  cluster = startCluster()
  ;({ tables } = cluster)
})

afterEach(() => cluster.stop())

async function eventually(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(check()).toBe(true)
}

function configMap(name: string, metadata: object = {}): void {
  tables.configMaps.create({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', ...metadata },
  })
}

describe('a namespace', () => {
  test('has a service account and the cluster’s certificate', async () => {
    tables.namespaces.create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'n' } })
    await cluster.settle()
    expect(tables.serviceAccounts.get('n', 'default')).toBeDefined()
    expect(tables.configMaps.get('n', 'kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' })
  })

  test('goes when everything in it is gone, and not before', async () => {
    addNode(tables, 'amd64-1')
    const namespace = tables.namespaces.create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'n' } })
    const spec = { containers: [{ name: 'c', image: 'i' }] }
    tables.pods.create({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'n' }, spec })
    await cluster.settle()
    requestDeletion(tables.namespaces, namespace, new Date())
    await eventually(() => tables.configMaps.list('n').length === 0)
    const pod = tables.pods.get('n', 'p')!
    expect(pod.metadata.deletionTimestamp).toBeDefined()
    expect(tables.namespaces.get(undefined, 'n')).toBeDefined()
    tables.pods.remove(pod)
    await eventually(() => tables.namespaces.get(undefined, 'n') === undefined)
  })
})

describe('an owner in foreground deletion', () => {
  test('waits for what blocks it', async () => {
    configMap('owner', { finalizers: ['foregroundDeletion'] })
    const owner = tables.configMaps.get('default', 'owner')!
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }
    configMap('held', {
      ownerReferences: [{ ...reference, blockOwnerDeletion: true }],
      finalizers: ['example.com/hold'],
    })
    await cluster.settle()
    requestDeletion(tables.configMaps, owner, new Date())
    await cluster.settle()
    expect(tables.configMaps.get('default', 'owner')).toBeDefined()
    const held = tables.configMaps.get('default', 'held')!
    expect(held.metadata.deletionTimestamp).toBeDefined()
    tables.configMaps.update(held, (one) => ({ ...one, metadata: { ...one.metadata, finalizers: [] } }))
    await cluster.settle()
    expect(tables.configMaps.list('default').map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt'])
  })

  test('that is to leave orphans takes its references from them', async () => {
    configMap('owner', { finalizers: ['orphan'] })
    const owner = tables.configMaps.get('default', 'owner')!
    const { uid } = owner.metadata
    configMap('child', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }] })
    requestDeletion(tables.configMaps, owner, new Date())
    await cluster.settle()
    expect(tables.configMaps.get('default', 'owner')).toBeUndefined()
    expect(tables.configMaps.get('default', 'child')?.metadata.ownerReferences).toBeUndefined()
  })
})

describe('a CustomResourceDefinition', () => {
  const boats = { group: 'example.com', resource: 'boats' }

  test('is established, and takes its objects with it', async () => {
    tables.customDefinitions.create({
      kind: 'CustomResourceDefinition',
      apiVersion: 'apiextensions.k8s.io/v1',
      metadata: { name: 'boats.example.com' },
      spec: {
        group: 'example.com',
        names: { plural: 'boats', kind: 'Boat' },
        versions: [{ name: 'v1', storage: true }],
      },
    })
    await cluster.settle()
    const definition = tables.customDefinitions.get(undefined, 'boats.example.com')!
    expect(definition.status?.conditions).toMatchObject([
      { type: 'NamesAccepted' },
      { type: 'Established', status: 'True' },
    ])
    cluster.store.create(boats, {
      kind: 'Boat',
      apiVersion: 'example.com/v1',
      metadata: { name: 'b', namespace: 'default' },
    })
    requestDeletion(tables.customDefinitions, definition, new Date())
    await eventually(() => tables.customDefinitions.list().length === 0)
    expect(cluster.store.list(boats)).toEqual([])
  })
})
