import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  addNode,
  actAsNodes,
  startApi,
  startCluster,
  type TestApi,
  type TestCluster,
} from '../../../test/support/sandbox-cluster.ts'
import type { HttpAnswer } from '../../../test/support/https-request.ts'

let cluster: TestCluster
let api: TestApi

beforeEach(async () => {
  cluster = startCluster()
  addNode(cluster.tables, 'amd64-1')
  actAsNodes(cluster.tables)
  api = await startApi(cluster.store)
})

afterEach(async () => {
  await api.close()
  cluster.stop()
})

async function post(path: string, body: object, query = ''): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/json' }
  const answer = await api.send({ method: 'POST', path: `${path}${query}`, headers, body: JSON.stringify(body) })
  await cluster.settle()
  return answer
}

const pods = '/api/v1/namespaces/default/pods'

async function makePods(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const metadata = { name, labels: { app: 'a' } }
    const answer = await post(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers: [{ name: 'c', image: 'x' }] },
    })
    expect(answer.status).toBe(201)
  }
}

async function makeBudget(name: string, spec: object): Promise<void> {
  const selector = { matchLabels: { app: 'a' } }
  const object = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { ...spec, selector },
  }
  const answer = await post('/apis/policy/v1/namespaces/default/poddisruptionbudgets', object)
  expect(answer.status).toBe(201)
}

async function evict(name: string, query = ''): Promise<HttpAnswer> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } }
  return post(`${pods}/${name}/eviction`, body, query)
}

describe('eviction', () => {
  test('is refused as long as a budget needs the pod, in the words of a server', async () => {
    await makePods('one', 'two')
    await makeBudget('a', { minAvailable: 2 })
    expect(await evict('one')).toMatchObject({
      status: 429,
      json: {
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        reason: 'TooManyRequests',
        details: {
          causes: [
            { reason: 'DisruptionBudget', message: 'The disruption budget a needs 2 healthy pods and has 2 currently' },
          ],
        },
        code: 429,
      },
    })
    await makePods('three')
    expect((await evict('one', '?dryRun=All')).status).toBe(201)
    expect((await evict('one')).status).toBe(201)
    expect((await evict('two')).status).toBe(429)
  })

  test.each<[object, readonly number[]]>([
    [{ maxUnavailable: 1 }, [201, 201]],
    [{ maxUnavailable: 0 }, [429, 429]],
    [{ minAvailable: '100%' }, [429, 429]],
  ])('with the budget %j, one pod after the other: %j', async (spec, expected) => {
    await makePods('one', 'two', 'three')
    await makeBudget('a', spec)
    const statuses = [await evict('one'), await evict('two')].map(({ status }) => status)
    expect(statuses).toEqual(expected)
  })

  test('is refused where two budgets cover the pod', async () => {
    await makePods('one')
    await makeBudget('a', { minAvailable: 0 })
    await makeBudget('b', { minAvailable: 0 })
    expect((await evict('one')).status).toBe(500)
  })

  test('needs no budget, and a pod', async () => {
    await makePods('one')
    expect((await evict('one')).status).toBe(201)
    expect((await evict('gone')).status).toBe(404)
  })
})

test('a namespace warns of what it will not take, and refuses what it does not', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' }
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'safe', labels } })
  const pod = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
  })
  expect(await post('/api/v1/namespaces/safe/pods', pod('no', { hostPID: true }))).toMatchObject({
    status: 403,
    json: {
      message: 'pods "no" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      reason: 'Forbidden',
    },
  })
  const made = await post('/api/v1/namespaces/safe/pods', pod('yes', {}))
  expect(made.status).toBe(201)
  expect(made.headers['warning']).toMatch(/^299 - "would violate PodSecurity \\"restricted:latest\\": allowPrivilege/)
})

test('a resource that is deprecated is warned of', async () => {
  const answer = await api.send({ path: '/api/v1/componentstatuses' })
  expect(answer.headers['warning']).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"')
})
