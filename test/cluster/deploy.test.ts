import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/kube/index.ts'
import { openTestTarget, type TestTarget } from '../support/test-cluster.ts'

/**
 * Runs in any cluster: what needs nodes of an architecture that the cluster lacks, or nodes that are machines, is about the
 * objects only, or skipped with the reason.
 */

let target: TestTarget

beforeAll(async () => {
  target = await openTestTarget()
})

afterAll(async () => {
  await (target as TestTarget | undefined)?.close()
})

const config = `apiVersion: skaffold/v4beta13
kind: Config
manifests: {rawYaml: ['k8s/*.yaml']}
deploy: {kubectl: {HOOKS}}
`

/** A project whose manifests are these, and nothing else. */
async function project(folder: string, manifests: string, hooks = ''): Promise<string> {
  await target.bench.write({
    [`${folder}/skaffold.yaml`]: config.replace('HOOKS', hooks),
    [`${folder}/k8s/all.yaml`]: manifests,
  })
  return `--filename=${folder}/skaffold.yaml`
}

function deployment(name: string, image: string, more = ''): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "${image}"}]
${more}`
}

const service = `---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

function pod(image: string): string {
  return `---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: "${image}"}]
`
}

/** Architectures that the node affinity of a pod spec allows; undefined without a rule. */
function allowed(object: KubeObject | undefined): readonly string[] | undefined {
  const found = [
    ...JSON.stringify(object?.['spec'] ?? {}).matchAll(
      /"key":"kubernetes.io\/arch","operator":"In","values":\[([^\]]*)\]/g,
    ),
  ]
  return found.length === 0
    ? undefined
    : found.flatMap(([, list = '']) => list.replaceAll('"', '').split(',')).toSorted()
}

async function podsOf(namespace: string, app: string): Promise<readonly KubeObject[]> {
  return target.client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: `app=${app}` })
}

async function architectureOf(podObject: KubeObject | undefined): Promise<string | undefined> {
  const { nodeName } = (podObject?.['spec'] ?? {}) as { nodeName?: string }
  if (nodeName === undefined) return undefined
  const node = await target.client.get({ apiVersion: 'v1', kind: 'Node', name: nodeName })
  return node?.metadata.labels?.['kubernetes.io/arch']
}

describe('placement', () => {
  test('two Deployments of different platforms in one configuration get a rule each', async () => {
    const namespace = await target.namespace()
    const { amd64, arm64 } = target.images
    const file = await project('two', deployment('intel', amd64) + deployment('arm', arm64))
    const { running, hasControllers } = target.abilities
    const hasBoth = running.has('amd64') && running.has('arm64') && hasControllers
    // a mixed cluster needs no flag for it
    const forced = target.abilities.nodes.size > 1 ? [] : ['--enable-platform-node-affinity']
    const args = [...forced, `--status-check=${hasBoth}`]
    const run = await target.run(namespace, ['deploy', file, ...args])
    expect(run.code, run.output).toBe(0)
    expect(allowed(await target.get(namespace, 'Deployment', 'intel'))).toEqual(['amd64'])
    expect(allowed(await target.get(namespace, 'Deployment', 'arm'))).toEqual(['arm64'])
    if (!hasBoth) return
    expect(await architectureOf((await podsOf(namespace, 'intel'))[0])).toBe('amd64')
    expect(await architectureOf((await podsOf(namespace, 'arm'))[0])).toBe('arm64')
  })

  test('a Pod beside a Deployment and a Service: each pod spec gets its rule, the Service none', async () => {
    const namespace = await target.namespace()
    const { both, amd64 } = target.images
    const file = await project('beside', deployment('web', both) + service + pod(amd64))
    const isWaited = target.abilities.running.has('amd64') && target.abilities.hasControllers
    const forced = target.abilities.nodes.size > 1 ? [] : ['--enable-platform-node-affinity']
    const args = [...forced, `--status-check=${isWaited}`]
    const run = await target.run(namespace, ['deploy', file, ...args])
    expect(run.code, run.output).toBe(0)
    expect(allowed(await target.get(namespace, 'Deployment', 'web'))).toEqual(['amd64', 'arm64'])
    expect(allowed(await target.get(namespace, 'Pod', 'alone'))).toEqual(['amd64'])
    expect(await target.get(namespace, 'Service', 'web')).not.toHaveProperty('spec.affinity')
    const deployed = await target.get(namespace, 'Deployment', 'web')
    expect(deployed).not.toHaveProperty('spec.affinity')
  })

  test('a rule of the user that excludes every platform of the image is refused, or warned of', async () => {
    const namespace = await target.namespace()
    const selector = '      nodeSelector: {kubernetes.io/arch: arm64}\n'
    const file = await project('conflict', deployment('web', target.images.amd64, selector))
    const affinity = '--enable-platform-node-affinity'
    const refused = await target.run(namespace, ['deploy', file, affinity])
    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(/error PLACEMENT_CONFLICT.*deployment\.apps\/web/)
    expect(await target.get(namespace, 'Deployment', 'web')).toBeUndefined()
    const warned = await target.run(namespace, [
      'deploy',
      file,
      affinity,
      '--on-platform-conflict=warn',
      '--status-check=false',
    ])
    expect(warned.code, warned.output).toBe(0)
    expect(warned.output).toMatch(/WARN .*deployment\.apps\/web.*it is left as it is/)
  })
})

