import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addNode,
  startApi,
  startCluster,
  type TestApi,
  type TestCluster,
} from '../../../test/support/sandbox-cluster.ts'
import { createCertificate } from './certificate.ts'
import { duplicateMembers } from './json-text.ts'
import { parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { humanDuration } from './table/columns.ts'
import { summarizePod } from './table/pod-status.ts'

describe('a certificate', () => {
  test('is for loopback, for ever, and vouches for itself', () => {
    const certificate = new X509Certificate(createCertificate().certificate)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkHost('example.com')).toBeUndefined()
    expect(certificate.ca).toBe(true)
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(9999)
  })

  test('is another one each time', () => {
    expect(createCertificate().certificate).not.toBe(createCertificate().certificate)
  })
})

describe('label selectors', () => {
  const object = { metadata: { labels: { app: 'web', tier: '', cores: '8' } } }

  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=db', true],
    ['gone!=x', true],
    ['app in (web,db)', true],
    ['app notin (web)', false],
    ['gone notin (a)', true],
    ['tier', true],
    ['!tier', false],
    ['!gone', true],
    ['app=web,gone', false],
    ['app in (web,db),tier=', true],
    ['cores>7', true],
    ['cores<7', false],
  ])('"%s" matches: %s', (text, expected) => {
    expect(parseLabelSelector(text)(object)).toBe(expected)
  })

  test.each(['app of (a)', '=x', 'a b'])('"%s" is refused', (text) => {
    expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement')
  })
})

describe('field selectors', () => {
  const pod = { metadata: { name: 'p', namespace: 'n' }, spec: { nodeName: 'one' }, status: { phase: 'Running' } }

  test.each([
    ['metadata.name=p', true],
    ['metadata.name!=p', false],
    ['spec.nodeName=one,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['status.podIP=', true],
  ])('"%s" matches: %s', (text, expected) => {
    expect(parseFieldSelector(text, { resource: 'pods' })(pod)).toBe(expected)
  })

  test('of other fields are refused', () => {
    expect(() => parseFieldSelector('spec.x=1', { resource: 'pods' })).toThrow('field label not supported: spec.x')
  })
})

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [11_400, '3h10m'],
  [100_000, '27h'],
  [200_000, '2d7h'],
  [864_000, '10d'],
  [70_000_000, '2y80d'],
  [-5, '<invalid>'],
])('%d seconds are %s', (seconds, expected) => {
  expect(humanDuration(seconds)).toBe(expected)
})

test.each([
  ['{"a":1,"b":2}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":{"b":1},"c":[{"b":1,"b":2},{"b":3}]}', ['c[0].b']],
  ['{"a":"\\"a\\":","b":["a","a"]}', []],
])('%s gives twice: %j', (text, expected) => {
  expect(duplicateMembers(text)).toEqual(expected)
})

describe('the status that kubectl shows of a pod', () => {
  const spec = { containers: [{ name: 'c' }] }
  const waiting = (reason: string): object => ({
    name: 'c',
    ready: false,
    restartCount: 2,
    state: { waiting: { reason } },
  })
  const ended = (exitCode: number, reason: string): object => ({
    name: 'c',
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode, reason } },
  })
  const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } }

  test.each<[string, object, string]>([
    ['its phase', { phase: 'Pending' }, 'Pending'],
    [
      'running',
      { phase: 'Running', containerStatuses: [running], conditions: [{ type: 'Ready', status: 'True' }] },
      'Running',
    ],
    ['why it waits', { phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] }, 'ImagePullBackOff'],
    ['how it ended', { phase: 'Failed', containerStatuses: [ended(1, 'Error')] }, 'Error'],
    ['that it is done', { phase: 'Succeeded', containerStatuses: [ended(0, 'Completed')] }, 'Completed'],
  ])('%s', (_, status, expected) => {
    expect(summarizePod({ metadata: {}, spec, status }).status).toBe(expected)
  })

  test('counts ready containers and restarts', () => {
    const status = { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] }
    expect(summarizePod({ metadata: {}, spec, status })).toMatchObject({ ready: '0/1', restarts: 2 })
  })

  test('says that it is going', () => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' }
    expect(summarizePod({ metadata, spec, status: { phase: 'Running', containerStatuses: [running] } }).status).toBe(
      'Terminating',
    )
  })
})

