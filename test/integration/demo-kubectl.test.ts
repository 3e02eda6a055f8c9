import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { logOf } from '../support/host.ts'
import { pushImages } from '../support/push-image.ts'
import { tinyElf } from '../support/tiny-elf.ts'
import { describeWithTools } from '../support/tools.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** The real kubectl against `catamaran sandbox`, and catamaran against it as against any cluster. */

describeWithTools('the real kubectl against catamaran sandbox', ['kubectl'], (tool) => {
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

  test('get nodes shows their architectures', async () => {
    const nodes = await kubectl(['get', 'nodes', '-L', 'kubernetes.io/arch', '--no-headers'])
    const rows = nodes
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
    expect(rows.map((row) => row.at(-1))).toEqual(expect.arrayContaining(['amd64', 'arm64']))
    expect(rows).toHaveLength(3)
    expect(rows.every(([, status]) => status === 'Ready')).toBe(true)
  })

  test('what catamaran run deployed is what get -o wide shows', async () => {
    const run = await bench.run(['run', `--default-repo=${sandbox.registry}`], {
      env: { KUBECONFIG: sandbox.kubeconfig },
    })
    expect(run.code, run.output).toBe(0)
    const pods = (await kubectl(['get', 'pods', '-o', 'wide', '--no-headers'])).trim().split('\n')
    expect(pods).toHaveLength(5)
    expect(pods.every((line) => /\s1\/1\s+Running\s/.test(line))).toBe(true)
    for (const [, pod = '', node = ''] of run.stdout.matchAll(/^ - pod (\S+) runs on (\S+) /gm)) {
      expect(pods.find((line) => line.startsWith(`${pod} `))).toContain(` ${node} `)
    }
    expect(await kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'])).toBe('2')
    expect(await kubectl(['rollout', 'status', 'deployment/web'])).toContain('successfully rolled out')
    expect(await kubectl(['describe', 'pod', '-l', 'app=web'])).toMatch(/Node-Selectors|Events:/)
  })

  test('apply --server-side, logs and delete work', async () => {
    const program = tinyElf({ architecture: 'amd64', message: 'hello from a tiny program', afterwards: 'sleep' })
    await pushImages(`${sandbox.registry}/tiny:v1`, [
      { architecture: 'amd64', entrypoint: ['/hello'], files: { hello: program } },
    ])
    await bench.write({ 'tiny.yaml': tinyPod(`${sandbox.registry}/tiny:v1`) })
    expect(await kubectl(['apply', '--server-side', '-f', bench.path('tiny.yaml')])).toContain(
      'pod/tiny serverside-applied',
    )
    await kubectl(['wait', '--for=condition=Ready', 'pod/tiny', '--timeout=30s'])
    expect(await kubectl(['logs', 'tiny'])).toBe(`${logOf('amd64', 'hello from a tiny program')}\n`)
    expect(await kubectl(['apply', '--server-side', '-f', bench.path('tiny.yaml')])).toContain(
      'pod/tiny serverside-applied',
    )
    expect(await kubectl(['delete', 'pod', 'tiny'])).toMatch(/pod "tiny" deleted/)
    expect(await kubectl(['get', 'pod', 'tiny', '--ignore-not-found'])).toBe('')
  })

  test('catamaran delete leaves nothing that kubectl can see', async () => {
    const deleted = await bench.run(['delete'], { env: { KUBECONFIG: sandbox.kubeconfig } })
    expect(deleted.code, deleted.output).toBe(0)
    expect(await kubectl(['get', 'deployments,daemonsets', '-o', 'name'])).toBe('')
    expect(await kubectl(['get', 'services', '-o', 'name'])).not.toContain('service/web')
    await kubectl(['wait', '--for=delete', 'pods', '--all', '--timeout=30s'])
  })

  async function kubectl(args: readonly string[]): Promise<string> {
    const env = { HOME: bench.folder, KUBECONFIG: sandbox.kubeconfig }
    return (await tool('kubectl', args, { env })).stdout
  }
})

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
