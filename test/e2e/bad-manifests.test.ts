import { createWriteStream } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { registryReader } from '../support/registry-reader.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Manifests that nobody can read, or only with patience. */

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.close()
})

const renderOnly = 'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  rawYaml: [app.yaml]\n'
const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n'

test.each([
  ['broken YAML', `${settings}data:\n  a: [b\n`, /app\.yaml:7:1/],
  ['a tab for indentation', `${settings}data:\n\ta: b\n`, /app\.yaml:6:1/],
  ['a key twice', `${settings}kind: Secret\n`, /app\.yaml:5:1/],
  ['no kind', 'apiVersion: v1\nmetadata:\n  name: a\n', /app\.yaml:1:1/],
  ['no name, in the second document', `${settings}---\napiVersion: v1\nkind: Pod\nmetadata: {}\n`, /app\.yaml:8:\d+/],
  ['an alias of nothing', `${settings}data: *none\n`, /app\.yaml:5:7/],
])('%s is told with its place', async (_, manifest, place) => {
  await bench.write({ 'skaffold.yaml': renderOnly, 'app.yaml': manifest })
  const result = await bench.run(['render', '--digest-source=none'])
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error RESOURCE_INVALID: app\.yaml is not a valid Kubernetes manifest: /m)
  expect(result.stderr).toMatch(place)
  expect(result.stdout).toBe('')
})

test('a manifest with a mistake is refused before anything is built', async () => {
  const sandbox = await bench.sandbox('1xlinux/amd64')
  await bench.write({ ...sampleProject(), 'k8s-pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  - name: a\n' })
  const args = [`--kubeconfig=${sandbox.kubeconfig}`, `--default-repo=${sandbox.registry}`, '-t', 'v1']
  const result = await bench.run(['run', ...args])
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error RESOURCE_INVALID: k8s-pod\.yaml /m)
  expect(result.output).not.toContain('Starting build')
  expect(await registryReader(sandbox.registry).tags('skaffold-example')).toEqual([])
})

test('a kind that the cluster does not know is rendered as it is, and refused by name when it is deployed', async () => {
  const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  image: nginx # of nobody\n'
  await bench.write({ 'skaffold.yaml': renderOnly, 'app.yaml': widget })
  const rendered = await bench.run(['render', '--digest-source=none'])
  expect(rendered.stdout).toBe(widget)
  const sandbox = await bench.sandbox('1xlinux/amd64')
  const result = await bench.run(['run', `--kubeconfig=${sandbox.kubeconfig}`])
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error KUBE_UNKNOWN_KIND: .*Widget/m)
  expect(result.stderr).toMatch(/^fix: \S/m)
})

test('50 MB of manifests are rendered in little memory', async () => {
  await bench.write({ 'skaffold.yaml': renderOnly })
  const file = createWriteStream(bench.path('app.yaml'))
  const text = `data:\n  text: |\n${'    words and words and words\n'.repeat(30)}---\n`
  const count = Math.ceil((50 * 1024 * 1024) / (settings.length + text.length))
  for (let at = 0; at < count; at += 1) {
    const document = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-${at}\n${text}`
    if (!file.write(document)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
  const args = ['render', '--digest-source=none', '--label=team=a', '--output=out.yaml']
  const result = await bench.run(args, { env: { NODE_OPTIONS: '--max-old-space-size=500' } })
  expect(result.code, result.output).toBe(0)
})

test.each([
  ['what is no YAML', 'Error: {{ garbage', /RESOURCE_INVALID: helm release web /],
  ['bytes', '\\377\\000\\001', /RESOURCE_INVALID: helm release web |HELM_FAILED/],
  ['YAML that is no manifest', 'a: [1, 2]\\n', /RESOURCE_INVALID: helm release web /],
])('a chart that prints %s is named', async (_, output, error) => {
  await bench.write({
    'skaffold.yaml':
      'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  helm:\n    releases:\n      - {name: web, chartPath: chart}\n',
    'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    'bin/helm': `#!/bin/sh\nprintf '${output}'\n`,
  })
  await chmod(bench.path('bin/helm'), 0o755)
  const result = await bench.run(['render', '--digest-source=none'], {
    env: { PATH: `${bench.path('bin')}:/usr/bin:/bin` },
  })
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(error)
  expect(result.stderr).toMatch(/^fix: \S/m)
  expect(result.stdout).toBe('')
})
