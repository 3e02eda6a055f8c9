import { afterEach, describe, expect, test } from 'vitest'
import {
  aKubeClient,
  readRecordings,
  replay,
  startKubeServer,
  type Answer,
  type KubeServer,
  type Seen,
} from '../../test/support/kube-server.ts'
import type { ApplyOutcome, KubeClient, KubeObject, KubeTarget } from './index.ts'

const recordings = readRecordings('client')

/** The answer that the real API server gave. */
function real(name: string): Answer {
  const recording = recordings.get(name)
  if (recording === undefined) throw new Error(`no recording "${name}"`)
  return replay(recording)
}

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** A server that knows the kinds of a real one, and says the rest as the test wants. */
async function serve(
  answer: (seen: Seen) => Answer | undefined,
  target: Partial<KubeTarget> = {},
): Promise<{ server: KubeServer; client: KubeClient }> {
  const server = await startKubeServer((seen) => answer(seen) ?? kinds(seen))
  const { client } = aKubeClient(server.url, target)
  open.push(server, client)
  return { server, client }
}

function kinds({ path }: Seen): Answer | undefined {
  if (path === '/api') return real('aggregated discovery of the core group')
  return path === '/apis' ? real('aggregated discovery of all groups') : undefined
}

const nodes = { apiVersion: 'v1', kind: 'Node' }
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' }

describe('kinds', () => {
  test('are asked for once, when the first one is needed', async () => {
    const { server, client } = await serve(() => undefined)
    expect(server.seen).toEqual([])
    const asked = [deployment, { apiVersion: 'apps/v1', kind: 'DaemonSet' }, nodes]
    expect(await Promise.all(asked.map(async (kind) => client.isNamespaced(kind)))).toEqual([true, true, false])
    expect(server.lines().toSorted()).toEqual(['GET /api', 'GET /apis'])
    expect(server.seen[0]?.headers.accept).toContain('as=APIGroupDiscoveryList')
  })

  test('an older server lists them one group version at a time', async () => {
    const { client } = await serve(({ path }) =>
      ['/api', '/apis', '/api/v1', '/apis/apps/v1'].includes(path) ? real(`GET ${path}`) : undefined,
    )
    expect(await client.isNamespaced(deployment)).toBe(true)
    expect(await client.isNamespaced(nodes)).toBe(false)
  })

  test('one that is not known is looked for again before it is an error', async () => {
    let lists = 0
    const { client } = await serve(({ path }) => {
      if (path === '/apis') lists += 1
      return path === '/apis/example.com/v1' ? real('GET /apis/nope.example.com/v1') : undefined
    })
    await expect(client.isNamespaced({ apiVersion: 'example.com/v1', kind: 'Boat' })).rejects.toMatchObject({
      code: 'KUBE_UNKNOWN_KIND',
      message: 'the cluster does not know the kind Boat of example.com/v1: it does not serve example.com/v1',
      hint: expect.stringContaining('CustomResourceDefinition'),
    })
    expect(lists).toBe(2)
    await expect(client.get({ apiVersion: 'apps/v1', kind: 'Deploymnet', name: 'a' })).rejects.toMatchObject({
      code: 'KUBE_UNKNOWN_KIND',
    })
  })
})

