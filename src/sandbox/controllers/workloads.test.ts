import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actAsNodes, addNode, startCluster, type TestCluster } from '../../../test/support/sandbox-cluster.ts'
import type { Pod } from '../kinds.ts'
import { conditionOf, isReady } from '../objects.ts'
import type { Table, Tables } from '../tables.ts'
import type { Entity } from '../kinds.ts'

let cluster: TestCluster
let tables: Tables
let phaseOf: (pod: Pod) => string

beforeEach(() => {
  cluster = startCluster()
  ;({ tables } = cluster)
  phaseOf = () => 'Running'
  for (const name of ['amd64-1', 'amd64-2', 'arm64-1']) addNode(tables, name)
  actAsNodes(tables, (pod) => phaseOf(pod))
})

afterEach(() => cluster.stop())

const template = (spec: object = {}): object => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'one' }], ...spec },
})
const selector = { matchLabels: { app: 'a' } }

function create<Kind extends Entity>(table: Table<Kind>, kind: string, spec: object): Kind {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1'
  return table.create({ kind, apiVersion, metadata: { name: 'a', namespace: 'default' }, spec })
}

function setSpec<Kind extends Entity>(table: Table<Kind>, members: object): void {
  const found = table.get('default', 'a')!
  table.update(found, (current) => ({ ...current, spec: { ...(current['spec'] as object), ...members } }))
}

function pods(): readonly Pod[] {
  return tables.pods.list('default')
}

function nodesOf(list: readonly Pod[]): readonly (string | undefined)[] {
  return list.map((pod) => pod.spec.nodeName).toSorted((one = '', other = '') => (one < other ? -1 : 1))
}

describe('DaemonSet', () => {
  test('runs one pod on every node', async () => {
    create(tables.daemonSets, 'DaemonSet', { selector, template: template() })
    await cluster.settle()
    expect(nodesOf(pods())).toEqual(['amd64-1', 'amd64-2', 'arm64-1'])
    expect(tables.daemonSets.get('default', 'a')?.status).toMatchObject({
      desiredNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
    })
  })

  test.each<[string, object, readonly string[]]>([
    ['a selector', { nodeSelector: { 'kubernetes.io/arch': 'arm64' } }, ['arm64-1']],
    [
      'an affinity',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'NotIn', values: ['arm64'] }] },
              ],
            },
          },
        },
      },
      ['amd64-1', 'amd64-2'],
    ],
  ])('skips the nodes that %s leaves out', async (_, spec, expected) => {
    create(tables.daemonSets, 'DaemonSet', { selector, template: template(spec) })
    await cluster.settle()
    expect(nodesOf(pods())).toEqual(expected)
  })

  test('leaves tainted nodes alone, runs on cordoned ones, and comes to new ones', async () => {
    addNode(tables, 'arm64-t', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })
    addNode(tables, 'amd64-c', { spec: { unschedulable: true } })
    create(tables.daemonSets, 'DaemonSet', { selector, template: template() })
    await cluster.settle()
    addNode(tables, 'arm64-2')
    await cluster.settle()
    expect(nodesOf(pods())).toEqual(['amd64-1', 'amd64-2', 'amd64-c', 'arm64-1', 'arm64-2'])
  })

  test('replaces its pods one after the other', async () => {
    create(tables.daemonSets, 'DaemonSet', { selector, template: template() })
    await cluster.settle()
    const readyCounts: number[] = []
    tables.pods.subscribe(() => readyCounts.push(pods().filter(isReady).length))
    setSpec(tables.daemonSets, { template: template({ containers: [{ name: 'c', image: 'two' }] }) })
    await cluster.settle()
    expect(pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['two', 'two', 'two'])
    expect(Math.min(...readyCounts)).toBe(2)
  })
})

describe('StatefulSet', () => {
  const spec = (replicas: number, members: object = {}): object => ({
    replicas,
    serviceName: 'a',
    selector,
    template: template(),
    ...members,
  })

  test('starts its pods one after the other', async () => {
    phaseOf = ({ metadata }) => (metadata.name === 'a-1' ? 'Pending' : 'Running')
    create(tables.statefulSets, 'StatefulSet', spec(3))
    await cluster.settle()
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(['a-0', 'a-1'])
  })

  test('starts them together when told to', async () => {
    phaseOf = () => 'Pending'
    create(tables.statefulSets, 'StatefulSet', spec(3, { podManagementPolicy: 'Parallel' }))
    await cluster.settle()
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(['a-0', 'a-1', 'a-2'])
  })

  test('gives up the highest numbers first', async () => {
    create(tables.statefulSets, 'StatefulSet', spec(3))
    await cluster.settle()
    setSpec(tables.statefulSets, { replicas: 1 })
    await cluster.settle()
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(['a-0'])
    expect(tables.statefulSets.get('default', 'a')?.status).toMatchObject({ replicas: 1, readyReplicas: 1 })
  })

  test('replaces the pods from a partition on', async () => {
    create(tables.statefulSets, 'StatefulSet', spec(3))
    await cluster.settle()
    setSpec(tables.statefulSets, {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      template: template({ containers: [{ name: 'c', image: 'two' }] }),
    })
    await cluster.settle()
    expect(pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['one', 'two', 'two'])
  })

  test('makes a claim for each pod and keeps it', async () => {
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }
    create(tables.statefulSets, 'StatefulSet', spec(2, { volumeClaimTemplates: [claim] }))
    await cluster.settle()
    setSpec(tables.statefulSets, { replicas: 0 })
    await cluster.settle()
    expect(tables.claims.list('default').map(({ metadata }) => metadata.name)).toEqual(['data-a-0', 'data-a-1'])
    expect(pods()).toEqual([])
  })
})

