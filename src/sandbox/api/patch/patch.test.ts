import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalJson, type JsonObject } from '../../store/index.ts'
import { structType } from '../schema/definitions.ts'
import { applyConfiguration, type ApplyRequest } from './apply.ts'
import { differenceOf, formatFieldsV1, intersectionOf, parseFieldsV1, unionOf, type FieldSet } from './field-set.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicMerge } from './strategic-merge.ts'

describe('JSON patch', () => {
  test.each<[string, object, readonly object[], object]>([
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds an item', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['appends an item', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['removes', { a: { b: 1, c: 2 } }, [{ op: 'remove', path: '/a/b' }], { a: { c: 2 } }],
    ['removes an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
    ['replaces', { a: [{ b: 1 }] }, [{ op: 'replace', path: '/a/0/b', value: 2 }], { a: [{ b: 2 }] }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    ['copies', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
    [
      'tests first',
      { a: 1 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    [
      'reads escapes',
      { 'a/b': { 'c~d': 1 } },
      [{ op: 'replace', path: '/a~1b/c~0d', value: 2 }],
      { 'a/b': { 'c~d': 2 } },
    ],
  ])('%s', (_, target, patch, expected) => {
    expect(applyJsonPatch({ ...target }, patch)).toEqual(expected)
  })

  test.each<[string, readonly object[]]>([
    ['a member that is not there', [{ op: 'remove', path: '/x' }]],
    ['an item beyond the end', [{ op: 'add', path: '/a/5', value: 1 }]],
    ['a test that fails', [{ op: 'test', path: '/a', value: [] }]],
    ['an operation that is none', [{ op: 'swap', path: '/a' }]],
    ['a parent that is not there', [{ op: 'add', path: '/x/y', value: 1 }]],
    ['the root of something else', [{ op: 'replace', path: '', value: 1 }]],
  ])('refuses %s', (_, patch) => {
    expect(() => applyJsonPatch({ a: [1] }, patch)).toThrow(
      expect.objectContaining({ body: expect.objectContaining({ code: 422 }) }),
    )
  })
})

describe('merge patch', () => {
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: 'foo' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j is %j (RFC 7396)', (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected)
  })
})

describe('strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
        { name: 'b', image: 'b:1' },
      ],
      tolerations: [{ key: 'x' }],
      nodeSelector: { a: 'b' },
    },
    metadata: { finalizers: ['one'] },
  }

  test.each<[string, object, object]>([
    [
      'merges containers by name',
      { spec: { containers: [{ name: 'b', image: 'b:2' }] } },
      { spec: { ...pod.spec, containers: [pod.spec.containers[0], { name: 'b', image: 'b:2' }] } },
    ],
    [
      'deletes a container',
      { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
      { spec: { ...pod.spec, containers: [pod.spec.containers[1]] } },
    ],
    [
      'replaces a list',
      { spec: { containers: [{ $patch: 'replace' }, { name: 'c', image: 'c' }] } },
      { spec: { ...pod.spec, containers: [{ name: 'c', image: 'c' }] } },
    ],
    [
      'replaces lists without a key',
      { spec: { tolerations: [{ key: 'y' }] } },
      { spec: { ...pod.spec, tolerations: [{ key: 'y' }] } },
    ],
    [
      'orders as told',
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      { spec: { ...pod.spec, containers: [pod.spec.containers[1], pod.spec.containers[0]] } },
    ],
    [
      'adds to a set and takes from it',
      { metadata: { finalizers: ['two'], '$deleteFromPrimitiveList/finalizers': ['one'] } },
      { metadata: { finalizers: ['two'] } },
    ],
    [
      'removes what is null',
      { spec: { nodeSelector: null } },
      { spec: { containers: pod.spec.containers, tolerations: pod.spec.tolerations } },
    ],
    [
      'keeps only what it says',
      { spec: { $retainKeys: ['nodeSelector'], nodeSelector: { c: 'd' } } },
      { spec: { nodeSelector: { a: 'b', c: 'd' } } },
    ],
  ])('%s', (_, patch, expected) => {
    expect(applyStrategicMerge(pod, { ...patch }, 'Pod')).toEqual({ ...pod, ...expected })
  })
})

