import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { clusterReader, type ClusterReader, type PodObject } from '../support/cluster.ts'
import { expectInOrder } from '../support/lines.ts'
import { pushImages } from '../support/push-image.ts'
import { digestOf, registryReader, type StoredManifest } from '../support/registry-reader.ts'
import { startRequestLog } from '../support/request-log.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'
import { createWorkbench, type CliCall, type SandboxProcess, type Workbench } from '../support/workbench.ts'

const architectures = ['amd64', 'arm64']
let bench: Workbench

beforeAll(async () => {
  bench = await createWorkbench()
  bench.copy(exampleFolder('hello-mixed'))
})

afterAll(async () => {
  await bench.close()
})

test('the demo builds, pushes, deploys, waits, says where each pod landed and why, and ends with 0', async () => {
  const demo = await bench.run(demoArguments())
  expect(demo.code, demo.output).toBe(0)
  expectInOrder(demo.stdout, [
    'Generating tags...',
    /^ - hello-mixed -> 127\.0\.0\.1:\d+\/hello-mixed:[\w.-]+$/,
    'Starting build...',
    'Building [hello-mixed]...',
    'Target platforms: [linux/amd64,linux/arm64]',
    'Build [hello-mixed] succeeded',
    'Starting deploy...',
    'Waiting for deployments to stabilize...',
    /^Deployments stabilized in [\d.]+ seconds?$/,
  ])
  for (const resource of ['daemonset.apps/node-page', 'deployment.apps/web', 'service/web']) {
    expect(demo.stdout).toMatch(new RegExp(`^ - ${resource} created$`, 'm'))
  }
  const placed = [...demo.stdout.matchAll(/^ - pod (\S+) runs on (\S+) \((linux\/\w+)\): \S.*$/gm)]
  expect(placed.map(([, pod = '']) => pod.replace(/-.*/, '')).sort()).toEqual(['node', 'node', 'node', 'web', 'web'])
  expect(new Set(placed.map(([, , , platform]) => platform))).toContain('linux/arm64')
})

test('the recording in the README is what the demo prints', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, recording = ''] = /```text\n(Using the sandbox[\s\S]*?)```/.exec(readme) ?? []
  // nothing is remembered on a new machine
  const demo = await bench.run(demoArguments(), { env: { XDG_CACHE_HOME: bench.path('new-cache') } })
  expect(lastingLines(demo.stdout)).toEqual(lastingLines(recording))
})

/** Lines without what is another every time: ports, tags, names, times; what is waited for depends on the machine. */
function lastingLines(text: string): readonly string[] {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/(HOST\/hello-mixed):[\w.-]+/g, '$1:TAG')
    .replaceAll(/kept in \S+/g, 'kept in FOLDER')
    .replaceAll(/^Pushed .*: sha256:\S+$/gm, 'Pushed')
    .replaceAll(/in [\d.]+ seconds?/g, 'in N seconds')
    .replaceAll(
      /pod (web-\w+-|node-page-)\w+ /g,
      (_, name: string) => `pod ${name.startsWith('web') ? 'web' : 'node-page'} `,
    )
    .replaceAll(/sandbox-amd64-\d/g, 'sandbox-amd64')
    .split('\n')
    .filter((line) => !/^ +- \S+(?: is ready\.|: creating| created$)/.test(line) && line !== '')
    .sort((one, other) => (one < other ? -1 : 1))
}

