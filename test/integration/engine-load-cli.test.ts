import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../support/fake-programs.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** The command line with clusters on this machine: the sandbox plays the cluster, programs of a test play kind and docker. */

const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: app}]}
`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: app}]}
`

const hosting = (host: string, fromNodes: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: local-registry-hosting, namespace: kube-public}
data:
  localRegistryHosting.v1: |
    host: "${host}"
    hostFromContainerRuntime: "${fromNodes}"
`

describe('a cluster on this machine', () => {
  let bench: Workbench
  let sandbox: SandboxProcess
  let programs: FakePrograms

  beforeEach(async () => {
    bench = await createWorkbench()
    sandbox = await bench.sandbox('1xlinux/amd64')
    programs = await fakePrograms({
      kind: `if (args.join(' ') === 'get nodes --name dev') console.log('dev-control-plane')
else process.exitCode = 1`,
      docker: `if (args[0] !== 'exec') process.exitCode = 1
else if (args.includes('import')) console.log(fs.readFileSync(0).length)`,
    })
    await bench.write({
      'skaffold.yaml': skaffold,
      Dockerfile: 'FROM scratch\nCOPY main /main\nENTRYPOINT ["/main"]\n',
      main: '#!/bin/sh\n',
      'k8s/app.yaml': deployment,
    })
    const text = await readFile(sandbox.kubeconfig, 'utf8')
    const [, name = ''] = /^current-context: (.*)$/m.exec(text) ?? []
    await writeFile(sandbox.kubeconfig, text.replaceAll(name, 'kind-dev'))
  })
  afterEach(async () => {
    await programs.close()
    await bench.close()
  })
  const run = async (...args: readonly string[]): Promise<string> => {
    const result = await bench.run([...args, `--kubeconfig=${sandbox.kubeconfig}`], { env: programs.env })
    expect(result.code, result.output).toBe(0)
    return result.output
  }

  test('kind gets the image itself, under a name that is its own', async () => {
    const output = await run('run', '--status-check=false', '-t', 'v1')
    const [, id = ''] = /^ - app:([0-9a-f]{64}) -> Loaded$/m.exec(output) ?? []
    expect(output).toMatch(/Loading images into kind cluster nodes\.\.\.\n - app:\S+ -> Loaded\nImages loaded in \d/)
    expect(id).not.toBe('')
    expect(output).not.toContain('Pushed')
    expect(output).toContain('deployment.apps/app created')
    const calls = await programs.calls()
    expect(calls.filter(({ name }) => name === 'docker').map(({ args }) => args.slice(0, 7).join(' '))).toEqual([
      'exec --interactive dev-control-plane ctr --namespace=k8s.io content ls',
      'exec --interactive dev-control-plane ctr --namespace=k8s.io images import',
    ])
    await bench.write({ main: '#!/bin/sh\necho changed\n' })
    const again = await run('run', '--status-check=false', '-t', 'v1')
    expect(again).toContain('deployment.apps/app configured')
    expect(/^ - app:([0-9a-f]{64}) -> Loaded$/m.exec(again)?.[1]).not.toBe(id)
  })

  test('with a registry that the cluster says it has, images are pushed there, and pods find them', async () => {
    const fromNodes = sandbox.registry.replace('127.0.0.1', 'localhost')
    await bench.write({ 'registry.yaml': hosting(sandbox.registry, fromNodes) })
    await run('apply', 'registry.yaml')
    const output = await run('run', '--status-check=false', '-t', 'v1')
    expect(output).toContain(` - app -> ${sandbox.registry}/app:v1`)
    expect(output).not.toContain('Loading images')
    const manifests = await run('render', '--digest-source=tag', '-t', 'v1')
    expect(manifests).toContain(`image: ${sandbox.registry}/app:v1`)
    const checked = (await bench.run(['check', `--kubeconfig=${sandbox.kubeconfig}`, '--format=json'])).stdout
    expect(checked).toContain(`${fromNodes}/app:v1@sha256:`)
    expect(checked).not.toContain(`${sandbox.registry}/app:v1`)
  })

  test.each([
    ['kind-disable-load', 'true', 'is to be pushed, and its name has no registry'],
    ['local-cluster', 'false', 'is to be pushed, and its name has no registry'],
  ])('the setting %s', async (name, value, message) => {
    await bench.run(['config', 'set', name, value, '--kube-context=kind-dev'])
    const result = await bench.run(['run', `--kubeconfig=${sandbox.kubeconfig}`], { env: programs.env })
    expect(result.code).toBe(1)
    expect(result.output).toContain(message)
  })
})
