import { readFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { clusterReader } from '../support/cluster.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { pushProgramsOfHost } from '../support/shell-image.ts'
import { createWorkbench, type CliCall, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** What reaches into pods that really run: needs Linux and namespaces. */
describe.skipIf(!sandboxRuns(hostArchitecture))('in pods that run', () => {
  let bench: Workbench
  let sandbox: SandboxProcess
  let call: CliCall

  beforeAll(async () => {
    bench = await createWorkbench()
    sandbox = await bench.sandbox(`1xlinux/${hostArchitecture}`)
    call = { env: { KUBECONFIG: sandbox.kubeconfig, SKAFFOLD_DEFAULT_REPO: sandbox.registry } }
    await pushProgramsOfHost(`${sandbox.registry}/tools:1`, [
      '/bin/sh',
      '/bin/cat',
      '/bin/sleep',
      '/bin/tar',
      '/bin/rm',
      '/bin/ls',
    ])
  })

  afterAll(async () => bench.close())

  const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: NAME, image: NAME, ports: [{containerPort: 8080}]}]
---
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {selector: {app: NAME}, ports: [{port: 8080}]}
`

  async function writeProject(name: string, sync: string, more = ''): Promise<string> {
    const loop = 'while true; do cat /app/* 2>&1; sleep 0.3; done'
    await bench.write({
      [`${name}/Dockerfile`]: `FROM ${sandbox.registry}/tools:1\nWORKDIR /app\nCOPY text/ .\nENTRYPOINT ["/bin/sh", "-c", "${loop}"]\n`,
      [`${name}/text/one.txt`]: 'first\n',
      [`${name}/text/gone.txt`]: 'leaves\n',
      [`${name}/k8s/all.yaml`]: manifest.replaceAll('NAME', name),
      [`${name}/skaffold.yaml`]: `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: ${name}
      sync: ${sync}
${more}`,
    })
    return `--filename=${name}/skaffold.yaml`
  }

  async function podNames(app: string): Promise<readonly string[]> {
    const pods = await clusterReader(sandbox.kubeconfig).pods()
    return pods.filter(({ metadata }) => metadata.labels?.['app'] === app).map(({ metadata }) => metadata.name)
  }

  test.each([
    ['manual', `{manual: [{src: 'text/*.txt', dest: ., strip: text/}]}`, true],
    ['infer', `{infer: ['**/*.txt']}`, false],
  ])('dev copies a changed file, without a build: %s', async (name, sync, isDeletedToo) => {
    const file = await writeProject(name, sync)
    const dev = bench.start(['dev', file], call)
    await dev.waitFor('first')
    await dev.waitFor('Watching for changes')
    const before = await podNames(name)
    await bench.write({ [`${name}/text/one.txt`]: 'second\n' })
    await dev.waitFor(/Syncing 1 files for/)
    await dev.waitFor('second')
    if (isDeletedToo) {
      rmSync(bench.path(`${name}/text/gone.txt`))
      await dev.waitFor(/(?:\[manual\] second\n){3}/)
    }
    expect(await podNames(name)).toEqual(before)
    dev.signal('SIGINT')
    const { code, output } = await dev.ended
    expect(code, output).toBe(0)
    expect(output.match(/Starting build/g) ?? []).not.toHaveLength(2)
    expect(await podNames(name)).toEqual([])
  })

  test('ports of services are forwarded, and go on with the next pod', async () => {
    const server = readFileSync(`${exampleFolder('hello-mixed')}/bin/server-linux-${hostArchitecture}`)
    await pushProgramsOfHost(`${sandbox.registry}/web:1`, [], {
      files: { server, 'site/index.html': Buffer.from('served') },
      entrypoint: ['/server', '--servedir=/site', '--watch=forever', '--serve=0.0.0.0:8080'],
    })
    await bench.write({
      'web/k8s/all.yaml': manifest.replace('image: NAME', `image: ${sandbox.registry}/web:1`).replaceAll('NAME', 'web'),
      'web/skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\n',
    })
    const run = bench.start(['run', '--filename=web/skaffold.yaml', '--port-forward'], call)
    const said = await run.waitFor(
      /Port forwarding service\/web in namespace default, remote port 8080 -> http:\/\/127\.0\.0\.1:\d+/,
    )
    const [, port = ''] = /-> http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? []
    const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()
    expect(await read()).toContain('served')
    const [old] = await podNames('web')
    const cluster = clusterReader(sandbox.kubeconfig)
    await cluster.remove(`/api/v1/namespaces/default/pods/${old ?? ''}`)
    const next = await cluster.until(async () => (await podNames('web')).find((name) => name !== old))
    expect(next).not.toBe(old)
    expect(await cluster.until(async () => read().catch(() => undefined))).toContain('served')
    run.signal('SIGINT')
    await run.ended
  })
})