describe('against a sandbox that stays up', () => {
  let sandbox: SandboxProcess
  let cluster: ClusterReader
  let call: CliCall

  beforeAll(async () => {
    sandbox = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
    cluster = clusterReader(sandbox.kubeconfig)
    call = { env: { KUBECONFIG: sandbox.kubeconfig, SKAFFOLD_DEFAULT_REPO: sandbox.registry } }
  })

  test('what run answers is what registry and cluster have', async () => {
    const run = await bench.run(['run', '-t', 'first', '--format=json'], call)
    expect(run.code, run.output).toBe(0)
    const answer = JSON.parse(run.stdout) as RunAnswer
    const index = await expectIndex(sandbox.registry, 'first')
    expect(answer.builds).toMatchObject([
      {
        imageName: 'hello-mixed',
        tag: `${sandbox.registry}/hello-mixed:first@${index.digest}`,
        digest: index.digest,
        platforms: ['linux/amd64', 'linux/arm64'],
      },
    ])
    const [pods, nodes] = [await cluster.pods(), await cluster.nodeArchitectures()]
    expect(pods).toHaveLength(5)
    const seen = pods.map((pod) => ({
      pod: pod.metadata.name,
      node: pod.spec.nodeName,
      platform: platformOf(pod, nodes),
    }))
    expect(sortByPod(answer.pods.map(({ pod, node, platform }) => ({ pod, node, platform })))).toEqual(sortByPod(seen))
    expect(new Set(answer.pods.map(({ node }) => node))).toEqual(new Set(nodes.keys()))
  })

  test('each node pulled its own variant', async () => {
    const { body } = await expectIndex(sandbox.registry, 'first')
    const nodes = await cluster.nodeArchitectures()
    for (const pod of await cluster.pods()) {
      expect(pod.status.phase).toBe('Running')
      expect(pod.spec.containers[0]?.image).toMatch(/@sha256:/)
      const own = body.manifests?.find(({ platform }) => platform?.architecture === nodes.get(pod.spec.nodeName ?? ''))
      expect(own).toBeDefined()
    }
  })

  test('pod templates carry one affinity term for each platform of the image', async () => {
    for (const path of ['deployments/web', 'daemonsets/node-page']) {
      const workload = await cluster.get(`/apis/apps/v1/namespaces/default/${path}`)
      const template = JSON.stringify((workload as { readonly spec?: { readonly template: object } }).spec?.template)
      for (const architecture of architectures) expect(template).toContain(`"values":["${architecture}"]`)
    }
  })

  test('a second build of unchanged input pushes no blob, writes no manifest and keeps the digest', async () => {
    const before = await expectIndex(sandbox.registry, 'first')
    const log = await startRequestLog(sandbox.registry)
    const args = ['build', '-t', 'first', `--default-repo=${log.host}`, '--platform=linux/amd64,linux/arm64']
    expect(await bench.run(args)).toMatchObject({ code: 0 })
    expect(log.requests.filter((request) => /^(?:POST|PUT|PATCH|DELETE) /.test(request))).toEqual([])
    expect((await expectIndex(sandbox.registry, 'first')).digest).toBe(before.digest)
    await log.close()
  })

  test('one changed byte of content changes the digest, and changed back it is the old one', async () => {
    const before = await expectIndex(sandbox.registry, 'first')
    const page = readFileSync(bench.path('site/index.html'), 'utf8')
    expect(await buildWith(page.replace('Hello', 'Jello'), 'second')).not.toBe(before.digest)
    expect(await buildWith(page, 'third')).toBe(before.digest)
  })

  test('a pod pinned to a platform that its image lacks fails as on a real node', async () => {
    const image = await pushServer('without-arm64', ['amd64', 's390x'])
    await cluster.create('/api/v1/namespaces/default/pods', pod('pinned', image, 'arm64'))
    const waiting = await untilWaiting('pinned', /^(?:ErrImagePull|ImagePullBackOff)$/)
    expect(waiting.message).toContain(`no match for platform in manifest`)
  })

  test('a program for another architecture crashes as on a real node', async () => {
    const image = await pushServer('lies', ['arm64'], 'amd64')
    await cluster.create('/api/v1/namespaces/default/pods', pod('lied-to', image, 'arm64'))
    await untilWaiting('lied-to', /^CrashLoopBackOff$/)
    expect(await cluster.log('lied-to')).toContain('exec format error')
  })

  async function buildWith(page: string, tag: string): Promise<string> {
    await bench.write({ 'site/index.html': page })
    const build = await bench.run(['build', '-t', tag, '--platform=linux/amd64,linux/arm64'], call)
    expect(build.code, build.output).toBe(0)
    return (await expectIndex(sandbox.registry, tag)).digest
  }

  /** An image for `claimed`, whose program is for `real` instead when that is given. */
  async function pushServer(
    name: string,
    claimed: readonly TinyArchitecture[],
    real?: TinyArchitecture,
  ): Promise<string> {
    const images = claimed.map((architecture) => {
      const program = tinyElf({ architecture: real ?? architecture, message: 'serving', afterwards: 'sleep' })
      return { architecture, entrypoint: ['/server'], files: { server: program } }
    })
    await pushImages(`${sandbox.registry}/${name}:v1`, images)
    return `${sandbox.registry}/${name}:v1`
  }

  function untilWaiting(name: string, reason: RegExp): Promise<{ readonly reason: string; readonly message?: string }> {
    return cluster.until(async () => {
      const found = (await cluster.pods()).find(({ metadata }) => metadata.name === name)
      const waiting = found?.status.containerStatuses?.[0]?.state.waiting
      return waiting !== undefined && reason.test(waiting.reason) && waiting.message !== undefined ? waiting : undefined
    })
  }
})

