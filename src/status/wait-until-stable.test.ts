import { afterEach, describe, expect, test } from 'vitest'
import {
  answerWith,
  recordedPod,
  recordedStream,
  recordedWarnings,
  type Contents,
} from '../../test/support/kube-replay.ts'
import { aKubeClient, startKubeServer } from '../../test/support/kube-server.ts'
import type { Event } from '../events/index.ts'
import type { KubeObject, ObjectRef } from '../kube/index.ts'
import { waitUntilStable, type StatusRequest } from './wait-until-stable.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

interface Waited {
  readonly events: readonly Event[]
  readonly error: unknown
}

interface WaitOptions extends Partial<StatusRequest> {
  readonly logs?: Readonly<Record<string, string>>
  /** What passes with each look at the clock, once it is known what there is; the time of the machine when absent. */
  readonly stepMs?: number
}

/** Waits for objects on a server that says what was recorded. */
async function wait(
  contents: Contents,
  objects: readonly ObjectRef[],
  { logs = {}, stepMs, ...options }: WaitOptions = {},
): Promise<Waited> {
  const server = await startKubeServer(answerWith(contents, logs))
  let time = 0
  const steps = (by: number): number => {
    // a kind is watched when all that is there was told
    if (server.seen.some(({ query }) => query['watch'] === 'true')) time += by
    return time
  }
  const { client } = aKubeClient(server.url)
  open.push(server, client)
  const events: Event[] = []
  const request: StatusRequest = {
    objects,
    deadlineMs: 60_000,
    tolerateFailures: false,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    now: stepMs === undefined ? Date.now : () => steps(stepMs),
    ...options,
  }
  const error = await waitUntilStable(client, request).then(
    () => undefined,
    (error_: unknown) => error_,
  )
  return { events, error }
}

const realNode: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'real-amd64' },
  status: { nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' } },
}
const nodes = [{ type: 'ADDED', object: realNode }] as const

function rollout(step: string, until: Partial<Record<'deployments' | 'replicasets' | 'pods', number>> = {}): Contents {
  const kinds = ['deployments', 'replicasets', 'pods'] as const
  return {
    nodes,
    ...Object.fromEntries(kinds.map((kind) => [kind, recordedStream(`${step}: watch ${kind}`, until[kind])])),
  }
}

function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

const web: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'demo-real-roll', name: 'web' }

/** Waits for one pod as kubelet left it. */
async function waitForPod(name: string, options: Parameters<typeof wait>[2] = {}): Promise<Waited> {
  const pod = recordedPod(name)
  return wait({ pods: [pod], nodes, events: recordedWarnings(name) }, [refOf(pod.object)], options)
}

