import { describe, expect, test } from 'vitest'
import { readRecordings } from '../../test/support/kube-server.ts'
import type { KubeObject, WatchEvent } from '../kube/index.ts'
import { checksOf, type Judgement } from './checks.ts'
import { createClusterView, type ClusterView } from './cluster-view.ts'
import { diagnosePod, type TroubleCause } from './diagnose-pod.ts'
import { readPod } from './pod-facts.ts'
import { goDuration } from './report.ts'
import { rolloutState } from './rollout.ts'

const pods = readRecordings('pods')
const streams = readRecordings('streams')

function recordedPod(name: string): KubeObject {
  return pods.get(`${name}: get`)?.response.body as KubeObject
}

function recordedEvents(name: string): readonly WatchEvent[] {
  return streams.get(name)?.response.body as readonly WatchEvent[]
}

function objectsOf(name: string): readonly KubeObject[] {
  return recordedEvents(name).flatMap((event) => (event.type === 'SYNCED' ? [] : [event.object]))
}

function diagnose(object: KubeObject): ReturnType<typeof diagnosePod> {
  const pod = readPod(object)
  if (pod === undefined) throw new Error('not a pod')
  return diagnosePod(pod)
}

describe('what kubelet says about a pod', () => {
  test.each<[string, TroubleCause, isFatal: boolean, message: string]>([
    [
      "image index without the node's platform",
      'noPlatform',
      true,
      "container c is waiting to start: registry.test:5001/demo:arm64only can't be pulled: get image config descriptor: no match for platform in manifest sha256:bfcb82ac9117b40f20c9c55f6512d60e38d9f16a784c49046c2e9c49dc57c66f: not found",
    ],
    [
      'single image of another architecture',
      'crash',
      true,
      'container c is backing off waiting to restart: it ended with exit code 1',
    ],
    [
      'tag that is not there',
      'imagePull',
      true,
      "container c is waiting to start: registry.test:5001/demo:nope can't be pulled: failed to resolve image: registry.test:5001/demo:nope: not found",
    ],
    [
      'registry that refuses connections',
      'imagePull',
      true,
      'container c is waiting to start: registry.test:5999/demo:1 can\'t be pulled: failed to resolve image: failed to do request: Head "https://registry.test:5999/v2/demo/manifests/1": dial tcp 127.0.0.1:5999: connect: connection refused',
    ],
    [
      'imagePullPolicy Never and the image is absent',
      'imageName',
      true,
      'container c is waiting to start: registry.test:5001/demo:nope can\'t be pulled: Container image "registry.test:5001/demo:nope" is not present with pull policy of Never',
    ],
    ['missing ConfigMap in env', 'containerConfig', false, 'container c in error: configmap "nope" not found'],
    ['missing Secret in envFrom', 'containerConfig', false, 'container c in error: secret "nope" not found'],
    ['missing ConfigMap as a volume', 'starting', false, 'creating container c'],
    ['readiness probe that fails', 'notReady', false, 'container c is not ready'],
    [
      'out of memory',
      'crash',
      true,
      'container c is backing off waiting to restart: it ended with exit code 137 (OOMKilled)',
    ],
    [
      'command that is not there',
      'crash',
      true,
      'container c is backing off waiting to restart: it ended with exit code 128 (StartError: exec: "/nope": stat /nope: no such file or directory)',
    ],
    [
      'container that exits with 3',
      'crash',
      true,
      'container c is backing off waiting to restart: it ended with exit code 3',
    ],
    ['exits with 3, restartPolicy Never', 'crash', true, 'container c terminated with exit code 3'],
    [
      'init container that fails',
      'crash',
      true,
      'container i is backing off waiting to restart: it ended with exit code 5',
    ],
  ])('%s', (name, cause, isFatal, message) => {
    expect(diagnose(recordedPod(name))).toMatchObject({ cause, isFatal, message })
  })

  test('a name that is none, in the runtime’s words', () => {
    expect(diagnose(recordedPod('invalid image name'))).toMatchObject({
      cause: 'imageName',
      isFatal: true,
      message: expect.stringContaining('must be lowercase'),
    })
  })

  test.each([
    'runs and becomes ready',
    'runs to completion, restartPolicy Never',
    'init container, then the container',
    'native sidecar (init container with restartPolicy Always)',
  ])('nothing is wrong: %s', (name) => {
    expect(diagnose(recordedPod(name))).toBeUndefined()
  })

  test('a pod whose image was changed is not ready until kubelet has seen it', () => {
    const object = structuredClone(recordedPod('runs and becomes ready'))
    Object.assign(object.metadata, { generation: 2 })
    expect(diagnose(object)).toMatchObject({ message: 'waiting for pod spec update to be observed...', isFatal: false })
    Object.assign(object['status'] as object, { observedGeneration: 2 })
    expect(diagnose(object)).toBeUndefined()
  })

  test.each<[string, TroubleCause]>([
    [
      'image platform not supported: no matching manifest for linux/arm64/v8 in the manifest list entries',
      'noPlatform',
    ],
    ['choosing image instance: no image found in manifest list for architecture arm64, OS linux', 'noPlatform'],
    ['failed to authorize: failed to fetch anonymous token: 401 Unauthorized', 'imageUnauthorized'],
    ['pull access denied, repository does not exist or may require authorization', 'imageUnauthorized'],
    ['dial tcp: lookup registry.test: no such host', 'imagePull'],
  ])('other runtimes: %s', (message, cause) => {
    expect(diagnose(aWaitingPod('ErrImagePull', message))).toMatchObject({ cause, isFatal: cause !== 'imagePull' })
  })

  test('a runtime that refuses a foreign program itself', () => {
    const pod = aPod({
      state: { terminated: { exitCode: 255, reason: 'StartError', message: 'exec /app: exec format error' } },
    })
    expect(diagnose(pod)).toMatchObject({ cause: 'wrongProgram', isFatal: false })
  })
})

