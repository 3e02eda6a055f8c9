import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HelmRelease } from '../../src/config/index.ts'
import type { Event } from '../../src/events/index.ts'
import { openKube, type KubeClient } from '../../src/kube/index.ts'
import {
  installReleases,
  loadManifests,
  renderResources,
  uninstallReleases,
  type InstalledRelease,
  type PlacementOptions,
  type SourceOutside,
} from '../../src/render/index.ts'
import { resourceName, valueAt, type Resource } from '../../src/resource/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { describeWithTools, findTool } from '../support/tools.ts'

const platforms: Readonly<Record<string, readonly string[]>> = {
  'reg.example.com/app:v1': ['amd64', 'arm64'],
  'third.example.com/proxy:2': ['arm64'],
  'third.example.com/migrate:3': ['amd64'],
}

const workload = (kind: string, name: string, image: string, more = ''): string => `apiVersion: apps/v1
kind: ${kind}
metadata:
  name: ${name}${more}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
      - {name: c, image: ${image}}
`

const chart: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': 'image: app\nreplicas: 1\n',
  'chart/templates/web.yaml': workload('Deployment', '{{ .Release.Name }}', '{{ .Values.image }}'),
  // not a Job: helm would wait for its end
  'chart/templates/hook.yaml': workload(
    'DaemonSet',
    'migrate',
    'third.example.com/migrate:3',
    '\n  annotations: {helm.sh/hook: post-install}',
  ),
  'chart/templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {replicas: {{ .Values.replicas | quote }}}\n',
  'chart/charts/proxy/Chart.yaml': 'apiVersion: v2\nname: proxy\nversion: 0.1.0\n',
  'chart/charts/proxy/templates/proxy.yaml': workload('StatefulSet', 'proxy', 'third.example.com/proxy:2'),
}

const release: HelmRelease = {
  name: 'web',
  chartPath: 'chart',
  valuesFiles: [],
  setValues: {},
  setValueTemplates: {},
  setFiles: {},
  skipBuildDependencies: false,
  skipTests: false,
  useHelmSecrets: false,
  recreatePods: false,
  wait: false,
}
const images = [{ image: 'app', reference: 'reg.example.com/app:v1' }]

/** The architectures that a pod template's own rule allows. */
function architecturesOf(object: unknown): readonly unknown[] {
  const path = [
    'spec',
    'template',
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
  ]
  const terms = valueAt(object, [...path, 'nodeSelectorTerms'])
  return Array.isArray(terms) ? terms.map((term) => valueAt(term, ['matchExpressions', 1, 'values', 0])) : []
}

