import { expect, test } from 'vitest'
import { ToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import type { ContainerConfig } from '../image/index.ts'
import { parseResources, printResources, reviseResource } from '../resource/index.ts'
import { debugObject } from './debug-object.ts'

const images: Readonly<Record<string, ContainerConfig>> = {
  'shop/go:1': { Env: ['GOTRACEBACK=single'], Entrypoint: ['/app'], WorkingDir: '/srv' },
  'shop/java:1': { Env: ['JAVA_VERSION=21'], Entrypoint: ['java', '-jar', 'a.jar'] },
  'shop/node:1': { Cmd: ['node', 'a.js'] },
  'shop/dotnet:1': { Entrypoint: ['dotnet', 'a.dll'] },
  'shop/plain:1': { Entrypoint: ['/app'] },
}

test('a deployment: one replica, files, ports, patient probes, and an annotation that says it all', async () => {
  const { text, events } = await debug(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 3 # for the load
  template:
    metadata:
      labels: { app: shop }
    spec:
      containers:
        - name: web # the shop
          image: shop/go:1
          livenessProbe:
            httpGet: { path: /, port: 80 }
            timeoutSeconds: 2
          readinessProbe:
            exec: { command: [ready] }
        - name: adapter
          image: shop/java:1
          startupProbe:
            httpGet: { path: /, port: 81 }
            timeoutSeconds: 900
        - name: proxy
          image: envoy:v1
`)
  expect(text).toMatchInlineSnapshot(`
    "
    apiVersion: apps/v1
    kind: Deployment
    metadata: { name: shop }
    spec:
      replicas: 1 # for the load
      template:
        metadata:
          labels: { app: shop }
          annotations:
            debug.cloud.google.com/config: '{"adapter":{"artifact":"shop/java","runtime":"jvm","ports":{"jdwp":5005}},"web":{"artifact":"shop/go","runtime":"go","workingDir":"/srv","ports":{"dlv":56268}}}'
        spec:
          containers:
            - name: web # the shop
              image: shop/go:1
              livenessProbe:
                httpGet: { path: /, port: 80 }
                timeoutSeconds: 600
              readinessProbe:
                exec: { command: [ready] }
              command:
                - /dbg/go/bin/dlv
                - exec
                - --headless
                - --continue
                - --accept-multiclient
                - --listen=:56268
                - --api-version=2
                - /app
              ports:
                - name: dlv
                  containerPort: 56268
              volumeMounts:
                - name: debugging-support-files
                  mountPath: /dbg
            - name: adapter
              image: shop/java:1
              startupProbe:
                httpGet: { path: /, port: 81 }
                timeoutSeconds: 900
              env:
                - name: JAVA_TOOL_OPTIONS
                  value: -agentlib:jdwp=transport=dt_socket,server=y,address=5005,suspend=n,quiet=y
              ports:
                - name: jdwp
                  containerPort: 5005
            - name: proxy
              image: envoy:v1
          initContainers:
            - name: install-go-debug-support
              image: helpers.example/go
              volumeMounts:
                - name: debugging-support-files
                  mountPath: /dbg
          volumes:
            - name: debugging-support-files
              emptyDir: {}
    "
  `)
  expect(events).toEqual([
    { type: 'debugReady', resource: 'deployment.apps/shop', container: 'web', runtime: 'go', ports: { dlv: 56_268 } },
    {
      type: 'debugReady',
      resource: 'deployment.apps/shop',
      container: 'adapter',
      runtime: 'jvm',
      ports: { jdwp: 5005 },
    },
  ])
})

test.each([
  ['v1', 'Pod', ''],
  ['v1', 'ReplicationController', 'spec.template.'],
  ['apps/v1', 'ReplicaSet', 'spec.template.'],
  ['apps/v1', 'StatefulSet', 'spec.template.'],
  ['apps/v1', 'DaemonSet', 'spec.template.'],
  ['batch/v1', 'Job', 'spec.template.'],
])('%s %s', async (apiVersion, kind, prefix) => {
  const pod = { metadata: { labels: { a: 'b' } }, spec: podSpec('shop/node:1') }
  const isPod = prefix === ''
  const { object } = await debug({
    apiVersion,
    kind,
    metadata: { name: 'a', ...(isPod ? pod.metadata : {}) },
    spec: isPod ? pod.spec : { replicas: 2, template: pod },
  })
  expect(JSON.stringify(object)).toContain('--inspect=0.0.0.0:9229')
  const isReplicated = !isPod && kind !== 'DaemonSet' && kind !== 'Job'
  if (!isPod) expect(object['spec']).toMatchObject({ replicas: isReplicated ? 1 : 2 })
  expect(isPod ? object : object['spec']).toMatchObject(
    isPod
      ? { metadata: { annotations: { 'debug.cloud.google.com/config': expect.stringContaining('nodejs') } } }
      : {
          template: {
            metadata: { annotations: { 'debug.cloud.google.com/config': expect.stringContaining('nodejs') } },
          },
        },
  )
})

test.each([
  ['apps/v1beta1', 'Deployment'],
  ['batch/v1', 'CronJob'],
])('%s %s is left as it is, which is said', async (apiVersion, kind) => {
  const template = { spec: podSpec('shop/node:1') }
  const { changed, events } = await debug({
    apiVersion,
    kind,
    metadata: { name: 'a' },
    spec: kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template },
  })
  expect(changed).toBe(false)
  const group = apiVersion.split('/')[0] ?? ''
  const text = `no debug transformation for: ${kind.toLowerCase()}.${group}/a (${apiVersion})`
  expect(events).toEqual([{ type: 'warning', text }])
})

test('kinds without pods and pods of other images are left as they are, without a word', async () => {
  for (const object of [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } },
    { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'a' }, spec: cronOf('busybox') },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { replicas: 2, template: { spec: podSpec('busybox') } },
    },
  ]) {
    expect(await debug(object)).toMatchObject({ changed: false, events: [] })
  }
})

test('a container that cannot be debugged is named with the reason, and keeps its replicas', async () => {
  const template = { spec: podSpec('shop/plain:1', 'shop/broken:1') }
  const { changed, events } = await debug({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { replicas: 2, template },
  })
  expect(changed).toBe(false)
  expect(events).toEqual([
    {
      type: 'warning',
      text: 'Image "c0" not configured for debugging: unable to determine runtime for "c0" (deployment.apps/a)',
      hint: 'set runtimeType of its artifact to go, jvm, netcore, nodejs or python',
    },
    {
      type: 'warning',
      text: 'Image "c1" not configured for debugging: its image cannot be read: gone (deployment.apps/a)',
    },
  ])
})

test('containers of one pod get ports of their own, and each runtime its files once', async () => {
  const spec = podSpec('shop/node:1', 'shop/node:1', 'shop/dotnet:1')
  const { object } = await debug({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec })
  expect(object['spec']).toMatchObject({
    containers: [
      { ports: [{ name: 'devtools', containerPort: 9229 }] },
      { ports: [{ name: 'devtools', containerPort: 9230 }] },
      { name: 'c2', volumeMounts: [{ mountPath: '/dbg' }] },
    ],
    initContainers: [{ name: 'install-nodejs-debug-support' }, { name: 'install-netcore-debug-support' }],
    volumes: [{ name: 'debugging-support-files', emptyDir: {} }],
  })
})

test('what is ready already stays as it is', async () => {
  const first = await debug({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: podSpec('shop/node:1') })
  const second = await debug(first.object)
  expect(second.object).toEqual(first.object)
  expect(second.events).toEqual([])
})

test.each([
  ['skip', 5],
  ['1h30m', 5400],
  ['nonsense', 600],
  ['100ms', 600],
])('pods say how patient probes are: %s', async (timeouts, seconds) => {
  const [container] = podSpec('shop/node:1').containers
  const probe = { httpGet: { port: 80 }, timeoutSeconds: 5 }
  const { object } = await debug({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', annotations: { 'debug.cloud.google.com/probe/timeouts': timeouts, mine: 'x' } },
    spec: { containers: [{ ...container, startupProbe: probe }] },
  })
  expect(object['spec']).toMatchObject({ containers: [{ startupProbe: { timeoutSeconds: seconds } }] })
  // its name is none that Kubernetes takes
  expect(Object.keys(object.metadata.annotations ?? {})).toEqual(['mine', 'debug.cloud.google.com/config'])
})

test('probes of containers that the user has made ready are patient, too', async () => {
  const probe = { httpGet: { port: 80 } }
  const containers = podSpec('shop/node:1', 'shop/node:1').containers.map((one) => ({ ...one, livenessProbe: probe }))
  const annotations = { 'debug.cloud.google.com/config': '{"c1":{"runtime":"nodejs"}}' }
  const { object } = await debug({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', annotations },
    spec: { containers },
  })
  expect(object['spec']).toEqual({
    containers: [containers[0], { ...containers[1], livenessProbe: { ...probe, timeoutSeconds: 600 } }],
  })
})

function podSpec(...names: readonly string[]): { readonly containers: readonly object[] } {
  return { containers: names.map((image, at) => ({ name: `c${at}`, image })) }
}

function cronOf(image: string): object {
  return { jobTemplate: { spec: { template: { spec: podSpec(image) } } } }
}

async function debug(given: string | object): Promise<{
  readonly object: Awaited<ReturnType<typeof debugObject>>
  readonly text: string
  readonly changed: boolean
  readonly events: readonly Event[]
}> {
  const [resource] = parseResources(typeof given === 'string' ? given : JSON.stringify(given), 'k8s.yaml')
  if (resource === undefined) throw new Error('no resource')
  const events: Event[] = []
  const options = {
    imageOf: (name: string) => {
      if (name === 'shop/broken:1') return Promise.reject(new ToolError('MANIFEST_UNKNOWN', 'gone'))
      const config = images[name]
      return Promise.resolve(config === undefined ? undefined : { artifact: name.replace(':1', ''), config })
    },
    protocols: [],
    helpersRegistry: 'helpers.example',
  }
  const object = await debugObject(resource.object, options, (event) => events.push(event))
  const text = printResources([reviseResource(resource, object)])
  return { object, text, changed: object !== resource.object, events }
}
