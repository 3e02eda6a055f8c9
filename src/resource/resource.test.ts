import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import {
  editResource,
  imageFields,
  isClusterScoped,
  locateInResource,
  parseResources,
  podTemplates,
  printResources,
  resourceName,
  reviseResource,
  type Resource,
} from './index.ts'
import { isDeepEqual } from './write.ts'

function one(text: string): Resource {
  const [resource] = parseResources(text, 'k8s/a.yaml')
  if (resource === undefined) throw new Error('no resource')
  return resource
}

function configMap(data: string): unknown {
  return one(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  v: ${data}\n`).object['data']
}

describe('scalars are read as kubectl reads them', () => {
  test.each<[string, unknown]>([
    ['0644', 420],
    ['0o644', 420],
    ['-0644', -420],
    ['+0644', 420],
    ['yes', true],
    ['on', true],
    ['y', true],
    ['NO', false],
    ['Off', false],
    ['n', false],
    ['tRUE', 'tRUE'],
    ['1_000', 1000],
    ['1_', 1],
    ['_1', '_1'],
    ['1_0.5', 10.5],
    ['0b11', 3],
    ['0B11', 3],
    ['-0b1', -1],
    ['0b', '0b'],
    ['0x_1', 1],
    ['0x1F', 31],
    ['-0x1F', -31],
    ['0x', '0x'],
    ['0o8', '0o8'],
    ['09', 9],
    ['00', 0],
    ['2020-01-01', '2020-01-01'],
    ['12:30', '12:30'],
    ['1e3', 1000],
    ['1e+3', 1000],
    ['0.1e-7', 1e-8],
    ['+.5', 0.5],
    ['1.', 1],
    ['1.2.3', '1.2.3'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['!!str 1', '1'],
    ['"1"', '1'],
    ['=', '='],
    ['<<', '<<'],
  ])('%s is %j', (text, value) => {
    expect(configMap(text)).toEqual({ v: value })
  })
})

const pod = `# the pod
apiVersion: v1
kind: Pod # a kind
metadata:
  name: 'web'
spec:
  # the containers
  containers:
  - image: "nginx:1" # pinned
    name:   web
    args: [a,   b]
  nodeSelector: {}
  tolerations: # none
# end
`

describe('edits touch nothing else', () => {
  test('a scalar keeps its quotes and comments', () => {
    const edited = editResource(one(pod), [{ path: ['spec', 'containers', 0, 'image'], value: 'r/nginx:1@sha256:0' }])
    expect(edited.text).toBe(pod.replace('nginx:1', 'r/nginx:1@sha256:0'))
  })

  test('new members follow the last one, before later comments', () => {
    const edited = editResource(one(pod), [
      { path: ['metadata', 'labels', 'app'], value: 'yes' },
      { path: ['spec', 'affinity', 'nodeAffinity'], value: { terms: [{ key: 'a', values: ['b'] }] } },
      { path: ['spec', 'nodeSelector', 'kubernetes.io/arch'], value: 'amd64' },
      { path: ['spec', 'tolerations'], value: [{ key: 'x' }] },
      { path: ['spec', 'containers', 0, 'args', 2], value: 'c, d' },
    ])
    expect(edited.text).toBe(`# the pod
apiVersion: v1
kind: Pod # a kind
metadata:
  name: 'web'
  labels:
    app: 'yes'
spec:
  # the containers
  containers:
  - image: "nginx:1" # pinned
    name:   web
    args: [a,   b, "c, d"]
  nodeSelector:
    kubernetes.io/arch: amd64
  tolerations: # none
  - key: x
  affinity:
    nodeAffinity:
      terms:
      - key: a
        values:
        - b
# end
`)
  })

  test.each([
    [
      'four spaces and indented lists',
      'spec:\n    list:\n      - a: 1\n',
      'spec:\n    list:\n      - a: 1\n        b:\n            c:\n                - 1\n',
    ],
    ['no newline at the end', 'spec:\n  list:\n  - a: 1', 'spec:\n  list:\n  - a: 1\n    b:\n      c:\n      - 1\n'],
    ['flow style', 'spec: {list: [{a: 1}]}\n', 'spec: {list: [{a: 1, b: {c: [1]}}]}\n'],
    ['flow style over lines', 'spec: {\n  list: [ {a: 1,}, ]\n}\n', 'spec: {\n  list: [ {a: 1, b: {c: [1]},}, ]\n }\n'],
    ['a block scalar at the end', 'spec:\n  list:\n  - a: |\n      x\n\n', undefined],
    ['explicit keys', 'spec:\n  ? list\n  : - a: 1\n', undefined],
    [
      'windows line ends',
      'spec:\r\n  list:\r\n  - a: 1\r\n',
      'spec:\r\n  list:\r\n  - a: 1\r\n    b:\r\n      c:\r\n      - 1\r\n',
    ],
  ])('%s', (_, body, expected) => {
    const head = 'apiVersion: v1\nkind: X\nmetadata: {name: a}\n'
    const eol = (text: string): string => (body.includes('\r') ? text.replaceAll('\n', '\r\n') : text)
    const edited = editResource(one(eol(head) + body), [{ path: ['spec', 'list', 0, 'b'], value: { c: [1] } }])
    if (expected !== undefined) expect(edited.text).toBe(eol(head) + expected)
    expect(one(edited.text).object).toEqual(edited.object)
  })

  test('removal and changed shapes still say what the data says', () => {
    const edited = editResource(one(pod), [
      { path: ['spec', 'containers', 0, 'name'], value: undefined },
      { path: ['spec', 'nodeSelector'], value: 'text' },
      { path: ['kind'], value: 'Other' },
    ])
    expect(one(edited.text).object).toEqual(edited.object)
    expect(edited.text).toContain('kind: Other # a kind')
  })

  test('aliases of an edited anchor are written out, the others stay', () => {
    const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  labels: &labels
    app: a
spec:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      containers:
      - &c {name: a, image: app}
      initContainers:
      - <<: *c
        name: b
`
    const edited = editResource(one(text), [
      { path: ['metadata', 'labels', 'run'], value: '1' },
      { path: ['spec', 'template', 'spec', 'initContainers', 0, 'image'], value: 'other' },
    ])
    expect(edited.text).toContain('labels: &labels\n    app: a\n    run: "1"'.replaceAll('"', "'"))
    expect(edited.text).toContain('matchLabels: {app: a}')
    expect(edited.text).toContain('- <<: *c\n        name: b\n        image: other')
    expect(one(edited.text).object).toEqual(edited.object)
    const both = editResource(one(text), [{ path: ['spec', 'template', 'spec', 'containers', 0, 'image'], value: 'x' }])
    expect(one(both.text).object).toEqual(both.object)
    expect(both.text).toContain('- &c {name: a, image: x}')
    expect(imageFields(both).map((field) => field.value)).toEqual(['app', 'x'])
  })

  test('JSON stays JSON', () => {
    const json = '{\n\t"apiVersion": "v1", "kind": "Pod",\n\t"metadata": {"name": "a"}\n}\n'
    const edited = editResource(one(json), [{ path: ['metadata', 'labels'], value: { a: 'b' } }])
    expect(JSON.parse(edited.text)).toEqual(edited.object)
    expect(
      parseResources(printResources([edited, one(json)]), 'x').map((resource) => resourceName(resource.object)),
    ).toEqual(['pod/a', 'pod/a'])
  })

  test('any revision of any document keeps text and data the same', () => {
    const leaf = fc.oneof(
      fc.constantFrom('yes', '0644', 'a: b', '- x', '#', 'x y', '', '"', "'", 'l1\nl2', '*a'),
      fc.integer(),
      fc.boolean(),
    )
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'image', 'k.io/x', 'on'), tie('value'), { maxKeys: 3 }),
      ),
    })).value
    fc.assert(
      fc.property(json, json, (before, after) => {
        const base = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } }
        const first = reviseResource(one('# c\napiVersion: v1\nkind: X\nmetadata:\n  name: a\n'), {
          ...base,
          spec: before,
        })
        const second = reviseResource(first, { ...base, spec: after })
        expect(second.text.startsWith('# c\n')).toBe(true)
        expect(isDeepEqual(one(second.text).object, second.object)).toBe(true)
      }),
    )
  })
})