for (const [program, major] of [
  ['helm', 4],
  ['helm3', 3],
] as const) {
  describeWithTools(`charts with helm ${major}`, [program], () => {
    let folder: string
    let sandbox: TestSandbox
    let client: KubeClient
    let outside: SourceOutside
    const events: Event[] = []

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'charts-'))
      for (const [name, text] of Object.entries(chart)) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), text)
      }
      await mkdir(join(folder, 'bin'))
      await symlink(findTool(program) ?? '', join(folder, 'bin', 'helm'))
      // a machine that can execute nothing for Linux: only objects count here
      sandbox = await startTestSandbox('1xlinux/amd64,1xlinux/arm64', { host: { os: 'plan9', architecture: 'amd64' } })
      const kubeconfig = sandbox.kubeconfigPath
      client = await openKube({ env: {}, runProcess, kubeconfig })
      const path = [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter)
      outside = {
        runProcess,
        env: { PATH: path, HOME: folder },
        signal: new AbortController().signal,
        emit: (event) => events.push(event),
        google: async () => Promise.reject(new Error('nothing comes from Google')),
        folder,
        cwd: folder,
        kubeconfig,
      }
    })
    afterAll(async () => {
      await client.close()
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    })

    const asked: string[] = []
    const placement: PlacementOptions = {
      enabled: true,
      nodes: ['amd64', 'arm64'].map((architecture) => ({
        name: architecture,
        platform: { os: 'linux', architecture },
        labels: {},
        taints: [],
      })),
      forced: false,
      gke: false,
      inspect: (reference) => {
        asked.push(reference)
        const found = platforms[reference]
        return Promise.resolve(
          found === undefined
            ? { platforms: 'unknown' }
            : { platforms: found.map((architecture) => ({ os: 'linux', architecture })) },
        )
      },
    }
    const change = (resources: readonly Resource[]): Promise<readonly Resource[]> =>
      renderResources({
        resources,
        builtImages: images,
        labels: { team: 'a' },
        placement,
        emit: outside.emit,
        onUsed: () => {},
      })

    async function install(
      own: Partial<HelmRelease>,
      more: { readonly setters?: Readonly<Record<string, string>> } = {},
    ): Promise<InstalledRelease> {
      const helm = { flags: {}, releases: [{ ...release, ...own }] }
      const [installed] = await installReleases(outside, { helm, images, setters: {}, change, ...more })
      if (installed === undefined) throw new Error('nothing was installed')
      return installed
    }

    async function placedIn(namespace: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
      const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({ apiVersion: 'apps/v1', kind }))
      const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace })))
      return Object.fromEntries(lists.flat().map((one) => [one.metadata.name, architecturesOf(one)]))
    }

    test('what is rendered is placed, sub-charts and hooks included', async () => {
      const manifests = { rawYaml: [], helm: { flags: {}, releases: [{ ...release, setValues: { replicas: '2' } }] } }
      const { resources } = await loadManifests(outside, { manifests, images, setters: { replicas: '3' } })
      const placed = (await change(resources)).map(({ object }) => [resourceName(object), architecturesOf(object)])
      expect(Object.fromEntries(placed)).toEqual({
        'configmap/config': [],
        'deployment.apps/web': ['amd64', 'arm64'],
        'statefulset.apps/proxy': ['arm64'],
        'daemonset.apps/migrate': ['amd64'],
      })
      expect(resources.find(({ object }) => object.kind === 'ConfigMap')?.object['data']).toEqual({ replicas: '3' })
    })

    test('what is installed is placed; helm 3 leaves hooks as they are and that is said', async () => {
      events.length = 0
      const installed = await install({ namespace: 'team', createNamespace: true })
      expect(installed).toMatchObject({ name: 'web', namespace: 'team', action: 'created' })
      const objects = installed.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)
      expect(objects.toSorted()).toEqual(['ConfigMap team/config', 'Deployment team/web', 'StatefulSet team/proxy'])
      expect(await placedIn('team')).toEqual({
        web: ['amd64', 'arm64'],
        proxy: ['arm64'],
        migrate: major === 4 ? ['amd64'] : [],
      })
      const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.text] : []))
      expect(warnings).toEqual(
        major === 4
          ? []
          : [expect.stringContaining('helm 3 installs the hook DaemonSet migrate as the chart has it') as string],
      )
      const web = await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'team' })
      expect(valueAt(web, ['spec', 'template', 'spec', 'containers', 0, 'image'])).toBe('reg.example.com/app:v1')
      expect(web?.metadata.labels).toMatchObject({ team: 'a' })
    })

    test('an upgrade takes new values, and is not made where it is not wanted', async () => {
      const upgraded = await install({ namespace: 'team', overrides: { replicas: 7 } })
      expect(upgraded.action).toBe('configured')
      const config = await client.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'config', namespace: 'team' })
      expect(config?.['data']).toEqual({ replicas: '7' })
      expect(await install({ namespace: 'team', upgradeOnChange: false })).toEqual({
        name: 'web',
        namespace: 'team',
        action: 'unchanged',
        objects: [],
      })
    })

    test('a chart is packed with another version', async () => {
      const packed = await install({ name: 'packed', packaged: { version: '9.9.9' } })
      expect(packed.action).toBe('created')
      const { stdout } = await runProcess({
        command: 'helm',
        args: ['list', '--kubeconfig', sandbox.kubeconfigPath, '-o', 'json'],
        env: outside.env,
      })
      expect(stdout).toContain('"chart":"web-9.9.9"')
    })

    test('what cannot be placed is not installed, and the reason is ours', async () => {
      const helm = { flags: {}, releases: [{ ...release, name: 'never', namespace: 'never', createNamespace: true }] }
      const reason = new Error('no platform runs it')
      const failing = installReleases(outside, { helm, images, setters: {}, change: () => Promise.reject(reason) })
      await expect(failing).rejects.toBe(reason)
      expect(await placedIn('never')).toEqual({})
    })

    test('a kind that the cluster does not have is named, with what to do', async () => {
      const monitor = 'apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\nspec: {}\n'
      await mkdir(join(folder, 'unknown/templates'), { recursive: true })
      await writeFile(join(folder, 'unknown/Chart.yaml'), 'apiVersion: v2\nname: unknown\nversion: 0.1.0\n')
      await writeFile(join(folder, 'unknown/templates/monitor.yaml'), monitor)
      await expect(install({ name: 'unknown', chartPath: 'unknown' })).rejects.toMatchObject({
        code: 'HELM_FAILED',
        message: expect.stringContaining('no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
        hint: expect.stringContaining('the cluster has no kind ServiceMonitor of monitoring.coreos.com/v1'),
      })
    })

    test('a release is removed with all it consists of', async () => {
      await install({ name: 'old', namespace: 'past', createNamespace: true })
      const releases = [
        { ...release, name: 'old', namespace: 'past' },
        { ...release, name: 'gone' },
      ]
      const helm = { flags: {}, releases }
      expect(await uninstallReleases(outside, { helm, dryRun: true })).toEqual(['old'])
      expect(await uninstallReleases(outside, { helm, dryRun: false })).toEqual(['old'])
      const left = await placedIn('past')
      // hooks belong to nobody
      expect(Object.keys(left)).toEqual(['migrate'])
      expect(await uninstallReleases(outside, { helm, dryRun: false })).toEqual([])
    })

    test('a cluster that does not answer is no release that is missing', async () => {
      const helm = { flags: {}, releases: [release] }
      await writeFile(
        join(folder, 'nowhere'),
        JSON.stringify({
          clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
          contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
          users: [{ name: 'u', user: {} }],
          'current-context': 'c',
        }),
      )
      const nowhere = { ...outside, kubeconfig: join(folder, 'nowhere') }
      await expect(installReleases(nowhere, { helm, images, setters: {}, change })).rejects.toMatchObject({
        code: 'HELM_FAILED',
        message: expect.stringContaining('looking for release web failed') as string,
      })
    })
  })
}
