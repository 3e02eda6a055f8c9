import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterReader, type ApiObject, type ClusterReader } from '../support/cluster.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { pushImages } from '../support/push-image.ts'
import { registryReader } from '../support/registry-reader.ts'
import { pushProgramsOfHost } from '../support/shell-image.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'
import { createWorkbench, type CliCall, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** `debug` on a cluster, with stand-ins for the images that bring debuggers: Delve is one that only says so. */

const architecture = hostArchitecture as TinyArchitecture
const canRun = sandboxRuns(hostArchitecture)
let bench: Workbench
let sandbox: SandboxProcess
let cluster: ClusterReader
let call: CliCall

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox(`1xlinux/${architecture}`)
  cluster = clusterReader(sandbox.kubeconfig)
  const config = `global: {debug-helpers-registry: ${sandbox.registry}/helpers}\n`
  await bench.write({ ...project(), 'global.yaml': config })
  call = { env: { KUBECONFIG: sandbox.kubeconfig, SKAFFOLD_CONFIG: bench.path('global.yaml') } }
  await pushHelpers()
})

afterAll(async () => {
  await bench.close()
})

test('containers come out ready for debuggers, what cannot be debugged is named, changes wait', async () => {
  const debug = bench.start(['debug', `--default-repo=${sandbox.registry}`], call)
  const output = await debug.waitFor('Watching for changes...')
  expect(output).toContain(' - deployment.apps/web: container web is ready for go debuggers: port 56268 (dlv)\n')
  expect(output).toContain(' - pod/api: container api is ready for nodejs debuggers: port 9229 (devtools)\n')
  expect(output).toContain(
    'Image "side" not configured for debugging: unable to determine runtime for "side" (deployment.apps/web)',
  )
  await checkDeployment()
  expect(await builtEnvironment('web')).toContain('FLAGS=all=-N -l')
  const api = await cluster.get('/api/v1/namespaces/default/pods/api')
  expect(annotationOf(api)).toEqual({
    api: { artifact: 'api', runtime: 'nodejs', workingDir: '/srv', ports: { devtools: 9229 } },
  })
  await checkOthers()
  if (canRun) await debug.waitFor('[web] this is Delve')
  await debug.waitFor(
    /Port forwarding pod\/web-\S+ in namespace default, remote port 56268 -> http:\/\/127\.0\.0\.1:\d+/,
  )

  await bench.write({ 'web/note.txt': 'changed' })
  await bench.write({ 'skaffold.yaml': `${project()['skaffold.yaml'] as string}# changed\n` })
  const later = await debug.waitFor(/(?:Watching for changes[\s\S]*){2}/)
  expect(later.match(/^Changed: .*$/gm)).toEqual(['Changed: skaffold.yaml'])
  expect(later.match(/is ready for go debuggers/g)).toHaveLength(1)
  debug.signal('SIGINT')
  const { code } = await debug.ended
  expect(code, debug.output()).toBe(0)
  expect(await cluster.get('/apis/apps/v1/namespaces/default/deployments/web')).toBeUndefined()
})

test('without debug the same project runs as it is written', async () => {
  const render = await bench.run(['render', `--default-repo=${sandbox.registry}`, '--digest-source=tag'], call)
  expect(render.code, render.output).toBe(0)
  expect(render.stdout).toContain('replicas: 2 # more than one')
  expect(render.stdout).not.toContain('dlv')
})

async function checkDeployment(): Promise<void> {
  const deployment = await cluster.get('/apis/apps/v1/namespaces/default/deployments/web')
  expect(deployment?.metadata.labels).toMatchObject({ 'skaffold.dev/debug': 'true' })
  const spec = deployment?.['spec'] as { readonly replicas: number; readonly template: ApiObject }
  expect(spec.replicas).toBe(1)
  expect(annotationOf(spec.template)).toEqual({
    web: { artifact: 'web', runtime: 'go', workingDir: '/', ports: { dlv: 56_268 } },
  })
  expect(spec.template['spec']).toMatchObject({
    initContainers: [
      {
        name: 'install-go-debug-support',
        image: `${sandbox.registry}/helpers/go`,
        volumeMounts: [{ name: 'debugging-support-files', mountPath: '/dbg' }],
      },
    ],
    containers: [
      {
        name: 'web',
        command: [
          '/dbg/go/bin/dlv',
          'exec',
          '--headless',
          '--continue',
          '--accept-multiclient',
          '--listen=:56268',
          '--api-version=2',
          '/program',
          '--',
        ],
        args: ['--port', '80'],
        ports: [
          { name: 'http', containerPort: 80 },
          { name: 'dlv', containerPort: 56_268 },
        ],
        volumeMounts: [{ name: 'debugging-support-files', mountPath: '/dbg' }],
      },
      { name: 'side', image: expect.stringContaining(`${sandbox.registry}/side:`) as string },
    ],
    volumes: [{ name: 'debugging-support-files', emptyDir: {} }],
  })
}

