import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request, type HttpAnswer } from '../../test/support/https-request.ts'
import { sleeper, startTestSandbox, type TestSandbox } from '../../test/support/sandbox.ts'
import { kubeletTiming } from './kubelet/timing.ts'

/** A machine that can execute nothing for Linux, so that every test needs Node only. */
const host = { os: 'plan9', architecture: 'amd64' }
const timing = { ...kubeletTiming, settle: 20, crashBackOff: 40, pullBackOff: 40, retry: 20 }

let sandbox: TestSandbox
let token: string
let ca: string

beforeAll(async () => {
  sandbox = await startTestSandbox('2xlinux/amd64,1xlinux/arm64', { host, timing })
  const { users, clusters } = load(sandbox.kubeconfig) as {
    users: readonly { user: { token: string } }[]
    clusters: readonly { cluster: Record<string, string> }[]
  }
  token = users[0]?.user.token ?? ''
  ca = Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64').toString()
})

afterAll(async () => sandbox.close())

interface Status {
  readonly phase?: string
  readonly containerStatuses?: readonly {
    readonly ready: boolean
    readonly restartCount: number
    readonly state: Readonly<Record<string, { readonly reason?: string; readonly message?: string }>>
  }[]
}

const pods = '/api/v1/namespaces/default/pods'

function ask(method: string, path: string, body?: object): Promise<HttpAnswer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return request({ method, url: `${sandbox.server}${path}`, ca, headers, ...text })
}

async function createPod(name: string, spec: object): Promise<void> {
  const { status, text } = await ask('POST', pods, { metadata: { name }, spec })
  expect(status, text).toBe(201)
}

async function statusOf(name: string): Promise<Status> {
  const { json } = await ask('GET', `${pods}/${name}`)
  return (json as { status?: Status }).status ?? {}
}

/** Waits for a status; gives the last one it saw. */
async function waitFor(name: string, isWanted: (status: Status) => boolean): Promise<Status> {
  let status = await statusOf(name)
  for (let tries = 0; tries < 200 && !isWanted(status); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    status = await statusOf(name)
  }
  return status
}

const waitsBecause =
  (reason: string) =>
  ({ containerStatuses }: Status): boolean =>
    containerStatuses?.[0]?.state['waiting']?.reason === reason

async function eventsOf(name: string): Promise<readonly string[]> {
  const { json } = await ask('GET', `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D${name}`)
  const { items } = json as { items: readonly { reason: string; message: string }[] }
  return items.map(({ reason, message }) => `${reason}: ${message}`)
}

const onArm = { nodeSelector: { 'kubernetes.io/arch': 'arm64' } }

