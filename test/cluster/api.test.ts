import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { KubeObject } from '../../src/kube/index.ts'
import { openTestTarget, type TestTarget } from '../support/test-cluster.ts'

/** What the rules of the API server and of its controllers mean for deploying; runs in any cluster. */

let target: TestTarget

beforeAll(async () => {
  target = await openTestTarget()
})

afterAll(async () => {
  await (target as TestTarget | undefined)?.close()
})

async function project(folder: string, manifests: string, deploy = '{kubectl: {}}'): Promise<string> {
  await target.bench.write({
    [`${folder}/skaffold.yaml`]: `apiVersion: skaffold/v4beta13\nkind: Config\nmanifests: {rawYaml: ['k8s/*.yaml']}\ndeploy: ${deploy}\n`,
    [`${folder}/k8s/all.yaml`]: manifests,
  })
  return `--filename=${folder}/skaffold.yaml`
}

function workload(kind: string, name: string, { more = '', pod = '' } = {}): string {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1'
  const selector = kind === 'Job' ? '' : `  selector: {matchLabels: {app: ${name}}}\n`
  return `---
apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: ${name}}
spec:
${selector}${more}  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
${kind === 'Job' ? '      restartPolicy: Never\n' : ''}${pod}      containers: [{name: c, image: "${target.images.both}"}]
`
}

const map = (name: string, data = '{}'): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${data}\n`

/** Without which no pod may be made, where no controller makes it. */
function serviceAccount(namespace: string): string {
  return `---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: ${namespace}}\n`
}

describe('applying', () => {
  test('fields of another manager are a conflict that names it, and stay', async () => {
    const namespace = await target.namespace()
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared', namespace },
      data: { a: 'theirs' },
    }
    await target.client.apply(object, { fieldManager: 'somebody-else' })
    const file = await project('conflict', map('shared', '{a: ours}'))
    const run = await target.run(namespace, ['deploy', file])
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/error KUBE_CONFLICT/)
    expect(run.output).toContain('somebody-else')
    expect(await target.get(namespace, 'ConfigMap', 'shared')).toMatchObject({ data: { a: 'theirs' } })
  })

  test('fields of another manager are taken with --force, and the object stays the same', async () => {
    const namespace = await target.namespace()
    const metadata = { name: 'shared', namespace }
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'theirs', b: 'theirs' } }
    const { object } = await target.client.apply(theirs, { fieldManager: 'somebody-else' })
    const run = await target.run(namespace, ['deploy', await project('taken', map('shared', '{a: ours}')), '--force'])
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('configmap/shared: fields of "somebody-else" are taken over')
    expect(await target.get(namespace, 'ConfigMap', 'shared')).toMatchObject({
      metadata: { uid: object.metadata.uid },
      data: { a: 'ours', b: 'theirs' },
    })
  })

  test('a field that does not exist is refused with its name', async () => {
    const namespace = await target.namespace()
    const manifests = `${map('fine')}---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], affinity: {}}\n`
    const run = await target.run(namespace, ['deploy', await project('strict', manifests)])
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/spec\.affinity/)
    expect(await target.get(namespace, 'Service', 'web')).toBeUndefined()
  })

  test('a value that is not allowed is refused with its field', async () => {
    const namespace = await target.namespace()
    const manifests = `---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80000}]}\n`
    const run = await target.run(namespace, ['deploy', await project('invalid', manifests)])
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/error KUBE_INVALID/)
    expect(run.output).toContain('spec.ports[0].port')
  })

  test('a namespace, its bare pod, a new kind and an object of it come in one go', async () => {
    const namespace = await target.namespace()
    const own = target.uniqueName()
    const group = `${own}.example.com`
    target.deleteAtEnd({ apiVersion: 'v1', kind: 'Namespace', name: own })
    const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }
    target.deleteAtEnd({ ...definition, name: `widgets.${group}` })
    const manifests = `apiVersion: ${group}/v1