describe('files', () => {
  test('documents, lists and lone comments', () => {
    const text = `# licence
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata:
      name: a # first
    spec:
      x: |
        deep
  - {apiVersion: v1, kind: Service, metadata: {name: b}}
---
# nothing
--- # third
apiVersion: apps/v1
kind: Deployment
metadata: {name: c}
...
`
    const resources = parseResources(text, 'f.yaml')
    expect(resources.map((resource) => resourceName(resource.object))).toEqual([
      'pod/a',
      'service/b',
      'deployment.apps/c',
    ])
    expect(resources[0]?.text).toBe(
      '# licence\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a # first\nspec:\n  x: |\n    deep\n',
    )
    const [first, , third] = resources
    if (first === undefined || third === undefined) throw new Error('three resources are expected')
    expect(locateInResource(first, ['spec', 'x'])).toBe('f.yaml:11:7')
    expect(locateInResource(third, ['metadata', 'name'])).toBe('f.yaml:19:12')
    const printed = parseResources(printResources(resources), 'again')
    expect(printed.map((resource) => resource.object)).toEqual(resources.map((resource) => resource.object))
  })

  test('an unedited stream is printed byte for byte', () => {
    const text = `${pod}---\n${pod.replace('web', 'two')}`
    expect(printResources(parseResources(text, 'f'))).toBe(text)
  })

  test.each([
    ['a: [1\n', 'f.yaml:2:1'],
    ['---\napiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n', 'f.yaml:5:1'],
    ['apiVersion: v1\nkind: Pod\n', 'f.yaml:1:1'],
    ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: 12\n', 'f.yaml:4:9'],
    ['apiVersion: v1\nmetadata: {name: a}\n', 'f.yaml:1:1'],
    ['- 1\n', 'f.yaml:1:1'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}\n', 'f.yaml:3:21'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {name: *x}\n', 'f.yaml:3:18'],
    ['apiVersion: v1\nkind: Pod\nmetadata: &m {name: x, self: *m}\n', 'f.yaml:3:30'],
    ['{"apiVersion": "v1",\n\t"kind" "Pod"}', 'f.yaml:2:9'],
  ])('%j is refused at %s', (text, where) => {
    let error: unknown
    try {
      parseResources(text, 'f.yaml')
    } catch (error_) {
      error = error_
    }
    expect(isToolError(error, 'RESOURCE_INVALID') ? error.where : error).toBe(where)
  })

  test('aliases that multiply are refused', () => {
    const lines = Array.from(
      { length: 12 },
      (_, n) =>
        `  a${n}: &a${n} [${
          n === 0
            ? 'x'
            : Array(9)
                .fill(`*a${n - 1}`)
                .join(', ')
        }]`,
    )
    const bomb = `apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec:\n${lines.join('\n')}\n`
    expect(() => parseResources(bomb, 'f')).toThrow(/too many values/)
  })
})

