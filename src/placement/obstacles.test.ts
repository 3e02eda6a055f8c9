import { describe, expect, test } from 'vitest'
import { obstaclesOn, type PodSpec, type ScheduledNode } from './index.ts'

const node: ScheduledNode = {
  name: 'n',
  labels: { 'kubernetes.io/arch': 'arm64', zone: 'a' },
  taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
  isCordoned: false,
}
const tolerations = [{ operator: 'Exists' }]

function requiring(...terms: readonly object[]): PodSpec {
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }
  return { tolerations, affinity: { nodeAffinity: required } }
}

const isIntel = { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }
const inZoneA = { key: 'zone', operator: 'In', values: ['a'] }
const inZoneB = { key: 'zone', operator: 'In', values: ['b'] }

describe('what keeps a pod off a node', () => {
  test.each<[string, PodSpec, Partial<ScheduledNode>, readonly string[]]>([
    ['nothing', { tolerations }, {}, []],
    [
      'each label that a selector asks for',
      { tolerations, nodeSelector: { 'kubernetes.io/arch': 'amd64', zone: 'a', disk: 'ssd' } },
      {},
      ['nodeSelector kubernetes.io/arch=amd64', 'nodeSelector disk=ssd'],
    ],
    [
      'the expressions of a term that fail',
      requiring({ matchExpressions: [isIntel, inZoneA] }),
      {},
      ['node affinity kubernetes.io/arch In [amd64]'],
    ],
    [
      'every term',
      requiring({ matchExpressions: [isIntel] }, { matchExpressions: [inZoneB] }),
      {},
      ['node affinity kubernetes.io/arch In [amd64], or zone In [b]'],
    ],
    ['no term, when one matches', requiring({ matchExpressions: [isIntel] }, { matchExpressions: [inZoneA] }), {}, []],
    [
      'another name',
      requiring({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m'] }] }),
      {},
      ['node affinity metadata.name In [m]'],
    ],
    ['an empty term', requiring({}), {}, ['node affinity an empty term, which no node matches']],
    ['a taint', {}, {}, ['taint dedicated=db:NoSchedule']],
    ['a cordon', { tolerations }, { isCordoned: true }, ['cordon']],
  ])('%s', (_, podSpec, more, expected) => {
    expect(obstaclesOn(podSpec, { ...node, ...more })).toEqual(expected)
  })
})
