import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RunningCli } from '../support/cli.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** What flags of `dev` change of how a session goes on. */

let bench: Workbench
let sandbox: SandboxProcess

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64')
})

afterAll(async () => {
  await bench.close()
})

beforeEach(async () => {
  await bench.write(sampleProject())
})

function startDev(...flags: readonly string[]): RunningCli {
  const args = ['dev', `--default-repo=${sandbox.registry}`, ...flags]
  return bench.start(args, { env: { KUBECONFIG: sandbox.kubeconfig } })
}

const missing = 'FROM scratch\nCOPY none /\n'

test('a first build that fails ends the session', async () => {
  await bench.write({ Dockerfile: missing })
  const { code, stderr } = await startDev().ended
  expect(code).toBe(1)
  expect(stderr).toContain('exiting dev mode because first build failed')
})

test('--keep-running-on-failure goes on until it succeeds', async () => {
  await bench.write({ Dockerfile: missing })
  const dev = startDev('--keep-running-on-failure')
  await dev.waitFor('Watching for changes...')
  await bench.write({ Dockerfile: String(sampleProject()['Dockerfile']) })
  await dev.waitFor('Deployments stabilized')
  expect(dev.output()).not.toContain('exiting dev mode')
  dev.signal('SIGINT')
  expect((await dev.ended).code).toBe(0)
})

test('--trigger=polling notices changes by looking', async () => {
  const dev = startDev('--trigger=polling', '-i', '50')
  await dev.waitFor('Watching for changes...')
  await bench.write({ 'greeting.txt': 'Changed\n' })
  await dev.waitFor('Changed: greeting.txt')
  dev.signal('SIGINT')
  expect((await dev.ended).code).toBe(0)
})

test('--watch-image watches the artifacts of that name, and manifests all the same', async () => {
  const dev = startDev('-w', 'another')
  await dev.waitFor('Watching for changes...')
  await bench.write({ 'greeting.txt': 'Changed\n' })
  const manifest = String(sampleProject()['k8s-pod.yaml'])
  await bench.write({ 'k8s-pod.yaml': `# changed\n${manifest}` })
  await dev.waitFor('Changed: k8s-pod.yaml')
  dev.signal('SIGINT')
  const { code, output } = await dev.ended
  expect(code).toBe(0)
  expect(output).not.toContain('greeting.txt')
})

test('--watch-image with a part of the name watches its files', async () => {
  const dev = startDev('--watch-image=another,example')
  await dev.waitFor('Watching for changes...')
  await bench.write({ 'greeting.txt': 'Changed\n' })
  await dev.waitFor('Changed: greeting.txt')
  dev.signal('SIGINT')
  expect((await dev.ended).code).toBe(0)
})
