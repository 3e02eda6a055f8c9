import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { openKube, type KubeClient } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { ferryImages, pushKanikoStandIn, type Ferry } from '../support/kaniko-stand-in.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/**
 * Two nodes that really run programs; the second one is an arm64 node for everybody who looks at its labels, with the taint
 * that GKE puts on such nodes.
 */
const nodes =
  'linux/amd64,linux/amd64:label=kubernetes.io/arch=arm64:taint=kubernetes.io/arch=arm64:NoSchedule,linux/s390x'

describe.skipIf(hostArchitecture !== 'amd64' || !sandboxRuns(hostArchitecture))('builds in a cluster', () => {
  let bench: Workbench
  let sandbox: SandboxProcess
  let client: KubeClient
  let ferry: Ferry

  beforeAll(async () => {
    bench = await createWorkbench()
    sandbox = await bench.sandbox(nodes)
    await pushKanikoStandIn(sandbox.registry)
    client = await openKube({ env: {}, runProcess, kubeconfig: sandbox.kubeconfig })
    ferry = await ferryImages(sandbox.kubeconfig)
  })

  afterAll(async () => {
    await ferry.stop()
    await client.close()
    await bench.close()
  })

  function config(more: { readonly kaniko?: string; readonly cluster?: string } = {}): string {
    return `apiVersion: skaffold/v4beta13
kind: Config
build:
  tagPolicy: {envTemplate: {template: v1}}
  cluster: {namespace: default, ${more.cluster ?? ''}}
  artifacts:
  - image: app
    context: app
    kaniko:
      image: ${sandbox.registry}/executor:1
      initImage: ${sandbox.registry}/busybox:1
      buildArgs: {COLOUR: blue}
      env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
      ${more.kaniko ?? ''}
`
  }

  async function build(...flags: readonly string[]): ReturnType<Workbench['run']> {
    const running = bench.start([
      'build',
      `--kubeconfig=${sandbox.kubeconfig}`,
      `--default-repo=${sandbox.registry}/team`,
      ...flags,
    ])
    // a test whose time is over says what the build was doing
    onTestFailed(() => void process.stderr.write(running.output()))
    return running.ended
  }

  async function left(kind: string): Promise<readonly string[]> {
    const found = await client.list({ apiVersion: 'v1', kind }, { namespace: '*', labelSelector: 'skaffold-kaniko' })
    return found.map(({ metadata }) => metadata.name)
  }

  const platforms = '--platform=linux/amd64,linux/arm64'

  test('a pod per platform builds on a node of it, and the index has both', async () => {
    await bench.write({
      'skaffold.yaml': config({ kaniko: `destination: [${sandbox.registry}/mirror/app:also]` }),
      'app/Dockerfile': 'FROM scratch\nCOPY src /app\nCOPY skip*.txt /\n',
      'app/.dockerignore': 'src/secret\n',
      'app/src/main.txt': 'hello',
      'app/src/secret': 'no',
      'app/skip.txt': 'x',
      'app/unused/big.bin': Buffer.alloc(3_000_000, 1),
    })
    const { code, output } = await build(platforms, '--cache-artifacts=false')
    expect(code, output).toBe(0)
    expect(output).toContain('Building on sandbox-amd64-1')
    expect(output).toContain('Building on sandbox-amd64-2')
    expect(output).toContain('build argument COLOUR=blue')
    expect(code).toBe(0)
    expect(await left('Pod')).toEqual([])
    const inspected = await bench.run(['image', 'inspect', `${sandbox.registry}/team/app:v1`])
    expect(inspected.stdout).toContain('linux/amd64')
    expect(inspected.stdout).toContain('linux/arm64')
    const also = await bench.run(['image', 'inspect', `${sandbox.registry}/mirror/app:also`])
    expect(also.stdout).toContain('linux/arm64')
  })

  test('one platform goes under the name itself, and is not built twice', async () => {
    await bench.write({ 'skaffold.yaml': config(), 'app/Dockerfile': 'FROM scratch\nCOPY a /a\n', 'app/a': 'a' })
    const first = await build('--platform=linux/amd64', '--tag=one')
    expect(first.code, first.output).toBe(0)
    expect(first.output).toContain('Pushing image to')
    const tags = await bench.run(['image', 'tags', `${sandbox.registry}/team/app`])
    expect(tags.stdout).toMatch(/^one$/m)
    expect(tags.stdout).not.toContain('one_linux_amd64')
    const second = await build('--platform=linux/amd64', '--tag=one')
    expect(second.code, second.output).toBe(0)
    expect(second.output).not.toContain('builds in namespace')
    const further = await build(platforms, '--tag=one')
    expect(further.code, further.output).toBe(0)
    expect(further.output).not.toContain('Building on sandbox-amd64-1')
    expect(further.output).toContain('Building on sandbox-amd64-2')
    const inspected = await bench.run(['image', 'inspect', `${sandbox.registry}/team/app:one`])
    expect(inspected.stdout).toContain('linux/arm64')
  })

  test('secrets are made of files while they are needed, and no more pods run than may', async () => {
    const cluster = 'concurrency: 1, pullSecretPath: key.json, dockerConfig: {path: docker.json}'
    await bench.write({
      'skaffold.yaml': config({ cluster }),
      'app/Dockerfile': 'FROM scratch\nCOPY b /b\n',
      'app/b': 'b',
      'key.json': '{"type": "service_account"}',
      'docker.json': '{"auths": {}}',
    })
    ferry.most()
    const { code, output } = await build(platforms)
    expect(code, output).toBe(0)
    expect(ferry.most()).toBe(1)
    expect(output).toContain('with /secret/kaniko-secret')
    expect(output).toContain('/secret/kaniko-secret: {"type": "service_account"}')
    expect(output).toContain('/kaniko/.docker/config.json: {"auths": {}}')
    expect(await left('Secret')).toEqual([])
  })

  test('a secret that is there stays', async () => {
    const metadata = { name: 'mine', namespace: 'default', labels: { 'skaffold-kaniko': 'mine' } }
    const data = { 'key.json': Buffer.from('theirs').toString('base64') }
    await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data }, { fieldManager: 'test' })
    await bench.write({
      'skaffold.yaml': config({ cluster: 'pullSecretName: mine' }),
      'app/Dockerfile': 'FROM scratch\nCOPY c /c\n',
      'app/c': 'c',
    })
    const { code, output } = await build('--platform=linux/amd64')
    expect(code, output).toBe(0)
    expect(output).toContain('/secret/key.json: theirs')
    expect(await left('Secret')).toEqual(['mine'])
    await client.delete({ apiVersion: 'v1', kind: 'Secret', name: 'mine', namespace: 'default' })
  })

  test.each([
    [
      'a step that fails',
      'FROM scratch\nRUN false\n',
      {},
      'kaniko could not build app for linux/amd64: error building image: error building stage: failed to execute command: exit status 1',
    ],
    ['a secret that is missing', 'FROM scratch\n', { cluster: 'pullSecretName: none' }, 'BUILD_SECRET_MISSING'],
    ['a file that is missing', 'FROM scratch\n', { cluster: 'pullSecretPath: none' }, 'BUILD_SECRET_MISSING'],
    ['no time', 'FROM scratch\nRUN hang\n', { cluster: 'timeout: 4s' }, 'did not build app for linux/amd64 within 4s'],
  ])('%s is said, and nothing is left', async (_what, dockerfile, more, message) => {
    await bench.write({ 'skaffold.yaml': config(more), 'app/Dockerfile': dockerfile })
    const { code, output } = await build('--platform=linux/amd64')
    expect(code, output).toBe(1)
    expect(output).toContain(message)
    expect(await left('Pod')).toEqual([])
  })

  test('an image that cannot be pulled is named', async () => {
    const text = config().replace('/executor:1', '/nothing:1')
    await bench.write({ 'skaffold.yaml': text, 'app/Dockerfile': 'FROM scratch\n' })
    const { code, output } = await build('--platform=linux/amd64')
    expect(code, output).toBe(1)
    expect(output).toMatch(/BUILD_POD_FAILED: .* container kaniko is waiting to start: .*\/nothing:1 can't be pulled/)
    expect(await left('Pod')).toEqual([])
  })

  test('an image that is for another platform than the node is named', async () => {
    await bench.write({ 'skaffold.yaml': config(), 'app/Dockerfile': 'FROM scratch\n' })
    const { code, output } = await build('--platform=linux/s390x')
    expect(code, output).toBe(1)
    expect(output).toMatch(
      /BUILD_POD_FAILED: kaniko could not build app for linux\/s390x: container kaniko-init-container/,
    )
    expect(output).toContain('have a variant for linux/s390x')
    expect(await left('Pod')).toEqual([])
  })

  test('Ctrl+C deletes pods and secrets', async () => {
    await bench.write({
      'skaffold.yaml': config({ cluster: 'pullSecretPath: key.json' }),
      'app/Dockerfile': 'FROM scratch\nRUN hang\n',
      'key.json': '{}',
    })
    const running = bench.start([
      'build',
      platforms,
      `--kubeconfig=${sandbox.kubeconfig}`,
      `--default-repo=${sandbox.registry}/team`,
    ])
    await running.waitFor(/RUN hang[^]*RUN hang/)
    expect(await left('Secret')).toEqual(['kaniko-secret'])
    running.signal('SIGINT')
    const { code, output } = await running.ended
    expect(code, output).toBe(130)
    expect(await left('Pod')).toEqual([])
    expect(await left('Secret')).toEqual([])
  })

  test('a script is told about the cluster', async () => {
    await bench.write({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  tagPolicy: {envTemplate: {template: v1}}
  cluster: {timeout: 7m, dockerConfig: {path: docker.json}, pullSecretPath: docker.json}
  artifacts: [{image: app, context: app, custom: {buildCommand: "env | sort; exit 3"}}]
`,
      'docker.json': '{}',
    })
    const { code, output } = await build('--namespace=default', '--platform=linux/amd64')
    expect(code, output).toBe(1)
    const told = ['DOCKER_CONFIG_SECRET_NAME=docker-cfg', 'NAMESPACE=default', 'PULL_SECRET_NAME=kaniko-secret']
    for (const text of [...told, 'PUSH_IMAGE=true', 'TIMEOUT=7m']) expect(output).toContain(text)
    expect(output).toMatch(/KUBE_CONTEXT=\S+/)
    expect(await left('Secret')).toEqual([])
  })

  test('who builds is explained', async () => {
    await bench.write({ 'skaffold.yaml': config(), 'app/Dockerfile': 'FROM scratch\n' })
    // nobody asks for a platform: what the cluster has is built
    const { stdout } = await build('--explain')
    expect(stdout).toContain('kaniko')
    expect(stdout).toContain('in a pod on a node of linux/amd64')
    expect(stdout).toContain('in a pod on a node of linux/s390x')
  })
})
