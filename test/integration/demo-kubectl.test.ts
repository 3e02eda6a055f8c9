import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { logOf } from '../support/host.ts'
import { pushImages } from '../support/push-image.ts'
import { tinyElf } from '../support/tiny-elf.ts'
import { findTool } from '../support/tools.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** The real kubectl against `catamaran sandbox`, and catamaran against it as against any cluster. */

const kubectlPath = findTool('kubectl')
let bench: Workbench
let sandbox: SandboxProcess

beforeAll(async () => {
  bench = await createWorkbench()
  bench.copy(exampleFolder('hello-mixed'))
  sandbox = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
})

afterAll(async () => {
  await bench.close()
})

test.skipIf(kubectlPath === undefined)('get nodes shows their architectures (needs kubectl)', () => {
  const nodes = kubectl(['get', 'nodes', '-L', 'kubernetes.io/arch', '--no-headers'])
  const rows = nodes
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  expect(rows.map((row) => row.at(-1)).sort()).toEqual(['amd64', 'amd64', 'arm64'])
  expect(rows.every(([, status]) => status === 'Ready')).toBe(true)
})

test.skipIf(kubectlPath === undefined)(
  'what catamaran run deployed is what get -o wide shows (needs kubectl)',
  async () => {
    const run = await bench.run(['run', `--default-repo=${sandbox.registry}`], {
      env: { KUBECONFIG: sandbox.kubeconfig },
    })
    expect(run.code, run.output).toBe(0)
    const pods = kubectl(['get', 'pods', '-o', 'wide', '--no-headers']).trim().split('\n')
    expect(pods).toHaveLength(5)
    expect(pods.every((line) => /\s1\/1\s+Running\s/.test(line))).toBe(true)
    for (const [, pod = '', node = ''] of run.stdout.matchAll(/^ - pod (\S+) runs on (\S+) /gm)) {
      expect(pods.find((line) => line.startsWith(`${pod} `))).toContain(` ${node} `)
    }
    expect(kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'])).toBe('2')
    expect(kubectl(['rollout', 'status', 'deployment/web'])).toContain('successfully rolled out')
    expect(kubectl(['describe', 'pod', '-l', 'app=web'])).toMatch(/Node-Selectors|Events:/)
  },
)

test.skipIf(kubectlPath === undefined)('apply --server-side, logs and delete work (needs kubectl)', async () => {
  const program = tinyElf({ architecture: 'amd64', message: 'hello from a tiny program', afterwards: 'sleep' })
  await pushImages(`${sandbox.registry}/tiny:v1`, [
    { architecture: 'amd64', entrypoint: ['/hello'], files: { hello: program } },
  ])
  await bench.write({ 'tiny.yaml': tinyPod(`${sandbox.registry}/tiny:v1`) })
  expect(kubectl(['apply', '--server-side', '-f', bench.path('tiny.yaml')])).toContain('pod/tiny serverside-applied')
  kubectl(['wait', '--for=condition=Ready', 'pod/tiny', '--timeout=30s'])
  expect(kubectl(['logs', 'tiny'])).toBe(`${logOf('amd64', 'hello from a tiny program')}\n`)
  expect(kubectl(['apply', '--server-side', '-f', bench.path('tiny.yaml')])).toContain('pod/tiny serverside-applied')
  expect(kubectl(['delete', 'pod', 'tiny'])).toMatch(/pod "tiny" deleted/)
  expect(kubectl(['get', 'pod', 'tiny', '--ignore-not-found'])).toBe('')
})

test.skipIf(kubectlPath === undefined)(
  'catamaran delete leaves nothing that kubectl can see (needs kubectl)',
  async () => {
    const deleted = await bench.run(['delete'], { env: { KUBECONFIG: sandbox.kubeconfig } })
    expect(deleted.code, deleted.output).toBe(0)
    expect(kubectl(['get', 'deployments,daemonsets', '-o', 'name'])).toBe('')
    expect(kubectl(['get', 'services', '-o', 'name'])).not.toContain('service/web')
    kubectl(['wait', '--for=delete', 'pods', '--all', '--timeout=30s'])
  },
)

function kubectl(args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: bench.folder, KUBECONFIG: sandbox.kubeconfig }
  const done = spawnSync(kubectlPath ?? '', args, { encoding: 'utf8', env })
  expect(done.status, `kubectl ${args.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0)
  return done.stdout
}

function tinyPod(image: string): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: tiny
spec:
  nodeSelector: {kubernetes.io/arch: amd64}
  containers:
    - name: tiny
      image: ${image}
`
}
