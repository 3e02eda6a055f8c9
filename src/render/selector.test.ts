import { describe, expect, test } from 'vitest'
import type { ResourceSelectorConfig } from '../config/index.ts'
import { parseResources, type ResourceObject } from '../resource/index.ts'
import { createSelector } from './selector.ts'

function object(text: string): ResourceObject {
  const [resource] = parseResources(text, 'k8s.yaml')
  if (resource === undefined) throw new Error('there is no object')
  return resource.object
}

const deployment = object(`apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    metadata: {}
    spec:
      initContainers: [{image: init}]
      containers: [{image: main}]
`)
const own = object(`apiVersion: example.com/v1
kind: Machine
metadata: {name: m}
spec:
  image: disk
  workers:
  - {image: w1, pod: {containers: [{image: inner}]}}
  - {image: w2, pod: {containers: []}}
`)

interface Seen {
  readonly images: readonly string[]
  readonly pods: readonly string[]
  readonly labels: readonly string[]
}

function see(config: ResourceSelectorConfig | undefined, of: ResourceObject): Seen {
  const selector = createSelector(config)
  return {
    images: selector.imageFields(of).map(({ value }) => value),
    pods: selector.podTemplates(of).map(({ path }) => path.join('.')),
    labels: selector.labelMaps(of).map((path) => path.join('.')),
  }
}

const known: Seen = {
  images: ['init', 'main'],
  pods: ['spec.template.spec'],
  labels: ['metadata.labels', 'spec.template.metadata.labels'],
}
const groupKind = 'Deployment.apps'
const machine = 'Machine.example.com'

describe('where images, pod specs and labels are', () => {
  test.each<[string, ResourceSelectorConfig | undefined, ResourceObject, Partial<Seen>]>([
    ['without rules', undefined, deployment, known],
    ['with rules for other kinds', { deny: [{ groupKind: 'Job.batch', image: ['.*'] }] }, deployment, known],
    ['every image denied', { deny: [{ groupKind, image: ['.*'] }] }, deployment, { ...known, images: [] }],
    [
      'one image denied',
      { deny: [{ groupKind, image: ['.spec.template.spec.initContainers.*.image'] }] },
      deployment,
      { ...known, images: ['main'] },
    ],
    ['pod specs denied', { deny: [{ groupKind, podSpec: ['.*'] }] }, deployment, { ...known, pods: [] }],
    [
      'labels of pods denied',
      { deny: [{ groupKind, labels: ['.spec.template.metadata.labels'] }] },
      deployment,
      { ...known, labels: ['metadata.labels'] },
    ],
    [
      'images allowed by path, the pod spec stays known',
      { allow: [{ groupKind, image: ['.spec.template.spec.containers.*.image'] }] },
      deployment,
      { images: ['main'], pods: known.pods, labels: [] },
    ],
    ['a kind that nobody knows', undefined, own, { images: [], pods: [], labels: ['metadata.labels'] }],
    [
      'every image of it',
      { allow: [{ groupKind: machine, image: ['.*'], labels: ['.*'] }] },
      own,
      { images: ['disk', 'w1', 'inner', 'w2'], pods: [], labels: ['metadata.labels'] },
    ],
    [
      'its paths',
      {
        allow: [
          {
            groupKind: machine,
            image: ['.spec.workers.*.image'],
            podSpec: ['.spec.workers.*.pod'],
            labels: ['.metadata.labels', '.spec.tags'],
          },
        ],
      },
      own,
      {
        images: ['w1', 'w2'],
        pods: ['spec.workers.0.pod', 'spec.workers.1.pod'],
        labels: ['metadata.labels', 'spec.tags'],
      },
    ],
    [
      'denied counts more than allowed',
      { allow: [{ groupKind: machine, image: ['.*'] }], deny: [{ groupKind: machine, image: ['.*'] }] },
      own,
      { images: [] },
    ],
    [
      'the last entry of a kind counts',
      {
        allow: [
          { groupKind: machine, image: ['.*'] },
          { groupKind: machine, image: ['.spec.image'] },
        ],
      },
      own,
      { images: ['disk'] },
    ],
  ])('%s', (_what, config, of, expected) => {
    expect(see(config, of)).toMatchObject(expected)
  })

  test('an allowed kind with its own pod specs is not called unplaceable', () => {
    const task = { ...own, apiVersion: 'tekton.dev/v1', kind: 'Task' }
    expect(createSelector(undefined).refusesPlacement(task)).toBe(true)
    const rule = { groupKind: 'Task.tekton.dev', podSpec: ['.spec.pod'] }
    expect(createSelector({ allow: [rule] }).refusesPlacement(task)).toBe(false)
  })
})