/** What `npm run demo` calls, with the example's file where this test has it. */
function demoArguments(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly scripts: { readonly demo: string }
  }
  const [node, main, ...args] = scripts.demo.split(' ')
  expect([node, main]).toEqual(['node', 'dist/cli/main.js'])
  expect(args.join(' ')).toMatch(/^run --sandbox\b.* -f examples\/hello-mixed\/skaffold\.yaml$/)
  return args.map((argument) => argument.replace('examples/hello-mixed/', ''))
}

/** The index under a tag: two images, each with its own platform in index and configuration, all bytes as their digests say. */
async function expectIndex(host: string, tag: string): Promise<StoredManifest> {
  const reader = registryReader(host)
  const index = await reader.manifest('hello-mixed', tag)
  if (index === undefined) throw new Error(`no hello-mixed:${tag}`)
  const entries = index.body.manifests ?? []
  expect(entries.map(({ platform }) => platform?.architecture)).toEqual(architectures)
  for (const { digest, size, platform } of entries) {
    const manifest = await reader.manifest('hello-mixed', digest)
    expect({ digest: manifest?.digest, size: manifest?.sizeBytes }).toEqual({ digest, size })
    const { config, layers = [] } = manifest?.body ?? {}
    const document = JSON.parse(
      (await reader.blob('hello-mixed', config?.digest ?? '')).toString('utf8'),
    ) as ImageConfig
    expect({ os: document.os, architecture: document.architecture }).toEqual(platform)
    const bytes = await Promise.all(layers.map((layer) => reader.blob('hello-mixed', layer.digest)))
    expect(bytes.map((layer) => digestOf(gunzipSync(layer)))).toEqual(document.rootfs.diff_ids)
  }
  return index
}

interface ImageConfig {
  readonly os: string
  readonly architecture: string
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

interface RunAnswer {
  readonly builds: readonly object[]
  readonly pods: readonly { readonly pod: string; readonly node: string; readonly platform: string }[]
}

function platformOf(pod: PodObject, nodes: ReadonlyMap<string, string>): string {
  return `linux/${nodes.get(pod.spec.nodeName ?? '') ?? ''}`
}

function sortByPod<T extends { readonly pod: string }>(pods: readonly T[]): readonly T[] {
  return [...pods].sort((one, other) => (one.pod < other.pod ? -1 : 1))
}

function pod(name: string, image: string, architecture: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeSelector: { 'kubernetes.io/arch': architecture }, containers: [{ name: 'server', image }] },
  }
}
