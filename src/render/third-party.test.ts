import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Event } from '../events/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { parsePlatform } from '../platform/index.ts'
import { parseResources, printResources, resourceName, valueAt, type Resource } from '../resource/index.ts'
import { renderResources, type PlacementOptions, type RenderRequest } from './index.ts'

/** The placement defects of Skaffold that were measured on real clusters, one by one, and what has to happen instead. */
const host = { os: 'linux', architecture: 'amd64' }
const platforms: Readonly<Record<string, readonly string[]>> = {
  intel: ['linux/amd64'],
  arm: ['linux/arm64'],
  multi: ['linux/amd64', 'linux/arm64'],
  'mysql:5.7.44': ['linux/amd64'],
  'nginx:1.27.3': ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
  'busybox:1.37.0': ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6'],
  'prom/mysqld-exporter:v0.15.1': ['linux/amd64', 'linux/arm64'],
  armv6: ['linux/arm/v6', 'linux/amd64'],
}

function node(name: string, platform: string): NodeFacts {
  const parsed = parsePlatform(platform, host)
  return {
    name,
    platform: parsed,
    taints: [],
    labels: { 'kubernetes.io/os': parsed.os, 'kubernetes.io/arch': parsed.architecture },
  }
}

const mixed = [node('a', 'linux/amd64'), node('r', 'linux/arm64')]

async function render(
  text: string,
  placement: Partial<PlacementOptions> = {},
  more: Partial<RenderRequest> = {},
): Promise<{
  readonly resources: readonly Resource[]
  readonly events: readonly Event[]
  readonly asked: readonly string[]
}> {
  const events: Event[] = []
  const asked: string[] = []
  const resources = await renderResources({
    resources: parseResources(text, 'k8s.yaml'),
    builtImages: [],
    labels: {},
    emit: (event) => events.push(event),
    placement: {
      enabled: true,
      nodes: mixed,
      forced: false,
      gke: false,
      inspect: (reference) => {
        asked.push(reference)
        const known = platforms[reference]
        return Promise.resolve(
          known === undefined
            ? { platforms: 'unknown', reason: 'no such image' }
            : { platforms: known.map((one) => parsePlatform(one, host)) },
        )
      },
      ...placement,
    },
    ...more,
  })
  return { resources, events, asked }
}

const objects = {
  deployment: (name: string, ...images: readonly string[]) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n      containers:\n${images.map((image, index) => `      - {name: c${index}, image: ${image}}\n`).join('')}`,
  pod: (name: string, image: string, more = '') =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n  - name: c\n    image: ${image}\n${more}`,
  service: 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports: [{port: 80}]\n',
  cronJob: (image: string) =>
    `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec:\n  schedule: "* * * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers: [{name: c, image: ${image}}]\n`,
}
const list = (...texts: readonly string[]): string => texts.join('---\n')

/** `kind/name` → architectures of the rule in the pod spec, and whether anything stands where it does not belong. */
function rules(resources: readonly Resource[]): Readonly<Record<string, string>> {
  return Object.fromEntries(resources.map((resource) => [resourceName(resource.object), ruleOf(resource)]))
}

const podSpecs = [['spec', 'jobTemplate', 'spec', 'template', 'spec'], ['spec', 'template', 'spec'], ['spec']]

function ruleOf(resource: Resource): string {
  const path = podSpecs.find((one) => valueAt(resource.object, [...one, 'containers']) !== undefined)
  const strays = podSpecs.filter(
    (one) =>
      one !== path && ['affinity', 'tolerations'].some((key) => valueAt(resource.object, [...one, key]) !== undefined),
  )
  if (strays.length > 0) return `stray at ${strays.join(' ')}`
  const terms = valueAt(resource.object, [
    ...(path ?? []),
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  ])
  if (!Array.isArray(terms)) return 'none'
  return terms
    .map((term: { matchExpressions: { key: string; operator: string; values: string[] }[] }) =>
      term.matchExpressions
        .filter((one) => one.key === 'kubernetes.io/arch')
        .map((one) => `${one.operator} ${one.values.join('+')}`)
        .join(' & '),
    )
    .join(' | ')
}

