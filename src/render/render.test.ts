import { describe, expect, test } from 'vitest'
import { ToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import { imageFields, parseResources, printResources, valueAt, type Resource } from '../resource/index.ts'
import { renderResources, type RenderRequest } from './index.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64' }

async function render(
  text: string,
  request: Partial<RenderRequest> = {},
): Promise<{ readonly resources: readonly Resource[]; readonly events: readonly Event[] }> {
  const events: Event[] = []
  const resources = await renderResources({
    resources: parseResources(text, 'k8s.yaml'),
    builtImages: [],
    labels: {},
    emit: (event) => events.push(event),
    placement: {
      enabled: false,
      nodes: [],
      forced: false,
      gke: false,
      inspect: () => Promise.reject(new Error('asked')),
    },
    ...request,
  })
  return { resources, events }
}

const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - image: ${image}\n`

describe('built images', () => {
  const reference = 'reg:5000/app:v1@sha256:00'
  const builtImages = [
    { image: 'app', reference },
    { image: 'ko://Example.com/Cmd', reference: 'cmd:1' },
  ]
  test.each([
    ['app', reference],
    ['app:latest', reference],
    ['"app:1"', reference],
    ['app@sha256:11', 'app@sha256:11'],
    ['app:1@sha256:11', 'app:1@sha256:11'],
    ['other/app', 'other/app'],
    ['docker.io/library/app', 'docker.io/library/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['app2', 'app2'],
    ['ko://example.com/cmd', 'cmd:1'],
    ['EXAMPLE.com/Cmd:x', 'cmd:1'],
  ])('%s becomes %s', async (written, expected) => {
    const { resources } = await render(pod(written), { builtImages })
    expect(resources.flatMap(imageFields).map((field) => field.value)).toEqual([expected])
  })

  test('an artifact that no resource uses is named', async () => {
    const { events } = await render(pod('app'), { builtImages })
    expect(events.map((event) => (event.type === 'warning' ? event.text : ''))).toEqual([
      'image [ko://Example.com/Cmd] is not used by any resource',
    ])
  })

  test('what the build knows is not asked for', async () => {
    const placement = {
      enabled: true,
      nodes: [],
      forced: true,
      gke: false,
      inspect: () => Promise.reject(new Error('asked')),
    }
    const { resources } = await render(pod('app'), {
      builtImages: [{ image: 'app', reference, platforms: [arm64, amd64] }],
      placement,
    })
    expect(resources.map((one) => one.text)).toEqual([
      `${pod(reference)}  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
        - matchExpressions:
          - key: kubernetes.io/os
            operator: In
            values:
            - linux
          - key: kubernetes.io/arch
            operator: In
            values:
            - amd64
        - matchExpressions:
          - key: kubernetes.io/os
            operator: In
            values:
            - linux
          - key: kubernetes.io/arch
            operator: In
            values:
            - arm64
`,
    ])
  })
})

describe('labels and namespaces', () => {
  const labels = { 'skaffold.dev/run-id': 'new', team: 'ours' }
  const template = (apiVersion: string, kind: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: a\n  labels: {team: theirs, skaffold.dev/run-id: old}\nspec:\n  template: {spec: {}}\n`
  test.each([
    ['Deployment', 'apps/v1', labels],
    ['Job', 'batch/v1', undefined],
  ])('of a %s', async (kind, apiVersion, inTemplate) => {
    const { resources } = await render(template(apiVersion, kind), { labels })
    const object = resources[0]?.object
    expect(object?.metadata.labels).toEqual({ team: 'theirs', 'skaffold.dev/run-id': 'new' })
    expect(valueAt(object, ['spec', 'template', 'metadata', 'labels'])).toEqual(inTemplate)
  })

  test('a namespace is set where one belongs and none is', async () => {
    const things = [
      ['v1', 'ConfigMap', ''],
      ['v1', 'ConfigMap', ', namespace: own'],
      ['v1', 'Namespace', ''],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole', ''],
      ['example.com/v1', 'Spaced', ''],
      ['example.com/v1', 'Global', ''],
    ]
    const text = things
      .map(([apiVersion, kind, more]) => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a${more}}\n`)
      .join('---\n')
    const { resources } = await render(text, { namespace: 'ns', isNamespaced: (object) => object.kind !== 'Global' })
    expect(resources.map((one) => one.object.metadata.namespace)).toEqual([
      'ns',
      'own',
      undefined,
      undefined,
      'ns',
      undefined,
    ])
  })

  test('nothing to do leaves every byte', async () => {
    const text = `# c\n${pod('"x"   # why')}---\n{"apiVersion": "v1", "kind": "Pod", "metadata": {"name":   "b"}}\n`
    expect(printResources((await render(text)).resources)).toBe(text)
  })
})

describe('looking images up', () => {
  function placement(thrown: Error): Partial<RenderRequest> {
    const inspect = (): Promise<never> => Promise.reject(thrown)
    return { placement: { enabled: true, nodes: [], forced: true, gke: false, inspect } }
  }

  test('an image that cannot be read is a warning', async () => {
    const { events, resources } = await render(pod('x'), placement(new ToolError('REFERENCE_INVALID', 'bad name')))
    expect(events).toEqual([
      {
        type: 'warning',
        text: 'pod/p: the platforms of x are not known, so it does not limit where the pod runs: bad name',
      },
    ])
    expect(printResources(resources)).toBe(pod('x'))
  })

  test.each([[new ToolError('ABORTED', 'stop')], [new TypeError('a bug')]])('%s ends the run', async (error) => {
    await expect(render(pod('x'), placement(error))).rejects.toBe(error)
  })

  test('kinds that take no rule are only warned about', async () => {
    const text = pod('x')
      .replace('v1', 'tekton.dev/v1')
      .replace('Pod', 'Task')
      .replace('  containers:\n  - image: x', '  steps: [{image: x}]')
    const nodes = [amd64, arm64].map((platform) => ({ name: platform.architecture, platform, labels: {}, taints: [] }))
    const inspect = () => Promise.resolve({ platforms: [amd64] })
    const { events, resources } = await render(text, {
      placement: { enabled: true, nodes, forced: false, gke: false, inspect },
    })
    expect(events).toMatchObject([
      {
        text: 'task.tekton.dev/p: x has no linux/arm64, only linux/amd64, and no placement rule can be written for this kind',
      },
    ])
    expect(printResources(resources)).toBe(text)
  })
})
