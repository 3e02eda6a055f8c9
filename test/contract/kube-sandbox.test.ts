import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteResources, deployResources } from '../../src/deploy/index.ts'
import type { Event } from '../../src/events/index.ts'
import { openKube, waitForObject, type KubeClient, type KubeObject, type ObjectRef } from '../../src/kube/index.ts'
import { parseResources, type ResourceObject } from '../../src/resource/index.ts'
import { followLogs, podPlacements, waitUntilStable } from '../../src/status/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { sleeper, startTestSandbox, type TestSandbox } from '../support/sandbox.ts'

let sandbox: TestSandbox
let client: KubeClient

beforeAll(async () => {
  // a machine on which none of these programs runs: what is tested here does not depend on the host
  sandbox = await startTestSandbox('2xlinux/amd64,1xlinux/arm64', { host: { os: 'linux', architecture: 's390x' } })
  client = await open()
  await sandbox.push('web:1', [sleeper('amd64'), sleeper('arm64')])
  await sandbox.push('web:2', [sleeper('amd64'), sleeper('arm64')])
  await sandbox.push('arm:1', [sleeper('arm64'), sleeper('s390x')])
  await sandbox.push('amd:1', [sleeper('amd64')])
})

afterAll(async () => {
  await client.close()
  await sandbox.close()
})

async function open(options: { kubeconfig?: string; namespace?: string } = {}): Promise<KubeClient> {
  return openKube({ env: {}, runProcess, kubeconfig: sandbox.kubeconfigPath, ...options })
}

function objects(text: string): readonly ResourceObject[] {
  return parseResources(text.replaceAll('REGISTRY', sandbox.registry), 'test.yaml').map(({ object }) => object)
}

const signal = new AbortController().signal

async function deploy(text: string, to: KubeClient = client): Promise<{ refs: readonly ObjectRef[]; lines: string[] }> {
  const lines: string[] = []
  const emit = (event: Event): void => {
    if (event.type === 'resourceApplied') lines.push(`${event.resource} ${event.action}`)
  }
  const deployed = await deployResources(to, { objects: objects(text), emit, signal })
  return { refs: deployed.map(({ ref }) => ref), lines }
}

async function stabilize(refs: readonly ObjectRef[], deadlineMs = 20_000): Promise<Event[]> {
  const events: Event[] = []
  const emit = (event: Event): void => void events.push(event)
  await waitUntilStable(client, { objects: refs, deadlineMs, tolerateFailures: false, emit, signal, now: Date.now })
  return events
}

function conditionsOf(object: KubeObject | undefined): readonly object[] {
  return ((object?.['status'] ?? {}) as { conditions?: readonly object[] }).conditions ?? []
}

function deployment(name: string, image: string, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers: [{name: c, image: REGISTRY/${image}}]
      ${more}
`
}

describe('a client of the sandbox', () => {
  test('reads the kubeconfig that it wrote', async () => {
    expect(client).toMatchObject({ context: 'catamaran-sandbox', namespace: 'default', server: sandbox.server })
    const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' })
    expect(nodes.map(({ metadata }) => metadata.labels?.['kubernetes.io/arch'] ?? '').toSorted()).toEqual([
      'amd64',
      'amd64',
      'arm64',
    ])
  })

  test('with a wrong token is told to log in', async () => {
    const kubeconfig = join(sandbox.folder, 'wrong')
    const text = await readFile(sandbox.kubeconfigPath, 'utf8')
    await writeFile(kubeconfig, text.replace(/token: .*/, 'token: wrong'))
    const stranger = await open({ kubeconfig })
    await expect(stranger.list({ apiVersion: 'v1', kind: 'Pod' })).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' })
    await stranger.close()
  })

  test('which does not trust the certificate is told what to do', async () => {
    const kubeconfig = join(sandbox.folder, 'untrusted')
    const text = await readFile(sandbox.kubeconfigPath, 'utf8')
    await writeFile(kubeconfig, text.replace(/.*certificate-authority-data: .*\n/, ''))
    const stranger = await open({ kubeconfig })
    await expect(stranger.list({ apiVersion: 'v1', kind: 'Pod' })).rejects.toMatchObject({
      code: 'KUBE_CERTIFICATE',
      hint: expect.stringContaining('certificate-authority-data'),
    })
    await stranger.close()
    await writeFile(kubeconfig, text.replace(/certificate-authority-data: .*/, 'insecure-skip-tls-verify: true'))
    const careless = await open({ kubeconfig })
    expect(await careless.list({ apiVersion: 'v1', kind: 'Node' })).toHaveLength(3)
    await careless.close()
  })
})

const everything = `
apiVersion: example.com/v1
kind: Boat
metadata: {name: cat, namespace: fleet}
spec: {hulls: 2}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: fleet}
spec:
  containers: [{name: c, image: REGISTRY/web:1}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: fleet}