describe('where pods and images are', () => {
  const spec = {
    containers: [{ image: 'main' }],
    initContainers: [{ image: 'init' }],
    volumes: [{ image: { reference: 'vol' } }],
  }
  test.each([
    ['v1', 'Pod', { spec }, [['spec']]],
    ['v1', 'PodTemplate', { template: { spec } }, [['template', 'spec']]],
    ['apps/v1', 'DaemonSet', { spec: { template: { spec } } }, [['spec', 'template', 'spec']]],
    [
      'batch/v1',
      'CronJob',
      { spec: { jobTemplate: { spec: { template: { spec } } } } },
      [['spec', 'jobTemplate', 'spec', 'template', 'spec']],
    ],
    ['argoproj.io/v1alpha1', 'Rollout', { spec: { template: { spec } } }, [['spec', 'template', 'spec']]],
    [
      'jobset.x-k8s.io/v1alpha2',
      'JobSet',
      { spec: { replicatedJobs: [{ template: { spec: { template: { spec } } } }] } },
      [['spec', 'replicatedJobs', 0, 'template', 'spec', 'template', 'spec']],
    ],
    [
      'leaderworkerset.x-k8s.io/v1',
      'LeaderWorkerSet',
      { spec: { leaderWorkerTemplate: { workerTemplate: { spec } } } },
      [['spec', 'leaderWorkerTemplate', 'workerTemplate', 'spec']],
    ],
    [
      'batch.volcano.sh/v1alpha1',
      'Job',
      { spec: { tasks: [{ template: { spec } }] } },
      [['spec', 'tasks', 0, 'template', 'spec']],
    ],
    [
      'kubeflow.org/v1',
      'PyTorchJob',
      { spec: { pytorchReplicaSpecs: { Worker: { template: { spec } } } } },
      [['spec', 'pytorchReplicaSpecs', 'Worker', 'template', 'spec']],
    ],
    ['serving.knative.dev/v1', 'Service', { spec: { template: { spec } } }, [['spec', 'template', 'spec']]],
    ['example.com/v1', 'Deployment', { spec: { template: { spec } } }, undefined],
  ])('%s %s', (apiVersion, kind, body, paths) => {
    const object = { apiVersion, kind, metadata: { name: 'a' }, ...body }
    expect(podTemplates({ object }).map((template) => template.path)).toEqual(paths ?? [])
    const images = imageFields({ object }).map((field) => field.value)
    expect(images).toEqual(paths === undefined ? [] : ['init', 'main', 'vol'])
  })

  test('any image key of the kinds that hold containers anywhere', () => {
    const object = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Workflow',
      metadata: { name: 'a' },
      spec: { templates: [{ script: { image: 'x' }, image: 3 }] },
    }
    expect(imageFields({ object })).toEqual([{ path: ['spec', 'templates', 0, 'script', 'image'], value: 'x' }])
  })

  test.each([
    ['v1', 'Namespace', true],
    ['v1', 'Pod', false],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', true],
    ['networking.k8s.io/v1', 'Ingress', false],
    ['example.com/v1', 'Thing', undefined],
  ])('%s %s is cluster-scoped: %s', (apiVersion, kind, scope) => {
    expect(isClusterScoped({ apiVersion, kind })).toBe(scope)
  })
})