describe('the server', () => {
  let cluster: TestCluster
  let api: TestApi

  beforeAll(async () => {
    cluster = startCluster()
    api = await startApi(cluster.store)
    addNode(cluster.tables, 'arm64-1')
    await cluster.settle()
  })

  afterAll(async () => {
    await api.close()
    cluster.stop()
  })

  test.each([
    ['no token', '', '/api/v1/nodes', 403],
    ['another token', 'Bearer other', '/api/v1/nodes', 401],
    ['another scheme', 'Basic dG9rZW4=', '/api/v1/nodes', 401],
    ['no token for its version', '', '/version', 200],
  ])('with %s answers', async (_, authorization, path, status) => {
    expect((await api.send({ path, headers: { authorization } })).status).toBe(status)
  })

  test('refuses a body that is too long', async () => {
    const body = JSON.stringify({ metadata: { name: 'x' }, data: { a: 'x'.repeat(4_000_000) } })
    const headers = { 'content-type': 'application/json' }
    const answer = await api
      .send({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body, headers })
      .catch((error: unknown) => error)
    expect(answer).toSatisfy(
      (given: { status?: number; code?: string }) => given.status === 413 || given.code === 'EPIPE',
    )
  })

  test.each([
    ['application/json', 'application/json'],
    ['application/yaml', 'application/yaml'],
    ['*/*', 'application/json'],
    ['application/vnd.kubernetes.protobuf,application/json', 'application/json'],
    ['application/vnd.kubernetes.protobuf, */*', 'application/json'],
  ])('serves %s as %s', async (accept, expected) => {
    const { headers } = await api.send({ path: '/api/v1/nodes', headers: { accept } })
    expect(headers['content-type']).toBe(expected)
  })

  test('describes every resource of a group, with the field that kubectl looks for', async () => {
    const { json } = await api.send({ path: '/openapi/v3/apis/apps/v1' })
    const { paths, components } = json as {
      paths: Record<string, { patch?: { parameters: object[] } }>
      components: { schemas: Record<string, { properties?: object }> }
    }
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch
    expect(patch?.parameters).toContainEqual(expect.objectContaining({ name: 'fieldValidation' }))
    expect(components.schemas['PodSpec']?.properties).toMatchObject({
      containers: { 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' },
      volumes: { 'x-kubernetes-patch-strategy': 'merge,retainKeys' },
    })
  })

  test.each([
    ['exec', 400, 'Upgrade request required'],
    ['portforward', 400, 'Upgrade request required'],
    ['attach', 501, 'the sandbox does not simulate attach'],
  ])('refuses a plain request to %s with %i', async (name, code, message) => {
    const spec = { containers: [{ name: 'c', image: 'i' }] }
    cluster.tables.pods.create({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'default' }, spec })
    const { status, json } = await api.send({ method: 'POST', path: `/api/v1/namespaces/default/pods/${name}/${name}` })
    expect(status).toBe(code)
    expect(json).toMatchObject({ message })
  })

  test('a definition that is applied again keeps the finalizer of its controller', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.example.com' },
      spec: {
        group: 'example.com',
        names: { kind: 'Boat', plural: 'boats', singular: 'boat' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }
    const apply = async (): Promise<unknown> => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.example.com?fieldManager=m'
      const headers = { 'content-type': 'application/apply-patch+yaml' }
      const answer = await api.send({ method: 'PATCH', path, headers, body: JSON.stringify(definition) })
      await cluster.settle()
      return answer.json
    }
    await apply()
    const finalizers = ['customresourcecleanup.apiextensions.k8s.io']
    expect(await apply()).toMatchObject({ metadata: { finalizers }, status: { acceptedNames: { kind: 'Boat' } } })
    expect(await apply()).toMatchObject({ metadata: { finalizers } })
  })
})