describe('server-side apply', () => {
  const base = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd' } }
  const container = (image: string, more: object = {}): object => ({ name: 'c', image, ...more })
  const deployment = (spec: object): JsonObject => ({ ...base, spec })
  const withContainers = (...containers: readonly object[]): JsonObject =>
    deployment({ template: { spec: { containers } } })

  function apply(
    live: JsonObject | undefined,
    manager: string,
    config: JsonObject,
    more: Partial<ApplyRequest> = {},
  ): JsonObject {
    return applyConfiguration({
      live,
      config,
      type: structType('Deployment'),
      writer: { manager, operation: 'Apply', apiVersion: 'apps/v1', subresource: '' },
      force: false,
      time: '2026-01-01T00:00:00Z',
      complete: (object) => object,
      ...more,
    })
  }

  const specOf = ({ spec }: JsonObject): unknown => spec
  const managersOf = (object: JsonObject): readonly string[] =>
    (object['metadata'] as { managedFields?: readonly { manager: string }[] }).managedFields?.map(
      ({ manager }) => manager,
    ) ?? []

  test('removes what its manager leaves out', () => {
    const first = apply(undefined, 'one', deployment({ replicas: 2, paused: true }))
    expect(specOf(apply(first, 'one', deployment({ replicas: 2 })))).toEqual({ replicas: 2 })
  })

  test('keeps what another manager has', () => {
    const first = apply(undefined, 'one', withContainers(container('a')))
    const second = apply(first, 'two', withContainers({ name: 'side', image: 's' }))
    expect(specOf(apply(second, 'one', withContainers(container('b'))))).toEqual({
      template: { spec: { containers: [container('b'), { name: 'side', image: 's' }] } },
    })
  })

  test('shares equal values, and keeps them until the last manager leaves', () => {
    const shared = apply(apply(undefined, 'one', deployment({ replicas: 2 })), 'two', deployment({ replicas: 2 }))
    expect(managersOf(shared).toSorted()).toEqual(['one', 'two'])
    const left = apply(shared, 'one', base)
    expect(specOf(left)).toEqual({ replicas: 2 })
    expect(specOf(apply(left, 'two', base))).toBeUndefined()
  })

  test('refuses to change what another manager has, and says what', () => {
    const first = apply(undefined, 'one', withContainers(container('a')))
    expect(() => apply(first, 'two', withContainers(container('b')))).toThrow(
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="c"].image',
    )
  })

  test('takes it when forced', () => {
    const first = apply(undefined, 'one', withContainers(container('a')))
    const second = apply(first, 'two', withContainers(container('b')), { force: true })
    expect(specOf(second)).toEqual({ template: { spec: { containers: [container('b')] } } })
    expect(() => apply(second, 'one', withContainers(container('a')))).toThrow('conflict with "two"')
  })

  test('a second time changes nothing', () => {
    const config = withContainers(container('a', { env: [{ name: 'X', value: '1' }] }))
    const first = apply(undefined, 'one', config)
    expect(apply(first, 'one', config, { time: '2026-02-02T00:00:00Z' })).toEqual(first)
  })
})

/** Sets of paths of at most three steps over a few names. */
const fieldSets = setsOf(setsOf(setsOf(fc.constant(new Map()))))

function setsOf(children: fc.Arbitrary<FieldSet | ReadonlyMap<string, FieldSet>>): fc.Arbitrary<FieldSet> {
  const below = fc.dictionary(fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:1'), children, { maxKeys: 3 })
  return fc.record({ isMember: fc.boolean(), children: below.map(onlySets) })
}

function onlySets(members: Readonly<Record<string, FieldSet | ReadonlyMap<string, FieldSet>>>): Map<string, FieldSet> {
  return new Map(Object.entries(members).filter((entry): entry is [string, FieldSet] => 'isMember' in entry[1]))
}

const same = (one: FieldSet, other: FieldSet): boolean => equalJson(formatFieldsV1(one), formatFieldsV1(other))

describe('sets of fields', () => {
  test('what is left and what is common make the whole', () => {
    fc.assert(
      fc.property(fieldSets, fieldSets, (one, other) => {
        const whole = unionOf(differenceOf(one, other), intersectionOf(one, other))
        expect(formatFieldsV1(whole)).toEqual(formatFieldsV1(intersectionOf(one, one)))
      }),
    )
  })

  test('nothing of the other is left in a difference', () => {
    fc.assert(
      fc.property(fieldSets, fieldSets, (one, other) => {
        const common = intersectionOf(differenceOf(one, other), other)
        expect(formatFieldsV1(common)).toEqual({})
      }),
    )
  })

  test('union and intersection do not depend on the order', () => {
    fc.assert(
      fc.property(fieldSets, fieldSets, (one, other) => {
        expect(same(unionOf(one, other), unionOf(other, one))).toBe(true)
        expect(same(intersectionOf(one, other), intersectionOf(other, one))).toBe(true)
      }),
    )
  })

  test('are what their text says', () => {
    fc.assert(
      fc.property(fieldSets, (set) => {
        const text = formatFieldsV1(set)
        expect(formatFieldsV1(parseFieldsV1(text))).toEqual(text)
      }),
    )
  })
})
