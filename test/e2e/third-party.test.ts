import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readFileSync } from 'node:fs'
import { exampleFolder } from '../support/cli.ts'
import { clusterReader } from '../support/cluster.ts'
import { pushImages } from '../support/push-image.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'
import { createWorkbench, type CliCall, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** examples/third-party with stand-ins for other people's images, of the platforms that the real ones have. */

const images: Readonly<Record<string, readonly TinyArchitecture[]>> = {
  'busybox:1.37.0': ['amd64', 'arm64'],
  'mysql:5.7.44': ['amd64'],
  'nginx:1.27.3': ['amd64', 'arm64'],
  'prom/mysqld-exporter:v0.15.1': ['amd64', 'arm64'],
}

let bench: Workbench
let sandbox: SandboxProcess
let call: CliCall

beforeAll(async () => {
  bench = await createWorkbench()
  bench.copy(exampleFolder('third-party'))
  sandbox = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
  call = { env: { KUBECONFIG: sandbox.kubeconfig } }
  for (const [name, architectures] of Object.entries(images)) await pushStandIn(name, architectures)
  for (const file of ['k8s/orders.yaml', 'k8s/web.yaml']) {
    const text = readFileSync(bench.path(file), 'utf8')
    await bench.write({ [file]: text.replaceAll(/image: (\S+)/g, `image: ${sandbox.registry}/$1`) })
  }
})

afterAll(async () => {
  await bench.close()
})

test('every object gets its own rule, init containers count, a Service gets none', async () => {
  const render = await bench.run(['render', '--enable-platform-node-affinity'], call)
  expect(render.code, render.output).toBe(0)
  expect(rulesOf(render.stdout)).toEqual({
    'Deployment/orders': ['amd64'],
    'Deployment/web': ['amd64', 'arm64'],
    'Pod/smoke-test': ['amd64', 'arm64'],
    'Service/web': [],
  })
  expect(render.stdout).toContain('image: ' + sandbox.registry + '/mysql:5.7.44     # linux/amd64 only')
})

test('the amd64-only workload lands on amd64, its neighbours are not dragged along', async () => {
  const run = await bench.run(['run'], call)
  expect(run.code, run.output).toBe(0)
  const cluster = clusterReader(sandbox.kubeconfig)
  const [pods, nodes] = [await cluster.pods(), await cluster.nodeArchitectures()]
  const orders = pods.filter(({ metadata }) => metadata.name.startsWith('orders-'))
  expect(orders.map(({ spec }) => nodes.get(spec.nodeName ?? ''))).toEqual(['amd64'])
  const web = await cluster.get('/apis/apps/v1/namespaces/default/deployments/web')
  expect(JSON.stringify(web)).toContain('"arm64"')
})

test('an init container alone is enough to limit a pod', async () => {
  await pushStandIn('busybox:1.37.0', ['arm64'])
  const render = await bench.run(['render', '--enable-platform-node-affinity'], call)
  expect(render.code).toBe(1)
  expect(render.stderr).toMatch(/^error PLACEMENT_CONFLICT: .*orders/m)
  expect(render.stderr).toContain('busybox')
  expect(render.stderr).toContain('mysql')
  expect(render.stdout).toBe('')
})

async function pushStandIn(name: string, architectures: readonly TinyArchitecture[]): Promise<void> {
  const parts = architectures.map((architecture) => ({
    architecture,
    entrypoint: ['/program'],
    files: {
      program: tinyElf({ architecture, message: name, afterwards: 'sleep' }),
      ...(name.startsWith('busybox') ? commandsOf(architecture) : {}),
    },
  }))
  await pushImages(`${sandbox.registry}/${name}`, parts)
}

/** What the example calls in busybox; it does nothing and succeeds. */
function commandsOf(architecture: TinyArchitecture): Readonly<Record<string, Uint8Array>> {
  const program = tinyElf({ architecture, afterwards: { exit: 0 } })
  return { 'bin/sh': program, 'bin/wget': program }
}

interface Rendered {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: PodSpec & { readonly template?: { readonly spec: PodSpec } }
}

interface PodSpec {
  readonly affinity?: {
    readonly nodeAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: {
        readonly nodeSelectorTerms: readonly {
          readonly matchExpressions: readonly { readonly key: string; readonly values: readonly string[] }[]
        }[]
      }
    }
  }
}

/** The architectures that each object's node affinity allows. */
function rulesOf(text: string): Readonly<Record<string, readonly string[]>> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Rendered)
  return Object.fromEntries(
    objects.map(({ kind, metadata, spec }) => {
      const { affinity } = spec.template?.spec ?? spec
      const terms = affinity?.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms ?? []
      const expressions = terms.flatMap(({ matchExpressions }) => matchExpressions)
      const architectures = expressions
        .filter(({ key }) => key === 'kubernetes.io/arch')
        .flatMap(({ values }) => values)
      return [`${kind}/${metadata.name}`, architectures]
    }),
  )
}
