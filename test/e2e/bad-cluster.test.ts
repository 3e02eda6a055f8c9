import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CliResult } from '../support/cli.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { aStatus, startKubeFaultProxy, type KubePassing, type KubeTrouble } from '../support/kube-fault-proxy.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** An API server that refuses, is busy or breaks off: what it says reaches the user, and what can go on goes on. */

let bench: Workbench
let sandbox: SandboxProcess
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  bench = await createWorkbench()
  await bench.write({
    'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  rawYaml: [app.yaml]\n',
    'app.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: fast\n',
  })
  sandbox = await bench.sandbox(`1xlinux/${hostArchitecture}`)
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await bench.close()
})

async function deployThrough(
  troubleOf: (passing: KubePassing) => KubeTrouble | undefined,
  ...flags: readonly string[]
): Promise<CliResult & { readonly seen: readonly string[] }> {
  const kubeconfig = bench.path('proxied.json')
  const proxy = await startKubeFaultProxy(sandbox.kubeconfig, kubeconfig, troubleOf)
  closing.push(async () => proxy.close())
  const result = await bench.run(['run', `--kubeconfig=${kubeconfig}`, `--default-repo=${sandbox.registry}`, ...flags])
  return { ...result, seen: proxy.seen }
}

const isPatch = ({ method }: KubePassing): boolean => method === 'PATCH'

test('403 on nodes says which rule is missing, and goes on with --platform', async () => {
  const message = 'nodes is forbidden: User "u" cannot list resource "nodes" in API group "" at the cluster scope'
  const forbidden = ({ url }: KubePassing): KubeTrouble | undefined =>
    url.startsWith('/api/v1/nodes') ? aStatus(403, 'Forbidden', { message, details: { kind: 'nodes' } }) : undefined
  const result = await deployThrough(forbidden, `--platform=linux/${hostArchitecture}`)
  expect(result.code, result.output).toBe(0)
  expect(result.stderr).toContain('cannot list resource "nodes"')
  expect(result.stderr).toContain(
    'fix: ask for a ClusterRole with the rule {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}',
  )
  expect(result.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(1)
})

test('409 names the field and its manager', async () => {
  const causes = [
    { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data.mode' },
  ]
  const message = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.mode'
  const result = await deployThrough((passing) =>
    isPatch(passing) ? aStatus(409, 'Conflict', { message, details: { causes } }) : undefined,
  )
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error KUBE_CONFLICT: /m)
  expect(result.stderr).toContain('kubectl-edit')
  expect(result.stderr).toContain('.data.mode')
  expect(result.stderr).toMatch(/^fix: \S/m)
})

test('422 tells every field, and where the object stands', async () => {
  const causes = [
    { reason: 'FieldValueInvalid', message: 'Invalid value: "fast": must be slow', field: 'data.mode' },
    { reason: 'FieldValueRequired', message: 'Required value', field: 'data.size' },
  ]
  const message = 'ConfigMap "settings" is invalid: [data.mode: Invalid value, data.size: Required value]'
  const details = { name: 'settings', kind: 'ConfigMap', causes }
  const result = await deployThrough((passing) =>
    isPatch(passing) ? aStatus(422, 'Invalid', { message, details }) : undefined,
  )
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error KUBE_INVALID: /m)
  expect(result.stderr).toMatch(/data\.mode.*must be slow/)
  expect(result.stderr).toMatch(/data\.size.*Required value/)
})

test('429 is waited for as long as the server asks, and tried again', async () => {
  const result = await deployThrough((passing) =>
    isPatch(passing) && passing.earlier < 2
      ? { ...aStatus(429, 'TooManyRequests', { message: 'too many requests' }), headers: { 'retry-after': '0' } }
      : undefined,
  )
  expect(result.code, result.output).toBe(0)
  expect(result.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(3)
})

test.skipIf(!sandboxRuns(hostArchitecture))('a watch that is cut in the middle goes on', async () => {
  await bench.write(sampleProject())
  let cuts = 0
  const isWatch = ({ url }: KubePassing): boolean => url.includes('watch=') && url.includes('/pods')
  const result = await deployThrough((passing) => {
    if (!isWatch(passing) || cuts >= 3) return undefined
    cuts += 1
    return { cutAfter: 30 }
  }, '--status-check')
  expect(result.code, result.output).toBe(0)
  expect(cuts).toBeGreaterThan(1)
  expect(result.stdout).toMatch(/Deployments stabilized/)
})