kind: Widget
metadata: {name: w, namespace: ${own}}
spec: {size: 3}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: ${own}}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "${target.images.both}"}]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ${own}}
${target.abilities.hasControllers ? '' : serviceAccount(own)}`
    const file = await project('together', manifests)
    const run = await target.run(namespace, ['deploy', file, '--status-check=false'])
    expect(run.code, run.output).toBe(0)
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', namespace: own, name: 'w' }
    expect(await target.client.get(widget)).toMatchObject({ spec: { size: 3 } })
    expect(await target.get(own, 'Pod', 'alone')).toBeDefined()
    const again = await target.run(namespace, ['deploy', file, '--status-check=false'])
    expect(again.code, again.output).toBe(0)
    expect(await target.client.get({ ...definition, name: `widgets.${group}` })).toBeDefined()
    const bad = await project(
      'together-bad',
      manifests.replace('size: 3', 'size: many').replace(/---\napiVersion: v1\nkind: Pod[^]*?---/, '---'),
    )
    const refused = await target.run(namespace, ['deploy', bad, '--status-check=false'])
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('spec.size')
  })
})

describe('waiting for workloads', () => {
  test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'Job'])('%s', async (kind) => {
    const namespace = await target.namespace()
    const file = await project(`ready-${kind}`, workload(kind, 'app'))
    const canRun = target.abilities.running.size > 0 && target.abilities.hasControllers
    const run = await target.run(namespace, ['deploy', file, `--status-check=${canRun}`])
    expect(run.code, run.output).toBe(0)
    expect(await target.get(namespace, kind, 'app')).toBeDefined()
    if (!canRun) return
    const pods = await target.client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: 'app=app' })
    expect(pods.length).toBeGreaterThan(0)
  })

  test('a pod that no node may have: the rule and the nodes are named', async (context) => {
    target.needs(context, 'a scheduler', 'controllers')
    const namespace = await target.namespace()
    const pod = '      nodeSelector: {catamaran.example.com/none: here}\n'
    const file = await project(
      'nowhere',
      workload('Deployment', 'app', { pod }),
      '{kubectl: {}, statusCheckDeadlineSeconds: 10}',
    )
    const run = await target.run(namespace, ['deploy', file])
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/error STATUS_(?:FAILED|DEADLINE)/)
    expect(run.output).toMatch(/nodeSelector catamaran\.example\.com\/none=here excludes/)
  })

  test('a quota that forbids the pods is named', async (context) => {
    target.needs(context, 'controllers')
    const namespace = await target.namespace()
    const quota = '---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: none}\nspec: {hard: {pods: "0"}}\n'
    const config = '{kubectl: {}, statusCheckDeadlineSeconds: 10}'
    const first = await target.run(namespace, ['deploy', await project('quota', quota)])
    expect(first.code, first.output).toBe(0)
    const file = await project('quota', quota + workload('Deployment', 'app'), config)
    const run = await target.run(namespace, ['deploy', file])
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/exceeded quota: none/)
  })
})

/** What the node itself says, as its labels may be anything. */
function platformOf({ status }: KubeObject): string {
  const { nodeInfo } = status as { nodeInfo?: { operatingSystem?: string; architecture?: string } }
  return `${nodeInfo?.operatingSystem ?? ''}/${nodeInfo?.architecture ?? ''}`
}

describe('building for the cluster', () => {
  test('exactly the platforms of its nodes are built, and pods land where the image runs', async (context) => {
    const { registry, abilities } = target
    context.skip(registry === undefined, 'there is no registry: pass --registry')
    const namespace = await target.namespace()
    await target.bench.write({
      'built/skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: built}]}
manifests: {rawYaml: ['k8s.yaml']}
`,
      'built/Dockerfile': `FROM ${target.images.both}\nCOPY note /note\n`,
      'built/note': 'hello',
      'built/k8s.yaml': workload('Deployment', 'built').replace(target.images.both, 'built'),
    })
    const nodes = await target.client.list({ apiVersion: 'v1', kind: 'Node' })
    const all = [...new Set(nodes.map(platformOf))].toSorted()
    const isKnown = all.length > 0 && all.every((name) => name === 'linux/amd64' || name === 'linux/arm64')
    context.skip(!isKnown, `the test image is for amd64 and arm64, and the cluster has ${all.join(', ') || 'no nodes'}`)
    const canRun = all.every((name) => abilities.running.has(name.replace('linux/', ''))) && abilities.hasControllers
    const args = ['run', '--filename=built/skaffold.yaml', `--default-repo=${registry ?? ''}`, '--format=json']
    const run = await target.run(namespace, [...args, `--status-check=${canRun}`])
    expect(run.code, run.output).toBe(0)
    const { builds } = JSON.parse(run.stdout) as { builds: readonly { platforms: readonly string[] }[] }
    expect(builds[0]?.platforms.toSorted()).toEqual(all)
  })
})

describe('a cluster that does not answer', () => {
  interface Config {
    readonly clusters: { cluster: { server: string } }[]
    readonly users: { user: object }[]
  }

  /** The kubeconfig of the suite, changed. */
  async function kubeconfig(change: (config: Config) => void): Promise<string> {
    const config = parse(readFileSync(target.kubeconfig, 'utf8')) as Config
    change(config)
    const name = `kubeconfig-${target.uniqueName()}`
    await target.bench.write({ [name]: stringify(config) })
    return `--kubeconfig=${target.bench.path(name)}`
  }

  test.each<[string, (config: Config) => void, RegExp]>([
    [
      'a login that is not valid',
      ({ users }) => users.forEach((user) => (user.user = { token: 'expired' })),
      /error KUBE_(?:UNAUTHORIZED|FORBIDDEN)/,
    ],
    [
      'a server that is not there',
      ({ clusters }) => clusters.forEach(({ cluster }) => (cluster.server = 'https://127.0.0.1:1')),
      /error KUBE_UNREACHABLE/,
    ],
  ])('%s is said before anything is built', async (_, change, expected) => {
    await target.bench.write({
      'silent/skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {artifacts: [{image: built}]}\n`,
      'silent/Dockerfile': 'FROM scratch\nCOPY note /note\n',
      'silent/note': 'hello',
    })
    const args = ['run', '--filename=silent/skaffold.yaml', '--default-repo=127.0.0.1:1/x', await kubeconfig(change)]
    const run = await target.bench.run(args)
    expect(run.code).toBe(1)
    expect(run.output).toMatch(expected)
    expect(run.output).not.toContain('Building')
  })
})