data: {a: "1"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Boat, plural: boats, singular: boat}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: v1
kind: Namespace
metadata: {name: fleet}
`

describe('deploying', () => {
  test('goes in the order in which objects need each other, whatever the order of the files', async () => {
    const first = await deploy(everything)
    expect(first.lines).toEqual([
      'namespace/fleet created',
      'customresourcedefinition.apiextensions.k8s.io/boats.example.com created',
      'configmap/settings created',
      'pod/alone created',
      'boat.example.com/cat created',
    ])
    expect(first.refs[0]).toEqual({ apiVersion: 'v1', kind: 'Namespace', name: 'fleet' })
    expect(first.refs[2]).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace: 'fleet' })
    const again = await deploy(everything.replace('a: "1"', 'a: "2"'))
    expect(again.lines.filter((line) => !line.startsWith('customresource'))).toEqual([
      'namespace/fleet unchanged',
      'configmap/settings configured',
      'pod/alone unchanged',
      'boat.example.com/cat unchanged',
    ])
    const boat = await client.get({ apiVersion: 'example.com/v1', kind: 'Boat', name: 'cat', namespace: 'fleet' })
    expect(boat).toMatchObject({ spec: { hulls: 2 } })
  })

  test('fills in the namespace of the client', async () => {
    const fleet = await open({ namespace: 'fleet' })
    const { refs } = await deploy('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n', fleet)
    expect(refs).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', name: 'here', namespace: 'fleet' }])
    await fleet.close()
  })

  test('fields of another manager are not taken, unless asked for', async () => {
    const object = objects('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: "1"}\n')[0]
    if (object === undefined) throw new Error('no object')
    await client.apply(object, { fieldManager: 'other' })
    const changed = { ...object, data: { a: '2' } }
    const request = { objects: [changed], emit: () => {}, signal }
    await expect(deployResources(client, request)).rejects.toMatchObject({
      code: 'KUBE_CONFLICT',
      message: expect.stringContaining('conflict with "other" over data.a'),
    })
    const events: Event[] = []
    const emit = (event: Event): void => void events.push(event)
    expect(await deployResources(client, { ...request, emit, recreate: true })).toMatchObject([
      { action: 'configured' },
    ])
    expect(events[0]).toEqual({ type: 'info', text: 'configmap/shared: fields of "other" are taken over' })
    const { uid } = (await client.apply(changed, { fieldManager: 'other' })).object.metadata
    const again = { ...request, objects: [{ ...object, data: { a: '3' } }], force: true }
    expect(await deployResources(client, again)).toMatchObject([{ action: 'configured' }])
    expect(await client.get({ ...object, name: 'shared' })).toMatchObject({ metadata: { uid }, data: { a: '3' } })
  })

  test('fields that kubectl apply wrote are taken over, and that is said', async () => {
    const object = objects('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: adopted}\ndata: {a: "1"}\n')[0]
    if (object === undefined) throw new Error('no object')
    await client.apply(object, { fieldManager: 'kubectl-client-side-apply' })
    const events: Event[] = []
    const changed = { ...object, data: { a: '2' } }
    await deployResources(client, { objects: [changed], emit: (event) => void events.push(event), signal })
    expect(events).toEqual([
      { type: 'info', text: expect.stringContaining('configmap/adopted was deployed by "kubectl apply"') },
      { type: 'resourceApplied', resource: 'configmap/adopted', action: 'configured' },
    ])
  })

  test('a name is needed before anything is written', async () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\napiVersion: v1\nkind: Pod\nmetadata: {generateName: p-}\n'
    await expect(deploy(text)).rejects.toMatchObject({ code: 'RESOURCE_INVALID' })
    expect(await client.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'first' })).toBeUndefined()
  })

  test('what fails is said, what went with it is reported', async () => {
    const text = `${deployment('good', 'web:1')}---\n${deployment('bad', 'web:1').replace('replicas: 2', 'replicas: -1')}`
    const lines: string[] = []
    const emit = (event: Event): void => {
      if (event.type === 'resourceApplied') lines.push(event.resource)
    }
    await expect(deployResources(client, { objects: objects(text), emit, signal })).rejects.toMatchObject({
      code: 'KUBE_INVALID',
      message: expect.stringContaining('spec.replicas'),
    })
    expect(lines).toEqual(['deployment.apps/good'])
  })
})

describe('becoming stable', () => {
  test('a roll-out and the next one, with where its pods are', async () => {
    const first = await deploy(deployment('web', 'web:1'))
    expect((await stabilize(first.refs)).filter(({ type }) => type === 'resourceReady')).toEqual([
      { type: 'resourceReady', resource: 'deployment/web', remaining: 0, total: 1 },
    ])
    const second = await deploy(deployment('web', 'web:2', 'nodeSelector: {kubernetes.io/arch: arm64}'))
    expect(second.lines).toEqual(['deployment.apps/web configured'])
    await stabilize(second.refs)
    const placements = await podPlacements(client, { objects: second.refs, signal })
    expect(placements).toHaveLength(2)
    for (const placement of placements) {
      expect(placement).toMatchObject({ namespace: 'default', platform: 'linux/arm64', phase: 'Running' })
    }
  })

  test('bare pods are one line', async () => {
    const { refs } = await deploy(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: c, image: REGISTRY/web:1}]}\n',
    )
    expect((await stabilize(refs)).slice(0, 2)).toEqual([
      { type: 'statusStarted' },
      { type: 'resourceReady', resource: 'pods', remaining: 0, total: 1 },
    ])
  })

  test('a node whose platform the image lacks fails it at once', async () => {
    const { refs } = await deploy(deployment('lacks', 'arm:1', 'nodeSelector: {kubernetes.io/arch: amd64}'))
    await expect(stabilize(refs)).rejects.toMatchObject({
      code: 'STATUS_FAILED',
      message: expect.stringMatching(/deployment\/lacks: container c .*no match for platform.*which is linux\/amd64/),
      hint: expect.stringContaining('--platform'),
    })
  })

  test('a program of another architecture is called by its name', async () => {
    const { refs } = await deploy(deployment('foreign', 'amd:1', 'nodeSelector: {kubernetes.io/arch: arm64}'))
    await expect(stabilize(refs)).rejects.toMatchObject({
      code: 'STATUS_FAILED',
      message: expect.stringMatching(
        /exec format error: its program is for another architecture than node .*linux\/arm64/,
      ),
    })
  })

  test('a Job of another architecture ends: failed for a wrong program, done for one that is not executed', async () => {
    const job = (name: string, image: string): string => `apiVersion: batch/v1