describe('deploying', () => {
  test('a pod says where it landed, and a second time only the label of the run changes', async (context) => {
    target.needs(context, 'running pods')
    const namespace = await target.namespace()
    const file = await project('again', deployment('web', target.images.both) + service)
    const first = await target.run(namespace, ['deploy', file])
    expect(first.code, first.output).toBe(0)
    expect(first.output).toContain('deployment.apps/web created')
    expect(first.output).toMatch(/pod web-\S+ runs on \S+ \(linux\/\w+\)/)
    const before = await target.get(namespace, 'Service', 'web')
    const second = await target.run(namespace, ['deploy', file, '--format=json'])
    expect(second.code, second.output).toBe(0)
    const after = await target.get(namespace, 'Service', 'web')
    expect(after?.['spec']).toEqual(before?.['spec'])
    expect(after?.metadata.uid).toBe(before?.metadata.uid)
    expect(after?.metadata.labels).not.toEqual(before?.metadata.labels)
  })

  test('hooks run around it, with what it is about in their environment', async () => {
    const namespace = await target.namespace()
    const say = (word: string): string =>
      `[{host: {command: ["${process.execPath}", "-e", "console.log('${word} in', process.env.SKAFFOLD_NAMESPACES)"]}}]`
    const file = await project('hooks', service, `hooks: {before: ${say('before')}, after: ${say('after')}}`)
    const run = await target.run(namespace, ['deploy', file])
    expect(run.code, run.output).toBe(0)
    const lines = run.output.split('\n').filter((line) => /hooks|before|after|service\/web/.test(line))
    expect(lines.map((line) => line.replaceAll(namespace, 'NS').trim())).toEqual([
      'Starting pre-deploy hooks...',
      expect.stringMatching(/^before in (?:default,)?NS$|^before in NS/) as string,
      'Completed pre-deploy hooks',
      '- service/web created',
      'Starting post-deploy hooks...',
      expect.stringMatching(/^after in /) as string,
      'Completed post-deploy hooks',
    ])
  })

  test('what cannot be changed is refused, and made anew with --force', async (context) => {
    target.needs(context, 'controllers', 'deletion of pods')
    const namespace = await target.namespace()
    const before = deployment('web', target.images.both)
    await target.run(namespace, ['deploy', await project('force', before), '--status-check=false'])
    const file = await project('force', before.replaceAll('app: web', 'app: other'))
    const refused = await target.run(namespace, ['deploy', file, '--status-check=false'])
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('spec.selector')
    const forced = await target.run(namespace, ['deploy', file, '--status-check=false', '--force'])
    expect(forced.code, forced.output).toBe(0)
    expect(await target.get(namespace, 'Deployment', 'web')).toMatchObject({
      spec: { selector: { matchLabels: { app: 'other' } } },
    })
  })

  test('--prune takes away what the manifests have no more', async () => {
    const namespace = await target.namespace()
    const map = (name: string): string => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
    const label = '--label=team=prune-test'
    await target.run(namespace, ['deploy', await project('prune', map('stays') + map('goes')), label])
    const run = await target.run(namespace, ['deploy', await project('prune', map('stays')), label, '--prune'])
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('configmap "goes" deleted')
    expect(await target.get(namespace, 'ConfigMap', 'stays')).toBeDefined()
    expect(await target.get(namespace, 'ConfigMap', 'goes')).toBeUndefined()
  })

  test('an image without the node’s platform is diagnosed', async (context) => {
    target.needs(context, 'running pods', 'real nodes')
    const [own] = target.abilities.running
    const other = own === 'amd64' ? target.images.arm64 : target.images.amd64
    const namespace = await target.namespace()
    const selector = `      nodeSelector: {kubernetes.io/arch: ${own ?? ''}}\n`
    const file = await project('wrong', deployment('web', other, selector))
    const run = await target.run(namespace, ['deploy', file, '--enable-platform-node-affinity=false'])
    context.skip(run.code === 0, `the ${own ?? ''} nodes of the cluster run programs of other architectures`)
    expect(run.code).toBe(1)
    expect(run.output).toMatch(/error STATUS_FAILED/)
    expect(run.output).toMatch(/exec format error|no match for platform/)
  })
})

