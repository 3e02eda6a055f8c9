import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { openKube, type KubeClient } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { pushImages } from '../support/push-image.ts'
import { tinyElf } from '../support/tiny-elf.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** Configurations that name clusters of their own are deployed there, as Skaffold does it. */

interface Kubeconfig {
  readonly clusters: { readonly cluster: object }[]
  readonly users: { readonly user: object }[]
}

let bench: Workbench
let image: string
let clients: Readonly<Record<'east' | 'west', KubeClient>>

beforeAll(async () => {
  bench = await createWorkbench()
  const east = await bench.sandbox('1xlinux/amd64')
  const west = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  await bench.write({ kubeconfig: merged({ east, west }) })
  const open = async (context: string): Promise<KubeClient> =>
    openKube({ env: {}, runProcess, kubeconfig: bench.path('kubeconfig'), context })
  clients = { east: await open('east'), west: await open('west') }
  image = `${west.registry}/app:1`
  const program = tinyElf({ architecture: 'amd64', message: 'hello', afterwards: 'sleep' })
  await pushImages(image, [{ architecture: 'amd64', entrypoint: ['/app'], files: { app: program } }])
  await bench.write({
    'skaffold.yaml': ['east', 'west'].map(configOf).join('---\n'),
    'east.yaml': `${configMap('east')}---\n${deployment()}`,
    'west.yaml': `${configMap('west')}---\n${deployment()}`,
  })
})

afterAll(async () => {
  await Promise.all(Object.values((clients as typeof clients | undefined) ?? {}).map(async (one) => one.close()))
  await (bench as Workbench | undefined)?.close()
})

/** One file with a context per cluster; `east` is the current one. */
function merged(sandboxes: Readonly<Record<string, SandboxProcess>>): string {
  const entries = Object.entries(sandboxes).map(([name, { kubeconfig }]) => {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
    return { name, cluster: clusters[0]?.cluster, user: users[0]?.user }
  })
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(({ name, cluster }) => ({ name, cluster })),
    users: entries.map(({ name, user }) => ({ name, user })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    'current-context': 'east',
  })
}

function configOf(name: string): string {
  return `apiVersion: skaffold/v4beta13
kind: Config
metadata: {name: ${name}}
manifests: {rawYaml: ['${name}.yaml']}
deploy: {kubeContext: ${name}, kubectl: {}}
`
}

function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
}

function deployment(): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "${image}"}]}
`
}

/** The ConfigMaps of the project that a cluster has. */
async function mapsOf(client: KubeClient): Promise<readonly string[]> {
  const maps = await client.list({ apiVersion: 'v1', kind: 'ConfigMap' })
  return maps.map(({ metadata }) => metadata.name).filter((name) => name === 'east' || name === 'west')
}

const flag = (): string => `--kubeconfig=${bench.path('kubeconfig')}`

describe('several clusters in one configuration', () => {
  test('each gets its own, with rules for its own nodes, and is cleaned', async () => {
    const run = await bench.run(['run', flag(), '--status-check=false'])
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('Deploying to the cluster of context west')
    expect(await mapsOf(clients.east)).toEqual(['east'])
    expect(await mapsOf(clients.west)).toEqual(['west'])
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
    const ruled = { spec: { template: { spec: { affinity: { nodeAffinity: expect.anything() as unknown } } } } }
    expect(await clients.west.get(web)).toMatchObject(ruled)
    expect(await clients.east.get(web)).not.toMatchObject(ruled)
    const gone = await bench.run(['delete', flag()])
    expect(gone.code, gone.output).toBe(0)
    expect([...(await mapsOf(clients.east)), ...(await mapsOf(clients.west))]).toEqual([])
  })

  test('--kube-context sends all to one', async () => {
    const run = await bench.run(['run', flag(), '--kube-context=east', '--status-check=false'])
    expect(run.code, run.output).toBe(0)
    expect(await mapsOf(clients.east)).toEqual(['east', 'west'])
    expect(await mapsOf(clients.west)).toEqual([])
    await bench.run(['delete', flag(), '--kube-context=east'])
  })

  test.each([['dev'], ['run', '--tail']])('%s is refused for more than one', async (...command) => {
    const refused = await bench.run([...command, flag()])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('cannot be used with the clusters east, west at once')
    const one = await bench.run(['deploy', flag(), '--module=west', '--status-check=false'])
    expect(one.code, one.output).toBe(0)
    expect(await mapsOf(clients.west)).toEqual(['west'])
    await bench.run(['delete', flag(), '--module=west'])
  })
})