kind: Job
metadata: {name: ${name}}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {kubernetes.io/arch: arm64}
      containers: [{name: c, image: REGISTRY/${image}}]
`
    await deploy(`${job('wrong-program', 'amd:1')}---\n${job('not-executed', 'web:1')}`)
    const ended = async (name: string): Promise<unknown> => {
      const ref = { apiVersion: 'batch/v1', kind: 'Job', name }
      const isOver = (object: KubeObject | undefined): boolean => conditionsOf(object).length > 0
      await waitForObject(client, { ref, isDone: isOver }, { timeoutMs: 60_000, signal })
      return conditionsOf(await client.get(ref)).at(-1)
    }
    expect(await ended('wrong-program')).toMatchObject({ type: 'Failed', reason: 'BackoffLimitExceeded' })
    expect(await ended('not-executed')).toMatchObject({ type: 'Complete', reason: 'CompletionsReached' })
  })

  test('what the namespace forbids pods is why a workload has none', async () => {
    const namespace = `apiVersion: v1
kind: Namespace
metadata: {name: secured, labels: {pod-security.kubernetes.io/enforce: baseline}}
`
    const workload = deployment('privileged', 'web:1', 'hostNetwork: true')
    const { refs } = await deploy(`${namespace}---\n${workload.replace('{name: ', '{namespace: secured, name: ')}`)
    await expect(stabilize(refs, 3_000)).rejects.toMatchObject({
      message: expect.stringMatching(
        /pods "privileged-\S+" is forbidden: violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)/,
      ),
    })
  })

  test('a pod that no node takes is waited for until the deadline', async () => {
    const { refs } = await deploy(deployment('nowhere', 'web:1', 'nodeSelector: {kubernetes.io/arch: s390x}'))
    await expect(stabilize(refs, 3_000)).rejects.toMatchObject({
      code: 'STATUS_DEADLINE',
      message: expect.stringContaining(
        "3 node(s) didn't match Pod's node affinity/selector (nodeSelector kubernetes.io/arch=s390x excludes all 3 nodes)",
      ),
    })
  })

  test('logs of a workload are those of its pods', async () => {
    const { refs } = await deploy(deployment('talks', 'web:1'))
    await stabilize(refs)
    const lines: string[] = []
    const emit = (event: Event): void => {
      if (event.type === 'log') lines.push(`${event.container}: ${event.text}`)
    }
    await followLogs(client, { namespaces: ['default'], objects: refs, emit, signal, once: true })
    expect(lines).toEqual(['c: sandbox: not executed', 'c: sandbox: not executed'])
  })
})

describe('deleting', () => {
  test('a dry run deletes nothing; then all is gone, and nothing is left to do', async () => {
    const text = `${deployment('gone', 'web:1')}---\napiVersion: v1\nkind: Service\nmetadata: {name: gone}\nspec: {selector: {app: gone}, ports: [{port: 80}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: never-there}\n`
    const { refs } = await deploy(text.split('---\n').slice(0, 2).join('---\n'))
    const events: Event[] = []
    const request = { objects: objects(text), emit: (event: Event) => void events.push(event), signal }
    expect(await deleteResources(client, { ...request, dryRun: true })).toEqual([
      'deployment.apps/gone',
      'service/gone',
    ])
    expect(await client.get(refs[0] ?? { apiVersion: 'v1', kind: 'Pod', name: 'x' })).toBeDefined()
    events.length = 0
    expect(await deleteResources(client, request)).toEqual(['deployment.apps/gone', 'service/gone'])
    expect(events).toEqual([
      { type: 'resourceDeleted', resource: 'deployment.apps "gone"' },
      { type: 'resourceDeleted', resource: 'service "gone"' },
    ])
    for (const ref of refs) expect(await client.get(ref)).toBeUndefined()
    expect(await deleteResources(client, request)).toEqual([])
  })

  test('custom objects, their definition and their namespace go together', async () => {
    const names = await deleteResources(client, { objects: objects(everything), emit: () => {}, signal })
    expect(names.toSorted()).toEqual([
      'boat.example.com/cat',
      'configmap/settings',
      'customresourcedefinition.apiextensions.k8s.io/boats.example.com',
      'namespace/fleet',
      'pod/alone',
    ])
    const later = await open()
    await expect(later.isNamespaced({ apiVersion: 'example.com/v1', kind: 'Boat' })).rejects.toMatchObject({
      code: 'KUBE_UNKNOWN_KIND',
    })
    await later.close()
  })
})