describe('deleting', () => {
  test('takes the pods too, and what an earlier manifest of the same run had', async (context) => {
    target.needs(context, 'controllers', 'deletion of pods')
    const namespace = await target.namespace()
    const map = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-a1b2}\n'
    const before = await project('delete', deployment('web', target.images.both) + map)
    const isWaited = target.abilities.running.size > 0
    const made = await target.run(namespace, ['deploy', before, `--status-check=${isWaited}`])
    expect(made.code, made.output).toBe(0)
    const file = await project('delete', deployment('web', target.images.both))
    const run = await target.run(namespace, ['delete', file])
    expect(run.code, run.output).toBe(0)
    expect(await target.get(namespace, 'Deployment', 'web')).toBeUndefined()
    expect(await target.get(namespace, 'ConfigMap', 'config-a1b2')).toBeUndefined()
    expect(await podsOf(namespace, 'web')).toEqual([])
  })
})

describe('checking', () => {
  test('says what would crash, in the cluster and in files', async () => {
    const namespace = await target.namespace()
    const manifests = deployment('fine', target.images.both) + deployment('intel', target.images.amd64)
    await target.bench.write({ 'check/all.yaml': manifests })
    const files = await target.run(namespace, ['check', 'check', '--platform=linux/amd64,linux/arm64'])
    expect(files.code, files.output).toBe(1)
    expect(files.stdout).toMatch(/deployment\.apps\/fine +runs +runs +runs/)
    expect(files.stdout).toMatch(/deployment\.apps\/intel +crashes +runs +crashes/)
    expect(files.stdout).toContain('fix: require kubernetes.io/arch in amd64')
    const file = await project('checked', deployment('fine', target.images.both))
    await target.run(namespace, ['deploy', file, '--status-check=false'])
    const cluster = await target.run(namespace, ['check', '--format=json'])
    const { workloads } = JSON.parse(cluster.stdout) as { workloads: readonly { resource: string; verdict: string }[] }
    const { nodes } = target.abilities
    const isKnown = nodes.size > 0 && [...nodes.keys()].every((name) => name === 'amd64' || name === 'arm64')
    expect(workloads).toMatchObject([{ resource: 'deployment.apps/fine', ...(isKnown ? { verdict: 'runs' } : {}) }])
    expect(cluster.code, cluster.output).toBe(workloads[0]?.verdict === 'runs' ? 0 : 1)
  })
})
