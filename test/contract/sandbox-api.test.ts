import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoreKey } from '../../src/sandbox/store-contract.ts'
import { startApi, startCluster, type TestApi, type TestCluster } from '../support/sandbox-cluster.ts'
import { differences, learn, readExchanges, translate, type Exchange, type Names } from './sandbox-replay.ts'

/** What the recorded server had before the first exchange of a file. */
interface Scene {
  readonly namespaces: readonly string[]
  readonly objects?: readonly (readonly [StoreKey, object])[]
}

const deployments: StoreKey = { group: 'apps', resource: 'deployments' }
const configMaps: StoreKey = { group: '', resource: 'configmaps' }

function deployment(name: string): readonly [StoreKey, object] {
  const template = {
    metadata: { labels: { app: name } },
    spec: { nodeSelector: { 'kubernetes.io/arch': 'arm64' }, containers: [{ name: 'c', image: 'example.com/c:1' }] },
  }
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template }
  const metadata = { name, namespace: 'demo-objects' }
  return [deployments, { kind: 'Deployment', apiVersion: 'apps/v1', metadata, spec }]
}

function configMap(name: string): readonly [StoreKey, object] {
  const metadata = { name, namespace: 'demo-objects', labels: { g: 'x' } }
  return [configMaps, { kind: 'ConfigMap', apiVersion: 'v1', metadata }]
}

/** It is there when the quota is held against what there is. */
const kept = [
  configMaps,
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'kept', namespace: 'demo-objects' } },
] as const

const scenes: Readonly<Record<string, Scene>> = {
  'discovery.jsonl': { namespaces: [] },
  'nodes.jsonl': { namespaces: [], objects: recordedNodes() },
  'apply.jsonl': { namespaces: ['demo-apply', 'demo-terminating'] },
  'objects.jsonl': {
    namespaces: ['demo-objects'],
    objects: [...['a', 'b', 'c', 'd', 'e'].map(deployment), ...['x1', 'x2', 'x3'].map(configMap), kept],
  },
  'watch.jsonl': { namespaces: ['demo-watch'] },
}

function recordedNodes(): NonNullable<Scene['objects']> {
  const { body } = readExchanges('nodes.jsonl')[0]!.response
  const { items } = body as { items: readonly { metadata: object }[] }
  return items.map((node) => [
    { group: '', resource: 'nodes' },
    { kind: 'Node', apiVersion: 'v1', ...node, metadata: { ...node.metadata, uid: '', resourceVersion: '' } },
  ])
}

describe.each(Object.entries(scenes))('answers like a real API server: %s', (file, { namespaces, objects = [] }) => {
  const names: Names = new Map()
  let cluster: TestCluster
  let api: TestApi

  beforeAll(async () => {
    cluster = startCluster({ scheduler: false })
    api = await startApi(cluster.store)
    for (const name of namespaces) {
      cluster.tables.namespaces.create({ kind: 'Namespace', apiVersion: 'v1', metadata: { name } })
    }
    for (const [key, object] of objects) cluster.store.create(key, { ...object })
    await cluster.settle()
  })

  afterAll(async () => {
    await api.close()
    cluster.stop()
  })

  test.each(readExchanges(file))('$name', async (exchange) => {
    const answer = await api.send(requestOf(exchange, names))
    learn(exchange.response.body, answer.json, names)
    expect(differences(exchange, answer, names)).toEqual([])
    await cluster.settle()
  })
})

function requestOf({ request }: Exchange, names: Names): Parameters<TestApi['send']>[0] {
  const { method, path, headers, body, as } = request
  const text = typeof body === 'string' || body === undefined ? body : translate(JSON.stringify(body), names)
  const authorization = { anonymous: '', bad: 'Bearer bad' }[as ?? '']
  return {
    method,
    path: translate(path, names).replaceAll(' ', '%20'),
    headers: {
      'user-agent': 'catamaran/0.1',
      ...headers,
      ...(authorization !== undefined && { authorization }),
    },
    ...(text === undefined ? {} : { body: text }),
  }
}