describe('reading', () => {
  test('an object that is not there is undefined', async () => {
    const { client } = await serve(({ path }) =>
      path === '/api/v1/nodes/nope' ? real('get a node that is not there') : undefined,
    )
    expect(await client.get({ ...nodes, name: 'nope' })).toBeUndefined()
  })

  test('a list comes page by page, with kind and apiVersion on every item', async () => {
    const { server, client } = await serve(({ path, query }) => {
      if (path !== '/api/v1/nodes') return undefined
      return real(query['continue'] === undefined ? 'first page of 3' : 'second page')
    })
    const found = await client.list(nodes)
    expect(found.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`)).toEqual([
      'v1 Node fake-amd64-1',
      'v1 Node fake-amd64-2',
      'v1 Node fake-arm64-1',
      'v1 Node fake-arm64-2',
    ])
    expect(server.seen.at(-1)?.query).toMatchObject({ limit: '500', continue: expect.stringMatching(/^ey/) })
  })

  test('a page that has expired makes it one long list', async () => {
    const { client } = await serve(({ path, query }) => {
      if (path !== '/api/v1/nodes') return undefined
      if (query['continue'] !== undefined) return real('continue token that has expired')
      return real(query['limit'] === undefined ? 'list nodes, mixed shape (2 amd64 and 2 arm64)' : 'first page of 3')
    })
    expect(await client.list(nodes)).toHaveLength(4)
  })

  test('namespaces: the default one, a named one, all', async () => {
    const empty = { body: { kind: 'PodList', metadata: { resourceVersion: '1' }, items: null } }
    const { server, client } = await serve(({ path }) => (path.endsWith('/pods') ? empty : undefined), {
      namespace: 'mine',
    })
    const pods = { apiVersion: 'v1', kind: 'Pod' }
    await client.list(pods, { labelSelector: 'app in (a,b)' })
    await client.list(pods, { namespace: 'other', fieldSelector: 'spec.nodeName=n' })
    await client.list(pods, { namespace: '*' })
    expect(server.lines().slice(1)).toEqual([
      'GET /api/v1/namespaces/mine/pods?labelSelector=app+in+%28a%2Cb%29',
      'GET /api/v1/namespaces/other/pods?fieldSelector=spec.nodeName%3Dn',
      'GET /api/v1/pods',
    ])
  })

  test('logs are lines, also without a newline at the end and across chunks', async () => {
    const { server, client } = await serve(({ path }) =>
      path.endsWith('/log') ? { headers: { 'content-type': 'text/plain' }, body: 'é one\n\nlast' } : undefined,
    )
    const read: string[] = []
    const options = { container: 'c', tailLines: 3, sinceSeconds: 0.2 }
    for await (const line of client.logs({ namespace: 'n', name: 'p' }, options)) read.push(line)
    expect(read).toEqual(['é one', '', 'last'])
    expect(server.lines()).toEqual(['GET /api/v1/namespaces/n/pods/p/log?container=c&tailLines=3&sinceSeconds=1'])
  })
})

const web: KubeObject = {
  ...deployment,
  metadata: { name: 'web', namespace: 'demo-apply' },
  spec: { futureField: { a: 1 }, replicas: 2 },
}

async function apply(
  before: Answer | undefined,
  after: Answer,
): Promise<{ outcome: ApplyOutcome; server: KubeServer }> {
  const { server, client } = await serve(({ method, path }) => {
    if (!path.endsWith('/web')) return undefined
    return method === 'PATCH' ? after : before
  })
  return { outcome: await client.apply(web, { fieldManager: 'catamaran', force: true }), server }
}

describe('server-side apply', () => {
  test('sends the object as it is, unknown fields included', async () => {
    const { outcome, server } = await apply(undefined, real('apply creates'))
    expect(outcome).toMatchObject({ action: 'created', object: { metadata: { name: 'web' } }, warnings: [] })
    const sent = server.seen.at(-1)
    expect(sent).toMatchObject({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/demo-apply/deployments/web',
      query: { fieldManager: 'catamaran', force: 'true', fieldValidation: 'Strict' },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    expect(JSON.parse(sent?.body ?? '')).toEqual(web)
  })

  test.each<[string, string, ApplyOutcome['action']]>([
    ['the same again changes nothing', 'apply the same again (no change)', 'unchanged'],
    ['another image configures', 'apply a changed image', 'configured'],
  ])('%s', async (_, after, action) => {
    expect((await apply(real('get after create'), real(after))).outcome.action).toBe(action)
  })

  test('a status that a controller wrote in between is no change', async () => {
    const before = real('get after create')
    const after = structuredClone(before.body) as { metadata: { resourceVersion: string }; status: object }
    after.metadata.resourceVersion = '9999'
    after.status = { observedGeneration: 1 }
    expect((await apply(before, { body: after })).outcome.action).toBe('unchanged')
  })

  test('warnings of the server are given', async () => {
    const warning = ['299 - "unknown field \\"spec.x\\""', '299 - "second, with a comma"']
    const { outcome } = await apply(undefined, { ...real('apply creates'), headers: { warning } })
    expect(outcome.warnings).toEqual(['unknown field "spec.x"', 'second, with a comma'])
  })

  test('is sent again when the connection broke or the server was busy', async () => {
    let attempts = 0
    const { client } = await serve(({ method, path }) => {
      if (method !== 'PATCH' || !path.endsWith('/web')) return undefined
      attempts += 1
      if (attempts === 1) return { body: '{"half', isCut: true, headers: { 'content-length': '100' } }
      return attempts === 2 ? { status: 429, body: 'busy' } : real('apply creates')
    })
    expect((await client.apply(web, { fieldManager: 'catamaran' })).action).toBe('created')
    expect(attempts).toBe(3)
  })

  /** How often it was sent, when it is refused like this until the last answer. */
  async function sentAgain(refusals: readonly Answer[], object: KubeObject = web): Promise<number | string> {
    const left = [...refusals]
    let attempts = 0
    const { client } = await serve(({ method, path }) => {
      if (method !== 'PATCH' || !path.endsWith('/web')) return undefined
      attempts += 1
      return left.shift() ?? real('apply creates')
    })
    const failed = await client.apply(object, { fieldManager: 'catamaran' }).then(
      () => undefined,
      (error: unknown) => (error as { code: string }).code,
    )
    return failed === undefined ? attempts : `${failed} after ${attempts}`
  }

  function aRefusal(code: number, reason: string, more: object = {}): Answer {
    return { status: code, body: { kind: 'Status', status: 'Failure', message: 'no', reason, code, ...more } }
  }

  const raced = aRefusal(409, 'Conflict')

  test.each<[string, readonly Answer[], number | string, KubeObject?]>([
    ['what another change came before', [raced, raced], 3],
    [
      'a server whose store elects a leader',
      [{ ...aRefusal(500, ''), body: { kind: 'Status', message: 'etcdserver: leader changed', code: 500 } }],
      2,
    ],
    ['a server that asks for no time', [{ ...aRefusal(503, 'x'), headers: { 'retry-after': '0' } }], 2],
    [
      'a server that asks for more time than there is',
      [{ ...aRefusal(429, 'TooManyRequests'), headers: { 'retry-after': '120' } }],
      'KUBE_FAILED after 1',
    ],
    [
      'a server that says so in its answer',
      [aRefusal(429, 'TooManyRequests', { details: { retryAfterSeconds: 90 } })],
      'KUBE_FAILED after 1',
    ],
    [
      'one version of an object that is no more',
      [raced],
      'KUBE_CONFLICT after 1',
      { ...web, metadata: { ...web.metadata, resourceVersion: '1' } },
    ],
    [
      'fields that another manager owns',
      [real('another manager applies another image: conflict')],
      'KUBE_CONFLICT after 1',
    ],
  ])('%s: sent again, or not', async (_, refusals, expected, object) => {
    expect(await sentAgain(refusals, object)).toBe(expected)
  })
})

describe('deletion', () => {
  test('leaves dependants to the background, and says whether there was something', async () => {
    const { server, client } = await serve(({ method, path }) =>
      method === 'DELETE' && path.endsWith('/web') ? { body: { kind: 'Status', status: 'Success' } } : undefined,
    )
    expect(await client.delete({ ...deployment, name: 'web' })).toBe(true)
    expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toMatchObject({ propagationPolicy: 'Background' })
    expect(await client.delete({ ...deployment, name: 'gone' })).toBe(false)
    expect(await client.delete({ apiVersion: 'example.com/v1', kind: 'Boat', name: 'b' })).toBe(false)
  })
})

interface Expected {
  readonly code: string
  readonly message: unknown
  readonly hint?: unknown
}

describe('what the server refuses', () => {
  test.each<[string, string, Expected]>([
    [
      'other managers and their fields are named',
      'another manager applies another image: conflict',
      {
        code: 'KUBE_CONFLICT',
        message:
          'cannot apply deployment.apps/web in namespace demo-apply: conflict with "catamaran" over spec.replicas, spec.template.spec.containers[name="web"].image',
        hint: expect.stringContaining('manager named'),
      },
    ],
    [
      'a manager that updated',
      'apply after kubectl-edit changed replicas: conflict with an Update manager',
      { code: 'KUBE_CONFLICT', message: expect.stringContaining('"kubectl-edit" using apps/v1 over spec.replicas') },
    ],
    [
      'an object that changed in between',
      'apply: wrong resourceVersion',
      {
        code: 'KUBE_CONFLICT',
        message: expect.stringContaining('has been modified'),
        hint: expect.stringContaining('again'),
      },
    ],
    [
      'a field that the server does not know',
      'unknown fields, apply, fieldValidation=Strict',
      { code: 'KUBE_INVALID', message: expect.stringContaining('.spec.replica: field not declared in schema') },
    ],
    [
      'a field of a wrong type',
      'apply: wrong type of a field (schema)',
      { code: 'KUBE_INVALID', message: expect.stringContaining('.spec.replicas: expected numeric') },
    ],
    [
      'every invalid field, once',
      'invalid: several causes at once',
      {
        code: 'KUBE_INVALID',
        message: expect.stringMatching(
          /spec\.replicas: Invalid value: -1.*; spec\.template\.spec\.containers\[0\]\.name: /,
        ),
        hint: 'correct the manifest',
      },
    ],
    [
      'an immutable Job',
      'invalid: Job template is immutable',
      { code: 'KUBE_INVALID', message: expect.anything(), hint: expect.stringContaining('catamaran delete') },
    ],
    [
      'an immutable StatefulSet',
      'invalid: StatefulSet field is immutable',
      { code: 'KUBE_INVALID', message: expect.anything(), hint: expect.stringContaining('catamaran delete') },
    ],
    [
      'an immutable pod',
      'invalid: pod field that may not change',
      { code: 'KUBE_INVALID', message: expect.anything(), hint: expect.stringContaining('catamaran delete') },
    ],
    [
      'a namespace that is not there',
      'apply in a namespace that is not there',
      {
        code: 'KUBE_NOT_FOUND',
        message: expect.stringContaining('namespaces "nope" not found'),
        hint: 'create it: kubectl create namespace nope',
      },
    ],
    [
      'a namespace that goes away',
      'create in a namespace that is being terminated',
      {
        code: 'KUBE_FORBIDDEN',
        message: expect.anything(),
        hint: expect.stringContaining('until the namespace is gone'),
      },
    ],
    [
      'a right that is missing, with verb and resource',
      'no permission: apply a Deployment in another namespace',
      {
        code: 'KUBE_FORBIDDEN',
        message: expect.stringContaining('User "dev" cannot patch resource "deployments"'),
        hint: 'ask for a Role in namespace default with the rule {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}',
      },
    ],
    [
      'credentials that are not accepted',
      'wrong bearer token',
      {
        code: 'KUBE_UNAUTHORIZED',
        message: expect.stringContaining('context "test"'),
        hint: expect.stringContaining('log in'),
      },
    ],
    [
      'no credentials at all',
      'no credentials: nodes',
      { code: 'KUBE_UNAUTHORIZED', message: expect.anything(), hint: expect.stringContaining('log in') },
    ],
  ])('%s', async (_, recorded, expected) => {
    const { client } = await serve(({ method }) => (method === 'PATCH' ? real(recorded) : undefined))
    const object = { ...web, metadata: { ...web.metadata, resourceVersion: '1' } }
    await expect(client.apply(object, { fieldManager: 'catamaran' })).rejects.toMatchObject(expected)
  })

  test('a page of a proxy is not printed', async () => {
    const { client } = await serve(({ method }) =>
      method === 'PATCH' ? { status: 418, body: '<html>no</html>' } : undefined,
    )
    await expect(client.apply(web, { fieldManager: 'c' })).rejects.toMatchObject({
      code: 'KUBE_FAILED',
      message: expect.stringContaining('the API server answered with status 418'),
    })
  })

  test('something that is no API server', async () => {
    const { client } = await serve(() => ({ body: 'hello', headers: { 'content-type': 'text/plain' } }))
    await expect(client.list(nodes)).rejects.toMatchObject({ code: 'KUBE_ANSWER_INVALID' })
    const empty = await serve(() => ({ status: 404, body: 'page not found' }))
    await expect(empty.client.delete({ ...nodes, name: 'a' })).rejects.toMatchObject({ code: 'KUBE_ANSWER_INVALID' })
  })
})

describe('connections', () => {
  test('credentials go with every request', async () => {
    const { server, client } = await serve(() => undefined, { user: { token: 'abc' } })
    await client.isNamespaced(nodes)
    expect(server.seen[0]?.headers.authorization).toBe('Bearer abc')
  })

  test('a server that is not there is said at once', async () => {
    const gone = await startKubeServer(() => undefined)
    await gone.close()
    const { client } = aKubeClient(gone.url)
    open.push(client)
    await expect(client.list(nodes)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('cannot reach the cluster of context "test"'),
      hint: expect.stringContaining('--kube-context'),
    })
  })

  test('what was aborted throws the reason', async () => {
    const { client } = await serve(({ path }) => (path === '/api/v1/nodes' ? { isOpen: true } : undefined))
    const reason = new Error('enough')
    const controller = new AbortController()
    const listing = client.list(nodes, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 50)
    await expect(listing).rejects.toBe(reason)
  })
})