describe('Job', () => {
  const once = template({ restartPolicy: 'Never' })
  const verdict = (type: string): string | undefined =>
    conditionOf(tables.jobs.get('default', 'a')?.status?.conditions, type)?.reason

  test('ends with its completions', async () => {
    phaseOf = () => 'Succeeded'
    create(tables.jobs, 'Job', { completions: 3, parallelism: 2, template: once })
    await cluster.settle()
    expect(verdict('Complete')).toBe('CompletionsReached')
    expect(tables.jobs.get('default', 'a')?.status).toMatchObject({ succeeded: 3 })
    expect(pods()).toHaveLength(3)
  })

  test('never runs more pods than its parallelism', async () => {
    create(tables.jobs, 'Job', { completions: 5, parallelism: 2, template: once })
    await cluster.settle()
    expect(pods()).toHaveLength(2)
    expect(tables.jobs.get('default', 'a')?.status).toMatchObject({ active: 2, ready: 2 })
  })

  test('gives up after its backoff limit', async () => {
    phaseOf = () => 'Failed'
    create(tables.jobs, 'Job', { backoffLimit: 2, template: once })
    await cluster.settle()
    expect(verdict('Failed')).toBe('BackoffLimitExceeded')
    expect(pods()).toHaveLength(3)
  })

  test('waits while it is suspended', async () => {
    create(tables.jobs, 'Job', { suspend: true, template: once })
    await cluster.settle()
    expect(pods()).toEqual([])
    setSpec(tables.jobs, { suspend: false })
    await cluster.settle()
    expect(pods()).toHaveLength(1)
  })

  test('is cleared away when its time is over', async () => {
    phaseOf = () => 'Succeeded'
    create(tables.jobs, 'Job', { ttlSecondsAfterFinished: 0, template: once })
    await cluster.settle()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await cluster.settle()
    expect(tables.jobs.list()).toEqual([])
    expect(pods()).toEqual([])
  })
})

describe('ReplicaSet', () => {
  test('replaces what is deleted and what has failed', async () => {
    create(tables.replicaSets, 'ReplicaSet', { replicas: 2, selector, template: template() })
    await cluster.settle()
    for (const pod of pods().slice(0, 1)) tables.pods.remove(pod)
    for (const pod of pods().slice(0, 1)) {
      tables.pods.update(pod, (one) => ({ ...one, status: { ...one.status, phase: 'Failed' } }))
    }
    await cluster.settle()
    expect(pods().filter((pod) => pod.status?.phase === 'Running')).toHaveLength(2)
  })

  test('loses first the pods that are not on a node', async () => {
    phaseOf = () => 'Running'
    create(tables.replicaSets, 'ReplicaSet', { replicas: 2, selector, template: template() })
    await cluster.settle()
    for (const node of tables.nodes.list()) {
      tables.nodes.update(node, (one) => ({ ...one, spec: { unschedulable: true } }))
    }
    setSpec(tables.replicaSets, { replicas: 3 })
    await cluster.settle()
    expect(pods().filter((pod) => pod.spec.nodeName === undefined)).toHaveLength(1)
    setSpec(tables.replicaSets, { replicas: 2 })
    await cluster.settle()
    expect(pods().filter((pod) => pod.spec.nodeName === undefined)).toHaveLength(0)
  })
})

describe('EndpointSlice', () => {
  test('follows the pods of its Service', async () => {
    tables.services.create({
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'a', namespace: 'default' },
      spec: { selector: { app: 'a' }, ports: [{ port: 80, targetPort: 'http' }] },
    })
    const containers = [{ name: 'c', image: 'one', ports: [{ name: 'http', containerPort: 8080 }] }]
    create(tables.replicaSets, 'ReplicaSet', { replicas: 2, selector, template: template({ containers }) })
    await cluster.settle()
    const slice = tables.endpointSlices.list('default').find(({ metadata }) => metadata.name.startsWith('a-'))
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      endpoints: [{ conditions: { ready: true } }, { conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    })
    setSpec(tables.replicaSets, { replicas: 0 })
    await cluster.settle()
    expect(tables.endpointSlices.get('default', slice!.metadata.name)?.['endpoints']).toEqual([])
  })
})