describe('a pod', () => {
  test('runs, and nothing is made up for what is not executed', async () => {
    const image = await sandbox.push('both:1', [sleeper('amd64'), sleeper('arm64')])
    await createPod('runs', { containers: [{ name: 'c', image }] })
    const status = await waitFor('runs', ({ phase }) => phase === 'Running')
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] })
    expect((await ask('GET', `${pods}/runs/log`)).text).toBe('sandbox: not executed\n')
    const events = await eventsOf('runs')
    expect(events.map((event) => event.split(':', 1)[0])).toEqual(
      expect.arrayContaining(['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started']),
    )
  })

  test('whose image has no variant for its node is not started', async () => {
    const image = await sandbox.push('others:1', [sleeper('amd64'), sleeper('s390x')])
    await createPod('no-variant', { ...onArm, containers: [{ name: 'c', image }] })
    const status = await waitFor('no-variant', waitsBecause('ImagePullBackOff'))
    expect(status.phase).toBe('Pending')
    expect(status.containerStatuses?.[0]?.state['waiting']?.message).toMatch(
      /^Back-off pulling image "\S+": ErrImagePull: rpc error: code = NotFound desc = get image config descriptor: no match for platform in manifest sha256:[0-9a-f]{64}: not found$/,
    )
    expect((await ask('GET', `${pods}/no-variant/log`)).json).toMatchObject({
      code: 400,
      // which of the two depends on whether the next try has begun
      message: expect.stringMatching(
        /^container "c" in pod "no-variant" is waiting to start: (?:trying and failing to pull image|image can't be pulled)$/,
      ) as string,
    })
  })

  test('whose program is for another architecture crashes again and again', async () => {
    const image = await sandbox.push('wrong:1', [sleeper('amd64')])
    await createPod('wrong', { ...onArm, containers: [{ name: 'c', image }] })
    const status = await waitFor(
      'wrong',
      (one) => waitsBecause('CrashLoopBackOff')(one) && (one.containerStatuses?.[0]?.restartCount ?? 0) > 1,
    )
    expect(status.containerStatuses?.[0]?.state['waiting']?.message).toMatch(
      /^back-off \S+ restarting failed container=c pod=wrong_default\(/,
    )
    expect((await ask('GET', `${pods}/wrong/log`)).text).toBe('exec /app: exec format error\n')
    expect((await ask('GET', `${pods}/wrong/log?previous=true`)).text).toBe('exec /app: exec format error\n')
  })

  test.each([
    ['a tag that is not there', '/both:2', 'ImagePullBackOff', /: not found$/],
    ['a registry that is not there', undefined, 'ImagePullBackOff', /connect: connection refused$/],
    ['a name that is none', 'UPPER/CASE', 'InvalidImageName', /invalid reference format/],
  ])('with %s waits', async (title, image, reason, message) => {
    const name = title.replaceAll(' ', '-')
    const full = image?.startsWith('/') === true ? `${sandbox.registry}${image}` : (image ?? '127.0.0.1:1/x:1')
    await createPod(name, { containers: [{ name: 'c', image: full }] })
    const status = await waitFor(name, waitsBecause(reason))
    expect(status.containerStatuses?.[0]?.state['waiting']).toMatchObject({ reason })
    expect(status.containerStatuses?.[0]?.state['waiting']?.message).toMatch(message)
  })

  test('with a configuration that is not there waits for it', async () => {
    const image = `${sandbox.registry}/both:1`
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }]
    await createPod('configured', { containers: [{ name: 'c', image, env }] })
    const waiting = await waitFor('configured', waitsBecause('CreateContainerConfigError'))
    expect(waiting.containerStatuses?.[0]?.state['waiting']?.message).toBe('configmap "late" not found')
    await ask('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'late' }, data: { a: '1' } })
    expect((await waitFor('configured', ({ phase }) => phase === 'Running')).phase).toBe('Running')
  })

  test('runs its init containers first', async () => {
    const image = `${sandbox.registry}/both:1`
    const broken = `${sandbox.registry}/wrong:1`
    await createPod('init', {
      ...onArm,
      initContainers: [{ name: 'i', image: broken }],
      containers: [{ name: 'c', image }],
    })
    const status = await waitFor('init', (one) => JSON.stringify(one).includes('CrashLoopBackOff'))
    expect(status).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    })
  })

  test('that fits nowhere says why', async () => {
    await createPod('nowhere', { nodeSelector: { x: 'y' }, containers: [{ name: 'c', image: 'i' }] })
    await waitFor('nowhere', (status) => JSON.stringify(status).includes('Unschedulable'))
    expect(await eventsOf('nowhere')).toEqual([
      "FailedScheduling: 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to " +
        'deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ])
  })

  test('is gone after its deletion', async () => {
    await ask('DELETE', `${pods}/runs`)
    await waitFor('runs', ({ phase }) => phase === undefined)
    expect((await ask('GET', `${pods}/runs`)).status).toBe(404)
  })
})

test('the kubeconfig names the server, for its owner only', () => {
  expect(readFileSync(sandbox.kubeconfigPath, 'utf8')).toBe(sandbox.kubeconfig)
  expect(sandbox.kubeconfig).toContain(sandbox.server)
})

test('close takes everything away', async () => {
  const other = await startTestSandbox('linux/amd64', { host })
  const { folder, kubeconfigPath, server } = other
  expect(readdirSync(folder)).not.toEqual([])
  await other.close()
  expect(existsSync(folder)).toBe(false)
  expect(existsSync(kubeconfigPath)).toBe(false)
  await expect(request({ url: `${server}/version`, ca })).rejects.toThrow('ECONNREFUSED')
  expect(other.events).toEqual([])
})

test('a port that is taken is an error with a hint', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const { port } = blocker.address() as AddressInfo
  await expect(startTestSandbox('linux/amd64', { host, registryPort: port })).rejects.toMatchObject({
    code: 'SANDBOX_PORT_TAKEN',
    hint: expect.stringContaining('--registry-port'),
  })
  blocker.close()
})