function aWaitingPod(reason: string, message: string): KubeObject {
  return aPod({ state: { waiting: { reason, message } } })
}

function aPod(status: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { nodeName: 'n', restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Pending', containerStatuses: [{ name: 'c', ready: false, restartCount: 0, ...status }] },
  }
}

describe('what the scheduler says about a pod', () => {
  test.each<[string, string]>([
    [
      'required node affinity that no node meets',
      "unschedulable: 0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'arm64 only, and more cpu than those have',
      "unschedulable: 0/4 nodes are available: 2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'PersistentVolumeClaim that is not there',
      'unschedulable: 0/4 nodes are available: persistentvolumeclaim "nope" not found. not found',
    ],
    ['scheduling gate', 'unschedulable: Scheduling is blocked due to non-empty scheduling gates'],
    ['scheduler that does not exist', 'the pod waits for a node'],
  ])('%s', (name, message) => {
    const pod = objectsOf(`${name}: watch the pod`).at(-1)
    expect(pod === undefined ? undefined : diagnose(pod)).toMatchObject({ message, isFatal: false })
  })
})

/** The states that a workload goes through, equal ones in a row once. */
function statesOf(stream: string): string[] {
  const states = objectsOf(stream).map((object) => {
    const state = rolloutState(object)
    return state.is === 'waiting' ? state.message : [state.is, 'message' in state ? state.message : ''].join(' ').trim()
  })
  return states.filter((state, index) => state !== states[index - 1])
}

describe('roll-outs as a real control plane goes through them', () => {
  test.each<[string, readonly string[]]>([
    [
      'first rollout: watch deployments',
      [
        'waiting for deployment spec update to be observed...',
        'waiting for rollout to finish: 0 out of 2 new replicas have been updated...',
        'waiting for rollout to finish: 0 of 2 updated replicas are available...',
        'waiting for rollout to finish: 1 of 2 updated replicas are available...',
        'done',
      ],
    ],
    [
      'new image: watch deployments',
      [
        'waiting for deployment spec update to be observed...',
        'waiting for rollout to finish: 0 out of 2 new replicas have been updated...',
        'waiting for rollout to finish: 1 out of 2 new replicas have been updated...',
        'waiting for rollout to finish: 1 old replicas are pending termination...',
        'done',
      ],
    ],
    [
      'image missing, deadline of 4 s: watch deployments',
      [
        'waiting for deployment spec update to be observed...',
        'waiting for rollout to finish: 1 out of 2 new replicas have been updated...',
        'failed deployment "web" exceeded its progress deadline',
      ],
    ],
    [
      'DaemonSet: watch daemonsets',
      [
        'waiting for daemonset spec update to be observed...',
        'waiting for rollout to finish: 1 out of 2 new pods have been updated...',
        'waiting for rollout to finish: 0 of 2 updated pods are available...',
        'waiting for rollout to finish: 1 of 2 updated pods are available...',
        'done',
        'waiting for daemonset spec update to be observed...',
        'waiting for rollout to finish: 0 out of 2 new pods have been updated...',
        'waiting for rollout to finish: 1 out of 2 new pods have been updated...',
        'waiting for rollout to finish: 1 of 2 updated pods are available...',
        'done',
      ],
    ],
    [
      'StatefulSet: watch statefulsets',
      [
        'waiting for statefulset spec update to be observed...',
        'waiting for 2 pods to be ready...',
        'waiting for 1 pods to be ready...',
        'done',
        'waiting for statefulset spec update to be observed...',
        'waiting for statefulset rolling update to complete 0 pods at revision st-6797ff7c49...',
        'waiting for 1 pods to be ready...',
      ],
    ],
    ['Job that completes: watch jobs', ['waiting for the pods of job "ok" to start...', 'done']],
    [
      'Job that fails: watch jobs',
      [
        'waiting for the pods of job "bad" to start...',
        'done',
        'failed job "bad" failed: Job has reached the specified backoff limit',
      ],
    ],
  ])('%s', (stream, states) => {
    expect(statesOf(stream)).toEqual(states)
  })
})

