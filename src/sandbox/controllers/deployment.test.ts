import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actAsNodes, addNode, startCluster, type TestCluster } from '../../../test/support/sandbox-cluster.ts'
import type { Pod } from '../kinds.ts'
import { conditionOf, isReady } from '../objects.ts'
import type { Deployment } from '../workloads.ts'

let cluster: TestCluster
let brokenImages: ReadonlySet<string>

beforeEach(() => {
  cluster = startCluster()
  brokenImages = new Set()
  addNode(cluster.tables, 'amd64-1')
  actAsNodes(cluster.tables, (pod) => (brokenImages.has(pod.spec.containers[0]?.image ?? '') ? 'Pending' : 'Running'))
})

afterEach(() => cluster.stop())

function deploy(spec: object = {}, image = 'one'): Deployment {
  return cluster.tables.deployments.create({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
      ...spec,
    },
  })
}

function current(): Deployment {
  return cluster.tables.deployments.get('default', 'web')!
}

function pods(): readonly Pod[] {
  return cluster.tables.pods.list('default')
}

function setImage(image: string): void {
  cluster.tables.deployments.update(current(), (one) => {
    const { template } = one.spec
    const containers = template.spec.containers.map((container) => ({ ...container, image }))
    return { ...one, spec: { ...one.spec, template: { ...template, spec: { ...template.spec, containers } } } }
  })
}

test('a first rollout ends available and complete', async () => {
  deploy({ replicas: 3 })
  await cluster.settle()
  expect(current().status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  })
  expect(conditionOf(current().status?.conditions, 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
  })
  expect(pods().every((pod) => pod.metadata.labels?.['pod-template-hash'] !== undefined)).toBe(true)
})

describe('a rolling update', () => {
  test.each([
    [{ maxSurge: 1, maxUnavailable: 0 }, 5, 4],
    [{ maxSurge: 0, maxUnavailable: 1 }, 4, 3],
    [{ maxSurge: '50%', maxUnavailable: '25%' }, 6, 3],
  ])('with %j asks for at most %d pods and keeps at least %d ready ones', async (rollingUpdate, most, least) => {
    deploy({ replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate } })
    await cluster.settle()
    const seen: { asked: number; ready: number }[] = []
    cluster.tables.pods.subscribe(() => {
      const asked = cluster.tables.replicaSets.list().reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
      const active = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined)
      seen.push({ asked, ready: active.filter(isReady).length })
    })
    setImage('two')
    await cluster.settle()
    expect(pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['two', 'two', 'two', 'two'])
    expect(Math.max(...seen.map(({ asked }) => asked))).toBeLessThanOrEqual(most)
    expect(Math.min(...seen.map(({ ready }) => ready))).toBeGreaterThanOrEqual(least)
    expect(current().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
  })

  test('to an image that never runs keeps the old pods', async () => {
    deploy({ replicas: 4 })
    await cluster.settle()
    brokenImages = new Set(['two'])
    setImage('two')
    await cluster.settle()
    expect(pods().filter(isReady)).toHaveLength(3)
    expect(pods()).toHaveLength(5)
    expect(current().status).toMatchObject({ updatedReplicas: 2, unavailableReplicas: 2 })
    setImage('one')
    await cluster.settle()
    expect(pods().filter(isReady)).toHaveLength(4)
    expect(pods()).toHaveLength(4)
  })

  test('that makes no progress says so after its deadline', async () => {
    brokenImages = new Set(['one'])
    deploy({ progressDeadlineSeconds: 0 })
    await cluster.settle()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await cluster.settle()
    expect(conditionOf(current().status?.conditions, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    })
  })
})

test('Recreate ends every old pod first', async () => {
  deploy({ replicas: 2, strategy: { type: 'Recreate' } })
  await cluster.settle()
  const mixed: string[][] = []
  cluster.tables.pods.subscribe(() => {
    const images = new Set(pods().map((pod) => pod.spec.containers[0]?.image ?? ''))
    if (images.size > 1) mixed.push([...images])
  })
  setImage('two')
  await cluster.settle()
  expect(pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['two', 'two'])
  expect(mixed).toEqual([])
})

test('a paused Deployment does not roll', async () => {
  deploy({ replicas: 1 })
  await cluster.settle()
  cluster.tables.deployments.update(current(), (one) => ({ ...one, spec: { ...one.spec, paused: true } }))
  setImage('two')
  await cluster.settle()
  expect(pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(['one'])
})

test('scaling changes no revision', async () => {
  deploy({ replicas: 3 })
  await cluster.settle()
  cluster.tables.deployments.update(current(), (one) => ({ ...one, spec: { ...one.spec, replicas: 1 } }))
  await cluster.settle()
  expect(pods()).toHaveLength(1)
  expect(current().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
})

test('what a Deployment made goes with it', async () => {
  deploy({ replicas: 2 })
  await cluster.settle()
  cluster.tables.deployments.remove(current())
  await cluster.settle()
  expect(pods()).toEqual([])
  expect(cluster.tables.replicaSets.list()).toEqual([])
})
