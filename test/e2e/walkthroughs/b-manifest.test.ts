import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterReader, type ClusterReader } from '../../support/cluster.ts'
import { pushImages } from '../../support/push-image.ts'
import { registryReader } from '../../support/registry-reader.ts'
import { tinyElf } from '../../support/tiny-elf.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../../support/workbench.ts'

/** Huawei Cloud CCE's guide for dual-architecture clusters, part 2: one image name for both architectures. */

let bench: Workbench
let sandbox: SandboxProcess
let cluster: ClusterReader

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  cluster = clusterReader(sandbox.kubeconfig)
  for (const architecture of ['amd64', 'arm64'] as const) {
    const server = tinyElf({ architecture, message: `default backend on ${architecture}`, afterwards: 'sleep' })
    const image = { architecture, entrypoint: ['/server'], files: { server } }
    await pushImages(`${sandbox.registry}/build/backend:${architecture}`, [image])
  }
})

afterAll(async () => {
  await bench.close()
})

const name = (): string => `${sandbox.registry}/ns/defaultbackend`

async function catamaran(...args: readonly string[]): Promise<string> {
  const run = await bench.run(args, { env: { KUBECONFIG: sandbox.kubeconfig, DOCKER_CLI_EXPERIMENTAL: 'enabled' } })
  expect(run.code, run.output).toBe(0)
  return run.stdout
}

test('the images are copied to where the guide wants them', async () => {
  for (const architecture of ['amd64', 'arm64']) {
    const to = `${name()}-linux-${architecture}:1.5`
    expect(await catamaran('copy', `${sandbox.registry}/build/backend:${architecture}`, to)).toContain(`${to}@sha256:`)
  }
})

test('manifest create, annotate twice, push: one name for both', async () => {
  const list = `${name()}:1.5`
  const images = ['arm64', 'amd64'].map((architecture) => `${name()}-linux-${architecture}:1.5`)
  expect(await catamaran('manifest', 'create', '--amend', '--insecure', list, ...images)).toBe(
    `Created manifest list ${list}\n`,
  )
  await catamaran('manifest', 'annotate', list, images[1] ?? '', '--arch', 'amd64')
  await catamaran('manifest', 'annotate', list, images[0] ?? '', '--arch', 'arm64')
  const pushed = await catamaran('manifest', 'push', '-p', '--insecure', list)
  const stored = await registryReader(sandbox.registry).manifest('ns/defaultbackend', '1.5')
  expect(pushed.trim().split('\n').at(-1)).toBe(stored?.digest)
  expect(stored?.body.manifests?.map(({ platform }) => platform?.architecture)).toEqual(['arm64', 'amd64'])
  expect(await catamaran('image', 'verify', '--deep', list)).toContain('linux/arm64: /server')
})

test('index create does the same with one command', async () => {
  const images = ['amd64', 'arm64'].map((architecture) => `${name()}-linux-${architecture}:1.5`)
  await catamaran('index', 'create', `${name()}:one`, ...images)
  const reader = registryReader(sandbox.registry)
  const [one, list] = await Promise.all(['one', '1.5'].map(async (tag) => reader.manifest('ns/defaultbackend', tag)))
  const digests = (stored: typeof one): readonly (string | undefined)[] =>
    [...(stored?.body.manifests ?? [])].map(({ digest }) => digest).sort()
  expect(digests(one)).toEqual(digests(list))
})

test('a workload with that name alone runs on both kinds of node, each with its own variant', async () => {
  await bench.write({
    'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  rawYaml: [workload.yaml]\n',
    'workload.yaml': daemonSet(`${name()}:1.5`),
  })
  await catamaran('run', '--tail=false')
  const architectures = await cluster.nodeArchitectures()
  const pods = await cluster.until(async () => {
    const found = await cluster.pods()
    return found.length === 2 && found.every(({ status }) => status.phase === 'Running') ? found : undefined
  })
  const logs = await Promise.all(
    pods.map(async ({ metadata, spec }) => {
      const architecture = architectures.get(spec.nodeName ?? '') ?? ''
      const said = await cluster.until(async () => (await cluster.log(metadata.name)).trim() || undefined)
      return [architecture, said]
    }),
  )
  const own = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const other = own === 'arm64' ? 'amd64' : 'arm64'
  // of the other architecture the sandbox runs nothing, and says so; a wrong variant would end with an exec format error
  expect(Object.fromEntries(logs)).toEqual({
    [own]: `default backend on ${own}`,
    [other]: expect.stringMatching(new RegExp(`^(?:default backend on ${other}|sandbox: not executed)$`)),
  })
})

function daemonSet(image: string): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: defaultbackend
spec:
  selector:
    matchLabels: {app: defaultbackend}
  template:
    metadata:
      labels: {app: defaultbackend}
    spec:
      imagePullSecrets:
        - name: default-secret
      containers:
        - name: defaultbackend
          image: ${image}
`
}
