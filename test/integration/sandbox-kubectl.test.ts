import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deployResources } from '../../src/deploy/index.ts'
import type { Event } from '../../src/events/index.ts'
import { openKube } from '../../src/kube/index.ts'
import { parseResources } from '../../src/resource/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { hostArchitecture, logOf, sandboxRuns } from '../support/host.ts'
import { sleeper, startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import type { TinyArchitecture } from '../support/tiny-elf.ts'
import { describeWithTools, findTool } from '../support/tools.ts'

const own = hostArchitecture as TinyArchitecture
const other: TinyArchitecture = own === 'arm64' ? 'amd64' : 'arm64'

describeWithTools('kubectl in the sandbox', ['kubectl'], (run) => {
  let sandbox: TestSandbox

  async function kubectl(args: readonly string[], input?: string): Promise<string> {
    const flags = ['--kubeconfig', sandbox.kubeconfigPath]
    const { stdout } = await run('kubectl', [...flags, ...args], input === undefined ? {} : { input })
    return stdout
  }

  async function rows(args: readonly string[]): Promise<readonly (readonly string[])[]> {
    const table = await kubectl(['get', ...args, '-o', 'wide', '--no-headers'])
    return table
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
  }

  async function eventually(check: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 50 && !(await check()); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(await check()).toBe(true)
  }

  beforeAll(async () => {
    sandbox = await startTestSandbox(`2xlinux/${own},1xlinux/${other}`)
    await sandbox.push('both:1', [sleeper(own), sleeper(other)])
    await sandbox.push('both:2', [sleeper(own), sleeper(other)])
    await sandbox.push('own:1', [sleeper(own)])
    await sandbox.push('three:1', [sleeper(own), sleeper('s390x')])
    await sandbox.push('done:1', [{ architecture: own, message: 'done', afterwards: { exit: 0 } }])
  })

  afterAll(async () => sandbox.close())

  function pod(name: string, image: string, more = ''): string {
    return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"},"spec":{"containers":[{"name":"c","image":"${sandbox.registry}/${image}"}]${more}}}`
  }

  function deployment(image: string): string {
    return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "${sandbox.registry}/${image}", ports: [{ containerPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`
  }

  test('get nodes -o wide', async () => {
    const nodes = await rows(['nodes'])
    expect(nodes.map(([name, status]) => [name, status])).toEqual(
      [
        [`sandbox-${own}-1`, 'Ready'],
        [`sandbox-${own}-2`, 'Ready'],
        [`sandbox-${other}-1`, 'Ready'],
      ].toSorted(([one = ''], [two = '']) => (one < two ? -1 : 1)),
    )
  })

  test('apply --server-side, rollout status, get pods -o wide, logs', async () => {
    expect(await kubectl(['apply', '--server-side', '-f', '-'], deployment('both:1'))).toBe(
      'deployment.apps/web serverside-applied\nservice/web serverside-applied\n',
    )
    expect(await kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s'])).toContain('successfully rolled out')
    const pods = await rows(['pods', '-l', 'app=web'])
    expect(pods.map(([, ready, status]) => `${ready} ${status}`)).toEqual(
      Array.from({ length: 3 }, () => '1/1 Running'),
    )
    expect(new Set(pods.map((row) => row[6])).size).toBe(3)
    for (const [name = '', , , , , , node = ''] of pods) {
      const architecture = node.includes(other) ? other : own
      expect(await kubectl(['logs', name])).toBe(`${logOf(architecture, `hello from ${architecture}`)}\n`)
    }
  })

  test('apply in the client finds nothing to change, and rolls to another image', async () => {
    await kubectl(['apply', '-f', '-'], deployment('both:1'))
    expect(await kubectl(['apply', '-f', '-'], deployment('both:1'))).toContain('deployment.apps/web unchanged')
    expect(await kubectl(['apply', '-f', '-'], deployment('both:2'))).toContain('deployment.apps/web configured')
    expect(await kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s'])).toContain('successfully rolled out')
    expect(await kubectl(['rollout', 'history', 'deployment/web'])).toMatch(/^1\s+<none>\n2\s+<none>/m)
    await kubectl(['rollout', 'undo', 'deployment/web'])
    await kubectl(['rollout', 'status', 'deployment/web', '--timeout=30s'])
    const image = await kubectl([
      'get',
      'deployment',
      'web',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].image}',
    ])
    expect(image).toBe(`${sandbox.registry}/both:1`)
  })

  test('what kubectl apply wrote is taken over, so that fields that left the manifest go', async () => {
    const map = (data: object): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'former' }, data })
    await kubectl(['apply', '-f', '-'], map({ stays: '1', goes: '1' }))
    await kubectl(['annotate', 'configmap', 'former', 'other=kept'])
    const client = await openKube({ env: {}, runProcess, kubeconfig: sandbox.kubeconfigPath })
    const events: Event[] = []
    const [object] = parseResources(map({ stays: '2' }), 'map.json')
    if (object === undefined) throw new Error('no object')
    const signal = new AbortController().signal
    await deployResources(client, { objects: [object.object], emit: (event) => void events.push(event), signal })
    await client.close()
    expect(events.map((event) => ('text' in event ? event.text : event.type))).toEqual([
      'configmap/former was deployed by "kubectl apply" or Skaffold before; its fields are taken over',
      'resourceApplied',
    ])
    const got = await kubectl(['get', 'configmap', 'former', '-o', 'json', '--show-managed-fields'])
    const { data, metadata } = JSON.parse(got) as { data: object; metadata: Record<string, unknown> }
    expect(data).toEqual({ stays: '2' })
    expect(metadata['annotations']).toEqual({ other: 'kept' })
    expect(metadata['managedFields']).toMatchObject([
      { manager: 'catamaran', operation: 'Apply' },
      { manager: 'kubectl-annotate', operation: 'Update' },
    ])
  })

  test('scale, describe, explain and get all', async () => {
    await kubectl(['scale', 'deployment/web', '--replicas=1'])
    await eventually(async () => (await rows(['pods', '-l', 'app=web'])).length === 1)
    expect(await kubectl(['describe', 'deployment', 'web'])).toContain('ScalingReplicaSet')
    expect(await kubectl(['get', 'all'])).toMatch(/service\/web\s+ClusterIP\s+10\.96/)
    expect(await kubectl(['explain', 'deployment.spec.strategy'])).toContain('rollingUpdate')
    expect(await kubectl(['api-resources', '--api-group=apps'])).toContain('statefulsets')
  })

  test('an image for another platform only fails as on a real node', async () => {
    const selector = `,"nodeSelector":{"kubernetes.io/arch":"${other}"}`
    await kubectl(['apply', '-f', '-'], pod('no-variant', 'three:1', selector))
    await kubectl(['apply', '-f', '-'], pod('wrong', 'own:1', selector))
    await kubectl(['apply', '-f', '-'], pod('nowhere', 'own:1', ',"nodeSelector":{"kubernetes.io/arch":"s390x"}'))
    const statusOf = async (name: string): Promise<string> => (await rows(['pod', name]))[0]?.[2] ?? ''
    await eventually(async () => (await statusOf('no-variant')) === 'ImagePullBackOff')
    await eventually(async () => (await statusOf('wrong')) === 'CrashLoopBackOff')
    expect(await kubectl(['logs', 'wrong'])).toBe('exec /app: exec format error\n')
    const events = await kubectl(['events', '--types=Warning'])
    expect(events).toMatch(/Failed to pull image ".*three:1": .*no match for platform in manifest sha256:/)
    expect(events).toContain("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")
    expect(await statusOf('nowhere')).toBe('Pending')
  })

  test('a Job, and wait for it', async () => {
    const spec = `{"nodeSelector":{"kubernetes.io/arch":"${own}"},"restartPolicy":"Never","containers":[{"name":"c","image":"${sandbox.registry}/done:1"}]}`
    const job = `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"job"},"spec":{"template":{"spec":${spec}}}}`
    await kubectl(['apply', '-f', '-'], job)
    if (sandboxRuns(own)) {
      await kubectl(['wait', '--for=condition=Complete', 'job/job', '--timeout=30s'])
      expect(await kubectl(['logs', 'job/job'])).toBe('done\n')
    } else {
      await kubectl(['wait', '--for=condition=Ready', 'pod', '-l', 'job-name=job', '--timeout=30s'])
    }
  })

  test('cordon keeps pods away', async () => {
    const node = `sandbox-${other}-1`
    await kubectl(['cordon', node])
    expect((await rows(['node', node]))[0]?.[1]).toBe('Ready,SchedulingDisabled')
    await kubectl(['apply', '-f', '-'], pod('kept-out', 'both:1', `,"nodeSelector":{"kubernetes.io/arch":"${other}"}`))
    await eventually(async () => (await kubectl(['events', '--for=pod/kept-out'])).includes('were unschedulable'))
    await kubectl(['uncordon', node])
    await kubectl(['wait', '--for=condition=Ready', 'pod/kept-out', '--timeout=30s'])
  })

  test('logs -f ends with the pod, and delete waits for it', async () => {
    await kubectl(['apply', '-f', '-'], pod('follow', 'both:1', `,"nodeSelector":{"kubernetes.io/arch":"${own}"}`))
    await kubectl(['wait', '--for=condition=Ready', 'pod/follow', '--timeout=30s'])
    const follower = spawn(findTool('kubectl') ?? '', ['--kubeconfig', sandbox.kubeconfigPath, 'logs', '-f', 'follow'])
    const following = text(follower.stdout)
    // a deleted pod has no log: it must be there when the follower asks for it
    await once(follower.stdout, 'data')
    expect(await kubectl(['delete', 'pod', 'follow'])).toContain('pod "follow" deleted')
    expect(await following).toBe(`${logOf(own, `hello from ${own}`)}\n`)
    expect(await kubectl(['get', 'pod', 'follow', '--ignore-not-found'])).toBe('')
  })

  test('create without a file', async () => {
    await kubectl(['create', 'namespace', 'made'])
    await kubectl(['create', 'configmap', 'c', '-n', 'made', '--from-literal=a=b'])
    expect(await kubectl(['get', 'configmap', 'c', '-n', 'made', '-o', 'jsonpath={.data.a}'])).toBe('b')
    await kubectl(['create', 'deployment', 'd', '-n', 'made', `--image=${sandbox.registry}/both:1`])
    await kubectl(['rollout', 'status', '-n', 'made', 'deployment/d', '--timeout=30s'])
    expect(await kubectl(['auth', 'can-i', 'get', 'pods'])).toBe('yes\n')
    await expect(kubectl(['create', 'role', 'r', '--verb=get', '--resource=pods'])).rejects.toThrow('unknown format')
  })

  describe('namespaces', () => {
    test('are made, used and deleted with what is in them', async () => {
      await kubectl(['apply', '-f', '-'], '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"mine"}}')
      await kubectl(['apply', '-n', 'mine', '-f', '-'], deployment('both:1'))
      await kubectl(['rollout', 'status', '-n', 'mine', 'deployment/web', '--timeout=30s'])
      await kubectl(['delete', 'namespace', 'mine', '--timeout=30s'])
      expect(await kubectl(['get', 'pods', '-n', 'mine'])).toBe('')
    })
  })

  test('a kind that is not there is refused in kubectl’s words', async () => {
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n'
    await expect(kubectl(['apply', '-f', '-'], widget)).rejects.toThrow(
      'no matches for kind "Widget" in version "example.com/v1"',
    )
  })

  test('what is not there is refused in kubectl’s words', async () => {
    await expect(kubectl(['get', 'pod', 'nope'])).rejects.toThrow('pods "nope" not found')
    await expect(kubectl(['exec', 'nope', '--', 'true'])).rejects.toThrow('not found')
    await expect(kubectl(['apply', '-f', '-'], deployment('both:1').replace('replicas', 'replica'))).rejects.toThrow(
      'unknown field "spec.replica"',
    )
  })
})
