import { describe, expect, test } from 'vitest'
import type { NodeObject, PodSpec, Toleration } from '../kinds.ts'
import { acceptsNode, preferenceFor, untolerated } from './match-node.ts'

const node = {
  metadata: { name: 'one', labels: { arch: 'arm64', cores: '8', zone: '' } },
  spec: { taints: [{ key: 'arch', value: 'arm64', effect: 'NoSchedule' }] },
} as unknown as NodeObject

function affinity(...terms: readonly object[]): PodSpec {
  const required = { nodeSelectorTerms: terms }
  return {
    containers: [],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  }
}

function expression(key: string, operator: string, ...values: readonly string[]): object {
  return { matchExpressions: [{ key, operator, values }] }
}

describe('required affinity', () => {
  test.each<[string, PodSpec, boolean]>([
    ['In', affinity(expression('arch', 'In', 'amd64', 'arm64')), true],
    ['In of others', affinity(expression('arch', 'In', 'amd64')), false],
    ['NotIn', affinity(expression('arch', 'NotIn', 'amd64')), true],
    ['NotIn of a label that is not there', affinity(expression('gpu', 'NotIn', 'a')), true],
    ['Exists of an empty value', affinity(expression('zone', 'Exists')), true],
    ['DoesNotExist', affinity(expression('gpu', 'DoesNotExist')), true],
    ['Gt', affinity(expression('cores', 'Gt', '7')), true],
    ['Gt of the same', affinity(expression('cores', 'Gt', '8')), false],
    ['Lt', affinity(expression('cores', 'Lt', '10')), true],
    ['Lt of text', affinity(expression('arch', 'Lt', '10')), false],
    ['an unknown operator', affinity(expression('arch', 'Like', 'arm64')), false],
    ['an empty term', affinity({}), false],
    ['an empty term beside one that matches', affinity({}, expression('arch', 'Exists')), true],
    ['no terms', affinity(), false],
    ['a field', affinity({ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['two'] }] }), true],
    [
      'a field and an expression that fails',
      affinity({
        matchFields: [{ key: 'metadata.name', operator: 'In', values: ['one'] }],
        ...expression('arch', 'In', 'amd64'),
      }),
      false,
    ],
    ['a selector as well', { ...affinity(expression('arch', 'Exists')), nodeSelector: { arch: 'amd64' } }, false],
    ['nothing', { containers: [] }, true],
  ])('%s', (_, spec, expected) => {
    expect(acceptsNode(spec, node)).toBe(expected)
  })
})

test('preferences add up', () => {
  const preferred = [
    { weight: 3, preference: expression('arch', 'Exists') },
    { weight: 4, preference: expression('cores', 'Exists') },
    { weight: 50, preference: {} },
    { weight: 60, preference: expression('gpu', 'Exists') },
  ]
  expect(preferenceFor({ preferredDuringSchedulingIgnoredDuringExecution: preferred }, node)).toBe(7)
})

describe('a taint', () => {
  test.each<[string, Toleration, boolean]>([
    ['is tolerated by its key and value', { key: 'arch', value: 'arm64' }, true],
    ['is tolerated with its effect', { key: 'arch', operator: 'Equal', value: 'arm64', effect: 'NoSchedule' }, true],
    ['is not tolerated with another effect', { key: 'arch', value: 'arm64', effect: 'NoExecute' }, false],
    ['is not tolerated with another value', { key: 'arch', value: 'amd64' }, false],
    ['is tolerated by its key', { key: 'arch', operator: 'Exists' }, true],
    ['is tolerated by everything', { operator: 'Exists' }, true],
    ['is not tolerated by another key', { key: 'x', operator: 'Exists' }, false],
    ['is not tolerated by an empty key', { value: 'arm64' }, false],
  ])('%s', (_, toleration, expected) => {
    expect(untolerated(node, [toleration], ['NoSchedule']).length === 0).toBe(expected)
  })

  test('of another effect does not matter', () => {
    expect(untolerated(node, undefined, ['NoExecute'])).toEqual([])
  })
})
