import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterReader, type ClusterReader } from '../../support/cluster.ts'
import { pushImages } from '../../support/push-image.ts'
import { tinyElf } from '../../support/tiny-elf.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../../support/workbench.ts'

/** Huawei Cloud CCE's guide for dual-architecture clusters, part 1: workloads placed by affinity. */

let bench: Workbench
let sandbox: SandboxProcess
let cluster: ClusterReader

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  cluster = clusterReader(sandbox.kubeconfig)
  for (const architecture of ['amd64', 'arm64'] as const) {
    const program = tinyElf({ architecture, message: 'default backend - 404', afterwards: 'sleep' })
    const image = { architecture, entrypoint: ['/server'], files: { server: program } }
    await pushImages(`${sandbox.registry}/ns/defaultbackend-linux-${architecture}:1.5`, [image])
  }
})

afterAll(async () => {
  await bench.close()
})

const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
manifests:
  rawYaml: [deployment.yaml]
`

function deployment(image: string, architecture: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: defaultbackend
spec:
  replicas: 2
  selector:
    matchLabels: {app: defaultbackend}
  template:
    metadata:
      labels: {app: defaultbackend}
    spec:
      nodeSelector:
        kubernetes.io/arch: ${architecture}
      imagePullSecrets:
        - name: default-secret
      containers:
        - name: defaultbackend
          image: ${image}
`
}

const path = '/apis/apps/v1/namespaces/default/deployments/defaultbackend'

test('an arm64-only image with a selector for amd64 is refused before anything is applied', async () => {
  const image = `${sandbox.registry}/ns/defaultbackend-linux-arm64:1.5`
  await bench.write({ 'skaffold.yaml': skaffold, 'deployment.yaml': deployment(image, 'amd64') })
  const run = await bench.run(['run'], { env: { KUBECONFIG: sandbox.kubeconfig } })
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(/^error PLACEMENT_CONFLICT: .*defaultbackend/m)
  expect(run.stderr).toContain(image)
  expect(run.stderr).toMatch(/linux\/arm64/)
  expect(run.stderr).toMatch(/kubernetes\.io\/arch/)
  expect(run.stderr).toMatch(/^fix: /m)
  expect(run.output).not.toContain('created')
  expect(await cluster.get(path)).toBeUndefined()
  expect(await cluster.pods()).toEqual([])
})

test.each(['amd64', 'arm64'])(
  'an image for %s with a selector for it is deployed as it was written',
  async (architecture) => {
    const image = `${sandbox.registry}/ns/defaultbackend-linux-${architecture}:1.5`
    await bench.write({ 'skaffold.yaml': skaffold, 'deployment.yaml': deployment(image, architecture) })
    const run = await bench.run(['run'], { env: { KUBECONFIG: sandbox.kubeconfig } })
    expect(run).toMatchObject({ code: 0 })
    const applied = (await cluster.get(path)) as
      | { readonly spec?: { readonly template: { readonly spec: PodSpec } } }
      | undefined
    const { nodeSelector, affinity, imagePullSecrets, containers } = applied?.spec?.template.spec ?? {}
    expect({ nodeSelector, affinity, imagePullSecrets }).toEqual({
      nodeSelector: { 'kubernetes.io/arch': architecture },
      affinity: undefined,
      imagePullSecrets: [{ name: 'default-secret' }],
    })
    expect(containers?.map((container) => container.image)).toEqual([image])
    const ready = await cluster.until(async () => {
      const pods = await cluster.pods()
      return pods.length === 2 && pods.every(({ status }) => status.phase === 'Running') ? pods : undefined
    })
    const architectures = await cluster.nodeArchitectures()
    expect(ready.map(({ spec }) => architectures.get(spec.nodeName ?? ''))).toEqual([architecture, architecture])
  },
)

interface PodSpec {
  readonly nodeSelector?: object
  readonly affinity?: object
  readonly imagePullSecrets?: object
  readonly containers?: readonly { readonly image: string }[]
}
