import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { clusterReader, type PodObject } from '../../support/cluster.ts'
import { hostArchitecture, logOf, sandboxRuns } from '../../support/host.ts'
import { expectInOrder } from '../../support/lines.ts'
import { registryReader } from '../../support/registry-reader.ts'
import { startRequestLog } from '../../support/request-log.ts'
import { sampleMessage, sampleProject } from '../../support/sample-project.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../../support/workbench.ts'

/** Skaffold's guide for ARM workloads, with catamaran in place of skaffold. */

let bench: Workbench

beforeAll(async () => {
  bench = await createWorkbench()
  await bench.write(sampleProject())
})

afterAll(async () => {
  await bench.close()
})

/** The lines of `dev` up to the container's output. */
function devLines(repo: string, architecture: string): readonly (string | RegExp)[] {
  return [
    'Listing files to watch...',
    ' - skaffold-example',
    'Generating tags...',
    new RegExp(`^ - skaffold-example -> ${repo.replaceAll('.', String.raw`\.`)}/skaffold-example:[\\w.-]+$`),
    'Starting build...',
    'Building [skaffold-example]...',
    `Target platforms: [linux/${architecture}]`,
    'Build [skaffold-example] succeeded',
    'Starting deploy...',
    ' - pod/getting-started created',
    'Waiting for deployments to stabilize...',
    ' - pods is ready.',
    /^Deployments stabilized in [\d.]+ seconds?$/,
    'Press Ctrl+C to exit',
    'Watching for changes...',
    `[getting-started] ${logOf(architecture, sampleMessage(architecture))}`,
  ]
}

const affinityTerm = (architecture: string): object => ({
  matchExpressions: [
    { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
    { key: 'kubernetes.io/arch', operator: 'In', values: [architecture] },
  ],
})

function required(terms: readonly object[]): object {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
}

describe.each([
  ['1', 'amd64'],
  ['2', 'arm64'],
])('step %s: a cluster with linux/%s nodes only', (_, architecture) => {
  test('dev builds for it, deploys, follows the log, and cleans up on Ctrl+C', async () => {
    const sandbox = await bench.sandbox(`2xlinux/${architecture}`)
    const repo = `${sandbox.registry}/guide`
    const dev = startDev(sandbox, [`--default-repo=${repo}`])
    await dev.waitFor(/^\[getting-started\] .*$/m)
    expectInOrder(dev.stdout(), devLines(repo, architecture))
    const reader = clusterReader(sandbox.kubeconfig)
    const [pod] = await reader.pods()
    expect(pod?.spec.affinity).toBeUndefined()
    expect(pod?.spec.containers[0]?.image).toMatch(new RegExp(`^${repo}/skaffold-example:[^@]+@sha256:[0-9a-f]{64}$`))
    dev.signal('SIGINT')
    const { code, stdout } = await dev.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Cleaning up\.\.\.$/m)
    expect(await reader.get('/api/v1/namespaces/default/pods/getting-started')).toBeUndefined()
    sandbox.cli.signal('SIGINT')
    expect((await sandbox.cli.ended).code).toBe(0)
  })
})

test('dev rebuilds and redeploys when a file of the image changes', async () => {
  const sandbox = await bench.sandbox(`1xlinux/${hostArchitecture}`)
  const reader = clusterReader(sandbox.kubeconfig)
  const dev = startDev(sandbox, [`--default-repo=${sandbox.registry}`])
  await dev.waitFor(/Watching for changes\.\.\.[\s\S]*\[getting-started\] /)
  const before = (await reader.pods())[0]?.spec.containers[0]?.image
  await bench.write({ 'greeting.txt': 'Hello again!\n' })
  const after = await reader.until(async () => {
    const images = (await reader.pods()).map(({ spec }) => spec.containers[0]?.image)
    return images.find((image) => image !== before)
  })
  expect(after).toMatch(/@sha256:[0-9a-f]{64}$/)
  await dev.waitFor(/(?:Watching for changes\.\.\.[\s\S]*?\[getting-started\] [\s\S]*){2}/)
  dev.signal('SIGINT')
  expect((await dev.ended).code).toBe(0)
})