/** Plays streams into a view, one after the other. */
function play(view: ClusterView, kind: string, stream: string): void {
  for (const event of recordedEvents(stream)) view.take(kind, event)
}

function judge(view: ClusterView, namespace: string): Judgement | undefined {
  return checksOf([{ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' }], {
    namespace: 'default',
  })[0]?.judge(view, 0)
}

describe('pods of a workload', () => {
  test('an index without the platform fails the roll-out by its newest pods only', () => {
    const view = createClusterView()
    for (const step of ['good image', "index without the node's platform"]) {
      play(view, 'Deployment', `${step}: watch deployments`)
      play(view, 'ReplicaSet', `${step}: watch replicasets`)
      play(view, 'Pod', `${step}: watch pods`)
    }
    expect(judge(view, 'demo-real-roll')).toMatchObject({
      is: 'failed',
      problems: [{ trouble: { cause: 'noPlatform', isFatal: true } }],
    })
  })

  test('going back is not failed by the pods that it replaces, whichever watch is faster', () => {
    const view = createClusterView()
    for (const step of ['first rollout', 'new image', 'image missing, deadline of 4 s']) {
      play(view, 'Deployment', `${step}: watch deployments`)
      play(view, 'ReplicaSet', `${step}: watch replicasets`)
      play(view, 'Pod', `${step}: watch pods`)
    }
    expect(judge(view, 'demo-roll')?.is).toBe('failed')
    const verdicts: string[] = []
    for (const event of recordedEvents('back to the image before: watch deployments')) {
      view.take('Deployment', event)
      verdicts.push(judge(view, 'demo-roll')?.is ?? '')
    }
    expect(verdicts).toEqual(['waiting', 'waiting', 'waiting', 'ready', 'ready'])
  })

  test('an object that disappears has failed', () => {
    expect(judge(createClusterView(), 'demo-roll')).toMatchObject({ is: 'failed', message: 'it was deleted' })
  })
})

test('a pod that was changed in place may go on failing for a moment', () => {
  const object = structuredClone(recordedPod('container that exits with 3'))
  Object.assign(object.metadata, { generation: 2 })
  Object.assign(object['status'] as object, { observedGeneration: 2 })
  const view = createClusterView()
  view.take('Pod', { type: 'ADDED', object })
  const [check] = checksOf([{ apiVersion: 'v1', kind: 'Pod', namespace: 'demo-real', name: 'exit3' }], {
    namespace: 'default',
  })
  expect([0, 1_000, 2_999, 3_000].map((now) => check?.judge(view, now).is)).toEqual([
    'waiting',
    'waiting',
    'waiting',
    'failed',
  ])
})

test('names are as Skaffold writes them, and pods that stand alone are one line', () => {
  const refs = [
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' },
    { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'dev', name: 'agent' },
    { apiVersion: 'v1', kind: 'Pod', name: 'one' },
    { apiVersion: 'v1', kind: 'Pod', name: 'two' },
    { apiVersion: 'v1', kind: 'Service', name: 'web' },
    { apiVersion: 'example.com/v1', kind: 'Deployment', name: 'other' },
  ]
  expect(checksOf(refs, { namespace: 'default' }).map(({ label }) => label)).toEqual([
    'deployment/web',
    'dev:daemonset/agent',
    'pods',
  ])
})

test.each([
  [600_000, '10m0s'],
  [4_000, '4s'],
  [1_500, '1.5s'],
  [3_600_000, '1h0m0s'],
  [90_000, '1m30s'],
])('%i ms is %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text)
})