describe('what becomes stable', () => {
  test('a roll-out is said to be ready, in Skaffold’s order', async () => {
    const { events, error } = await wait(rollout('good image'), [web])
    expect(error).toBeUndefined()
    expect(events).toEqual([
      { type: 'statusStarted' },
      { type: 'resourceReady', resource: 'demo-real-roll:deployment/web', remaining: 0, total: 1 },
      { type: 'stabilized', durationMs: expect.any(Number) },
    ])
  })

  test('pods that stand alone are one line, and what is left is counted', async () => {
    const pod = recordedPod('runs and becomes ready')
    const done = recordedPod('runs to completion, restartPolicy Never')
    const contents = { ...rollout('good image'), pods: [pod, done] }
    const { events } = await wait(contents, [web, refOf(pod.object), refOf(done.object)])
    const ready = events.flatMap((event) => (event.type === 'resourceReady' ? [event] : []))
    expect(ready.map(({ remaining, total }) => `${remaining}/${total}`)).toEqual(['1/2', '0/2'])
    expect(ready.map(({ resource }) => resource).toSorted()).toEqual(['demo-real-roll:deployment/web', 'pods'])
  })

  test('where there is nothing to wait for, nothing is asked', async () => {
    const { events } = await wait({}, [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c' }])
    expect(events.map(({ type }) => type)).toEqual(['statusStarted', 'stabilized'])
  })
})

describe('what fails', () => {
  test('an index without the platform: at once, with node and platform', async () => {
    const step = "index without the node's platform"
    const { events, error } = await wait(rollout(step, { deployments: 3 }), [web])
    const message = expect.stringMatching(
      /^container web is waiting to start: \S+ can't be pulled: .*no match for platform in manifest .* \(node real-amd64, which is linux\/amd64\)$/,
    )
    expect(events.slice(1)).toEqual([
      {
        type: 'resourceWaiting',
        resource: 'demo-real-roll:deployment/web',
        message: expect.stringMatching(/\n {4}- demo-real-roll:pod\/web-\S+: container web is waiting to start: /),
      },
      { type: 'resourceFailed', resource: 'demo-real-roll:deployment/web', message },
    ])
    expect(error).toMatchObject({
      code: 'STATUS_FAILED',
      message: expect.stringMatching(/^1\/1 deployment\(s\) failed: demo-real-roll:deployment\/web: container web /),
      hint: expect.stringContaining('--platform'),
    })
  })

  test('a program of another architecture is found in the last log lines', async () => {
    const step = 'single image of another architecture'
    const logs = Object.fromEntries(
      recordedStream(`${step}: watch pods`).flatMap((event) =>
        'object' in event ? [[event.object.metadata.name, 'starting\nexec /bin/sh: exec format error\n']] : [],
      ),
    )
    const { events, error } = await wait(rollout(step, { deployments: 7 }), [web], { logs })
    expect(events.at(-2)).toMatchObject({
      type: 'resourceWaiting',
      message: expect.stringMatching(
        /\n {6}> \[web-\S+ web\] starting\n {6}> \[web-\S+ web\] exec \/bin\/sh: exec format error$/,
      ),
    })
    expect(error).toMatchObject({
      code: 'STATUS_FAILED',
      message: expect.stringContaining(
        'exec format error: its program is for another architecture than node real-amd64, which is linux/amd64',
      ),
      hint: expect.stringContaining("for the node's platform (--platform)"),
    })
  })

  test.each<[string, { message: unknown; hint: unknown }]>([
    [
      'container that exits with 3',
      { message: expect.stringContaining('exit code 3'), hint: 'kubectl logs pod/exit3 -n demo-real -c c --previous' },
    ],
    [
      'liveness probe that fails',
      {
        message: expect.stringContaining('Liveness probe failed: HTTP probe failed with statuscode: 404'),
        hint: expect.stringContaining('kubectl logs'),
      },
    ],
    [
      'exits with 3, restartPolicy Never',
      { message: expect.anything(), hint: 'kubectl logs pod/exit3-never -n demo-real -c c' },
    ],
    [
      'tag that is not there',
      { message: expect.stringContaining('demo:nope: not found'), hint: expect.stringContaining('pushed') },
    ],
    ['invalid image name', { message: expect.anything(), hint: expect.stringContaining('correct image') }],
  ])('%s: at once', async (name, expected) => {
    expect((await waitForPod(name)).error).toMatchObject({ code: 'STATUS_FAILED', ...expected })
  })

  test('Kubernetes’ own deadline of a roll-out', async () => {
    const contents = { ...rollout('image missing, deadline of 4 s'), pods: [] }
    const ref = { ...web, namespace: 'demo-roll' }
    expect((await wait(contents, [ref])).error).toMatchObject({
      code: 'STATUS_FAILED',
      message: expect.stringContaining('deployment "web" exceeded its progress deadline'),
    })
  })
})

describe('what takes too long', () => {
  test.each<[string, { message: unknown; hint: unknown }]>([
    [
      'readiness probe that fails',
      {
        message: expect.stringContaining(
          'pods: could not stabilize within 0.05s: container c is not ready: Readiness probe failed: HTTP probe failed with statuscode: 404',
        ),
        hint: 'check its readiness probe: kubectl describe pod/not-ready -n demo-real',
      },
    ],
    [
      'missing ConfigMap as a volume',
      {
        message: expect.stringContaining('MountVolume.SetUp failed for volume "v" : configmap "nope" not found'),
        hint: expect.anything(),
      },
    ],
    [
      'missing Secret in envFrom',
      {
        message: expect.stringContaining('secret "nope" not found'),
        hint: expect.stringContaining('create the ConfigMap or Secret'),
      },
    ],
  ])('%s', async (name, expected) => {
    expect((await waitForPod(name, { deadlineMs: 50, stepMs: 50 })).error).toMatchObject({
      code: 'STATUS_DEADLINE',
      ...expected,
    })
  })

  test('a pod that fits no node says why', async () => {
    const pod = recordedStream('arm64 only, and more cpu than those have: watch the pod').at(-1)
    if (pod === undefined || !('object' in pod)) throw new Error('no pod')
    const { error } = await wait({ pods: [pod] }, [refOf(pod.object)], { deadlineMs: 50, stepMs: 50 })
    expect(error).toMatchObject({
      code: 'STATUS_DEADLINE',
      message: expect.stringContaining("2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector"),
      hint: expect.stringContaining('add a node that fits'),
    })
  })

  test('failures are tolerated until the deadline, and are said on the way', async () => {
    const options = { tolerateFailures: true, deadlineMs: 6_000, stepMs: 600 }
    const { events, error } = await waitForPod('tag that is not there', options)
    expect(error).toMatchObject({ code: 'STATUS_FAILED', message: expect.stringContaining('not found') })
    expect(events.filter(({ type }) => type === 'resourceWaiting').length).toBeGreaterThan(1)
  })

  test('a cluster that never answers does not hold it up', async () => {
    const server = await startKubeServer((seen) =>
      seen.path.endsWith('/pods') ? { isOpen: true } : answerWith({})(seen),
    )
    const { client } = aKubeClient(server.url)
    open.push(server, client)
    const waiting = waitUntilStable(client, {
      objects: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }],
      deadlineMs: 50,
      tolerateFailures: false,
      emit: () => {},
      signal: new AbortController().signal,
      now: Date.now,
    })
    await expect(waiting).rejects.toMatchObject({ code: 'STATUS_DEADLINE' })
  })
})

test('what was aborted throws the reason', async () => {
  const reason = new Error('enough')
  const { error } = await waitForPod('readiness probe that fails', { signal: AbortSignal.abort(reason) })
  expect(error).toBe(reason)
})