describe('step 3: a mixed cluster', () => {
  let sandbox: SandboxProcess

  beforeAll(async () => {
    sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  })

  test('dev --platform=linux/amd64 builds that one and pins the pod to it', async () => {
    const { pod, output } = await devUntilReady(['--platform=linux/amd64'])
    expect(output).toContain('Target platforms: [linux/amd64]')
    expect(pod?.spec.affinity).toEqual(required([affinityTerm('amd64')]))
  })

  test('without --platform dev takes this machine’s own platform if the cluster has it', async () => {
    const architecture = ['amd64', 'arm64'].includes(hostArchitecture) ? hostArchitecture : 'amd64'
    const { pod, output } = await devUntilReady([])
    expect(output).toContain(`Target platforms: [linux/${architecture}]`)
    expect(pod?.spec.affinity).toEqual(required([affinityTerm(architecture)]))
  })

  test('dev takes one platform also when several are asked for', async () => {
    const { output } = await devUntilReady(['--platform=linux/amd64,linux/arm64'])
    expect(output).toMatch(/Target platforms: \[linux\/(?:amd64|arm64)\]/)
  })

  test('run builds for both and the pod may land on either', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const run = await bench.run(['run', `--default-repo=${sandbox.registry}`], call)
    expect(run).toMatchObject({ code: 0 })
    expect(run.stdout).toContain('Target platforms: [linux/amd64,linux/arm64]')
    const [pod] = await clusterReader(sandbox.kubeconfig).pods()
    expect(pod?.spec.affinity).toEqual(required([affinityTerm('amd64'), affinityTerm('arm64')]))
    expect(await bench.run(['delete'], call)).toMatchObject({ code: 0 })
    expect(await clusterReader(sandbox.kubeconfig).pods()).toEqual([])
  })

  async function devUntilReady(args: readonly string[]): Promise<{ pod: PodObject | undefined; output: string }> {
    const dev = startDev(sandbox, [`--default-repo=${sandbox.registry}`, ...args])
    await dev.waitFor('Watching for changes...')
    const [pod] = await clusterReader(sandbox.kubeconfig).pods()
    dev.signal('SIGINT')
    const { code, output } = await dev.ended
    expect(code).toBe(0)
    return { pod, output }
  }
})

describe('steps 5 and 6: multi-platform images', () => {
  let sandbox: SandboxProcess

  beforeAll(async () => {
    sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  })

  test('build pushes by digest, then a tag for each platform, last the index', async () => {
    const log = await startRequestLog(sandbox.registry)
    const args = ['build', '-t', 'latest', `--default-repo=${log.host}/fresh`, '--platform=linux/amd64,linux/arm64']
    const build = await bench.run(args)
    expect(build).toMatchObject({ code: 0 })
    const puts = log.requests.filter((request) => request.startsWith('PUT /v2/fresh/skaffold-example/manifests/'))
    const references = puts.map((request) => request.replace(/^.*\//, ''))
    const byDigest = references.filter((reference) => reference.startsWith('sha256:'))
    expect(new Set(references.slice(0, byDigest.length))).toEqual(new Set(byDigest))
    expect(byDigest.length).toBeGreaterThanOrEqual(2)
    expect(references.slice(byDigest.length, -1).sort()).toEqual(['latest_linux_amd64', 'latest_linux_arm64'])
    expect(references.at(-1)).toBe('latest')
    await log.close()
  })

  test('the index has both platforms, and each tag is its image', async () => {
    const reader = registryReader(sandbox.registry)
    const index = await reader.manifest('fresh/skaffold-example', 'latest')
    const entries = index?.body.manifests ?? []
    expect(entries.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ])
    for (const { platform, digest } of entries) {
      const tagged = await reader.manifest('fresh/skaffold-example', `latest_linux_${platform?.architecture}`)
      expect(tagged?.digest).toBe(digest)
    }
  })

  test('render prints one term per platform and the image by digest', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const args = [
      'render',
      `--default-repo=${sandbox.registry}/fresh`,
      '--enable-platform-node-affinity',
      '-t',
      'latest',
    ]
    const render = await bench.run([...args, '--platform=linux/amd64,linux/arm64'], call)
    expect(render).toMatchObject({ code: 0 })
    const [pod] = parseAllDocuments(render.stdout).map((document) => document.toJS() as PodObject)
    expect(pod?.spec.affinity).toEqual(required([affinityTerm('amd64'), affinityTerm('arm64')]))
    const index = await registryReader(sandbox.registry).manifest('fresh/skaffold-example', 'latest')
    expect(pod?.spec.containers[0]?.image).toBe(`${sandbox.registry}/fresh/skaffold-example:latest@${index?.digest}`)
  })

  test('several platforms without a registry are refused before anything is built', async () => {
    const build = await bench.run(['build', '-t', 'latest', '--platform=linux/amd64,linux/arm64', '--push=false'])
    expect(build.code).toBe(1)
    expect(build.stderr).toMatch(/^error [A-Z_]+: .*registry/m)
    expect(build.stderr).toMatch(/^fix: .*--default-repo/m)
  })
})

test('nothing invents an application’s output', async () => {
  const other = hostArchitecture === 'arm64' ? 'amd64' : 'arm64'
  expect(sandboxRuns(other)).toBe(false)
  const sandbox = await bench.sandbox(`1xlinux/${other}`)
  const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
  expect(await bench.run(['run', `--default-repo=${sandbox.registry}`], call)).toMatchObject({ code: 0 })
  expect((await clusterReader(sandbox.kubeconfig).log('getting-started')).trim()).toBe('sandbox: not executed')
})

function startDev(sandbox: SandboxProcess, args: readonly string[]): ReturnType<Workbench['start']> {
  return bench.start(['dev', ...args], { env: { KUBECONFIG: sandbox.kubeconfig } })
}