describe('placement is decided per object', () => {
  const { deployment, pod, service, cronJob } = objects
  const both = 'In amd64 | In arm64'
  const oneNode = { nodes: mixed.slice(0, 1) }
  test.each<[string, string, Partial<PlacementOptions>, Readonly<Record<string, string>>]>([
    [
      '1 forced on a cluster of one platform',
      deployment('a', 'multi'),
      { ...oneNode, forced: true },
      { 'deployment.apps/a': both },
    ],
    ['1 not forced on a cluster of one platform', deployment('a', 'multi'), oneNode, { 'deployment.apps/a': 'none' }],
    [
      '2 two Deployments that share no platform',
      list(deployment('a', 'intel'), deployment('b', 'arm')),
      {},
      { 'deployment.apps/a': 'In amd64', 'deployment.apps/b': 'In arm64' },
    ],
    [
      '3 and one that has both',
      list(deployment('a', 'intel'), deployment('b', 'arm'), deployment('c', 'multi')),
      {},
      { 'deployment.apps/a': 'In amd64', 'deployment.apps/b': 'In arm64', 'deployment.apps/c': both },
    ],
    [
      '4 a neighbour is not pinned',
      list(deployment('a', 'intel'), deployment('c', 'multi')),
      {},
      { 'deployment.apps/a': 'In amd64', 'deployment.apps/c': both },
    ],
    [
      '5 a Pod together with Deployments',
      list(pod('p', 'intel'), deployment('c', 'multi')),
      {},
      { 'pod/p': 'In amd64', 'deployment.apps/c': both },
    ],
    [
      '6 a Pod, a Service and a CronJob',
      list(pod('p', 'intel'), service, cronJob('arm')),
      {},
      { 'pod/p': 'In amd64', 'service/s': 'none', 'cronjob.batch/j': 'In arm64' },
    ],
    [
      '8 an init container counts',
      pod('p', 'multi', '  initContainers: [{name: i, image: arm}]\n'),
      {},
      { 'pod/p': 'In arm64' },
    ],
    [
      '8 an ephemeral container does not',
      pod('p', 'multi', '  ephemeralContainers: [{name: i, image: arm}]\n'),
      {},
      { 'pod/p': both },
    ],
    [
      '9 also what a chart has rendered',
      `# Source: chart/templates/deployment.yaml\n${deployment('a', 'intel')}`,
      {},
      { 'deployment.apps/a': 'In amd64' },
    ],
    ['10 an image that cannot be read', deployment('a', 'intel', 'private'), {}, { 'deployment.apps/a': 'In amd64' }],
    [
      '11 a rule of the user is kept and narrowed',
      pod(
        'p',
        'multi',
        '  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64, s390x]}]}]}}}\n',
      ),
      {},
      { 'pod/p': 'In amd64+s390x & In amd64+arm64' },
    ],
    [
      '11 a nodeSelector that fits is left alone',
      pod('p', 'intel', '  nodeSelector: {kubernetes.io/arch: amd64}\n'),
      {},
      { 'pod/p': 'none' },
    ],
    ['12 variants become their architecture', pod('p', 'armv6'), {}, { 'pod/p': 'In amd64 | In arm' }],
    [
      '12 image volumes count',
      pod('p', 'multi', '  volumes: [{name: v, image: {reference: arm}}]\n'),
      {},
      { 'pod/p': 'In arm64' },
    ],
  ])('%s', async (_, text, placement, expected) => {
    const { resources } = await render(text, placement)
    expect(rules(resources)).toEqual(expected)
    const again = await render(printResources(resources), placement)
    expect(printResources(again.resources)).toBe(printResources(resources))
  })

  test('7 the toleration of GKE goes where pods are', async () => {
    const text = list(pod('p', 'multi'), service, cronJob('arm'), deployment('a', 'intel'))
    const { resources } = await render(text, { gke: true, nodes: [] })
    const toleration = [{ key: 'kubernetes.io/arch', operator: 'Equal', value: 'arm64', effect: 'NoSchedule' }]
    expect(resources.map((one) => podSpecs.map((path) => valueAt(one.object, [...path, 'tolerations'])))).toEqual([
      [undefined, undefined, toleration],
      [undefined, undefined, undefined],
      [toleration, undefined, undefined],
      [undefined, undefined, undefined],
    ])
    expect(rules(resources)['pod/p']).toBe('none')
  })

  test('10 the image that cannot be read is named', async () => {
    const { events } = await render(deployment('a', 'intel', 'private'))
    expect(events).toContainEqual({
      type: 'warning',
      text: 'deployment.apps/a: the platforms of private are not known, so it does not limit where the pod runs: no such image',
    })
  })

  test('11 rules that exclude the images are refused, all of them, with their places', async () => {
    const text = list(
      pod('p', 'arm', '  nodeSelector: {kubernetes.io/arch: amd64}\n'),
      service,
      deployment('x', 'intel', 'arm'),
    )
    await expect(render(text)).rejects.toMatchObject({
      code: 'PLACEMENT_CONFLICT',
      where: 'k8s.yaml:4:1',
      message: [
        'pod/p (k8s.yaml:4:1) can run nowhere: its images run on linux/arm64, which its own rules exclude (nodeSelector kubernetes.io/arch=amd64): arm has linux/arm64',
        'deployment.apps/x (k8s.yaml:21:5) can run nowhere: no platform runs all its images: intel has linux/amd64, arm has linux/arm64',
      ].join('\n'),
    })
    await expect(render(text, { enabled: false })).resolves.toBeDefined()
  })

  test('each image is looked up once, all at the same time', async () => {
    let running = 0
    let peak = 0
    const inspect: PlacementOptions['inspect'] = async () => {
      running += 1
      peak = Math.max(peak, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      return { platforms: [host] }
    }
    const text = list(deployment('a', 'x1', 'x2', 'x1'), deployment('b', 'x2', 'x3'), pod('p', 'x3'))
    await render(text, { inspect })
    expect(peak).toBe(3)
    const { asked } = await render(text)
    expect(asked).toEqual(['x1', 'x2', 'x3'])
    expect((await render(text, oneNode)).asked).toEqual([])
  })
})

/** Lines that `after` has and `before` has not; fails when one of `before` is gone or has moved. */
function addedLines(before: string, after: string): readonly string[] {
  const added: string[] = []
  const expected = before.split('\n')
  for (const line of after.split('\n')) {
    if (line === expected[0]) expected.shift()
    else added.push(line)
  }
  expect(expected).toEqual([])
  return added
}

describe('examples/third-party', () => {
  const files = ['orders.yaml', 'web.yaml'].map((file) =>
    readFileSync(new URL(`../../examples/third-party/k8s/${file}`, import.meta.url), 'utf8'),
  )

  test('every object gets its own rule, and nothing else changes', async () => {
    const { resources, events } = await render(list(...files))
    expect(rules(resources)).toEqual({
      'deployment.apps/orders': 'In amd64',
      'deployment.apps/web': 'In amd64 | In arm | In arm64',
      'service/web': 'none',
      'pod/smoke-test': 'In amd64 | In arm | In arm64',
    })
    expect(events).toContainEqual({
      type: 'placed',
      resource: 'deployment.apps/orders',
      platforms: ['linux/amd64'],
      reason: 'limited to linux/amd64 by mysql:5.7.44',
    })
    const added = addedLines(list(...files), printResources(resources))
    expect(
      added.filter(
        (line) =>
          !/^ +(?:(?:- )?(?:affinity|nodeAffinity|required|nodeSelector|matchEx|key|operator|values)|- (?:linux|amd64|arm))/.test(
            line,
          ),
      ),
    ).toEqual([])
  })
})