async function checkOthers(): Promise<void> {
  const pod = await cluster.get('/api/v1/namespaces/default/pods/others')
  expect(pod?.['spec']).toMatchObject({
    initContainers: [{ name: 'install-netcore-debug-support', image: `${sandbox.registry}/helpers/netcore` }],
    containers: [
      {
        name: 'java',
        env: [
          {
            name: 'JAVA_TOOL_OPTIONS',
            value: '-agentlib:jdwp=transport=dt_socket,server=y,address=5005,suspend=n,quiet=y',
          },
        ],
        ports: [{ name: 'jdwp', containerPort: 5005 }],
        livenessProbe: { timeoutSeconds: 600, initialDelaySeconds: 3600 },
      },
      {
        name: 'dotnet',
        volumeMounts: expect.arrayContaining([{ name: 'debugging-support-files', mountPath: '/dbg' }]) as unknown,
      },
    ],
  })
}

/** The variables of an image that was pushed. */
async function builtEnvironment(repository: string): Promise<unknown> {
  const registry = registryReader(sandbox.registry)
  const top = await registry.manifest(repository, 'latest')
  const [entry] = top?.body.manifests ?? []
  const image = entry === undefined ? top : await registry.manifest(repository, entry.digest)
  const config = await registry.blob(repository, image?.body.config?.digest ?? '')
  return (JSON.parse(config.toString('utf8')) as { readonly config: { readonly Env: unknown } }).config.Env
}

function annotationOf(object: ApiObject | undefined): unknown {
  const { annotations } = (object ?? { metadata: {} }).metadata as {
    readonly annotations?: Readonly<Record<string, string>>
  }
  return JSON.parse(annotations?.['debug.cloud.google.com/config'] ?? 'null')
}

/** Where the sandbox runs programs, Delve's stand-in is copied into the volume, as the real image does it. */
async function pushHelpers(): Promise<void> {
  const delve = tinyElf({ architecture, message: 'this is Delve', afterwards: 'sleep' })
  const script = 'mkdir -p /dbg/go/bin && cp /dlv /dbg/go/bin/dlv && chmod 755 /dbg/go/bin/dlv'
  const isReal =
    canRun &&
    (await pushProgramsOfHost(
      `${sandbox.registry}/helpers/go:latest`,
      ['/bin/sh', '/bin/mkdir', '/bin/cp', '/bin/chmod'],
      {
        entrypoint: ['/bin/sh', '-c', script],
        files: { dlv: delve },
      },
    ))
  const nothing = {
    architecture,
    entrypoint: ['/program'],
    files: { program: tinyElf({ architecture, afterwards: { exit: 0 } }) },
  }
  for (const name of isReal ? ['netcore', 'nodejs'] : ['go', 'netcore', 'nodejs']) {
    await pushImages(`${sandbox.registry}/helpers/${name}:latest`, [nothing])
  }
}

/** A Go program with arguments, one whose runtime is told, and one that shows none. */
function project(): Readonly<Record<string, string | Uint8Array>> {
  const program = (name: string): Uint8Array =>
    tinyElf({ architecture, message: `this is ${name}`, afterwards: 'sleep' })
  return {
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  tagPolicy: {sha256: {}}
  artifacts:
    - {image: web, context: web}
    - {image: api, context: api, runtimeType: nodejs}
    - {image: side, context: side}
    - {image: java, context: java}
    - {image: dotnet, context: dotnet}
manifests: {rawYaml: [k8s.yaml]}
`,
    'web/Dockerfile':
      'FROM scratch\nCOPY --chmod=755 program note.txt /\nARG SKAFFOLD_GO_GCFLAGS\nENV GOTRACEBACK=single FLAGS=$SKAFFOLD_GO_GCFLAGS\nENTRYPOINT ["/program"]\nCMD ["--port", "80"]\n',
    'web/program': program('web'),
    'web/note.txt': 'first',
    'api/Dockerfile': 'FROM scratch\nCOPY --chmod=755 program /\nWORKDIR /srv\nCMD ["/program"]\n',
    'api/program': program('api'),
    'side/Dockerfile': 'FROM scratch\nCOPY --chmod=755 program /\nCMD ["/program"]\n',
    'side/program': program('side'),
    'java/Dockerfile': 'FROM scratch\nCOPY --chmod=755 program /\nENV JAVA_VERSION=21\nCMD ["/program"]\n',
    'java/program': program('java'),
    'dotnet/Dockerfile':
      'FROM scratch\nCOPY --chmod=755 program /\nENV ASPNETCORE_URLS=http://+:80\nCMD ["/program"]\n',
    'dotnet/program': program('dotnet'),
    'k8s.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2 # more than one
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web
          ports: [{name: http, containerPort: 80}]
        - {name: side, image: side}
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers: [{name: api, image: api}]
---
apiVersion: v1
kind: Pod
metadata: {name: others}
spec:
  containers:
    - name: java
      image: java
      livenessProbe: {httpGet: {path: /, port: 80}, initialDelaySeconds: 3600}
    - {name: dotnet, image: dotnet}
`,
  }
}
