import { expect, test } from 'vitest'
import type { KubeObject } from '../contract.ts'
import { handoverOf } from './client-side-apply.ts'

const annotation = { 'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {} } }

function entry(manager: string, fieldsV1: object, more: object = {}): object {
  return { manager, operation: 'Update', apiVersion: 'v1', time: 'T', fieldsType: 'FieldsV1', fieldsV1, ...more }
}

function object(...managedFields: readonly object[]): KubeObject {
  const metadata = { name: 'a', namespace: 'n', resourceVersion: '7', managedFields }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata }
}

/** The managers after it, each with its operation and fields; undefined when there is nothing to hand over. */
function after(...managedFields: readonly object[]): unknown {
  const handover = handoverOf(object(...managedFields), 'catamaran')
  if (handover === undefined) return undefined
  const [{ value = [] } = {}] = handover.patch as { value?: readonly Record<string, unknown>[] }[]
  return value.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1])
}

const kubectl = entry('kubectl-client-side-apply', { 'f:metadata': annotation, 'f:data': { 'f:a': {} } })

test('the newest client-side applier becomes the server-side one', () => {
  expect(handoverOf(object(kubectl), 'catamaran')).toEqual({
    from: ['kubectl-client-side-apply'],
    patch: [
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [{ ...kubectl, manager: 'catamaran', operation: 'Apply' }],
      },
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    ],
  })
})

test('an applier that is there already gets the fields beside its own', () => {
  const own = entry('catamaran', { 'f:data': { '.': {}, 'f:b': {} } }, { operation: 'Apply' })
  expect(after(own, kubectl)).toEqual([
    ['catamaran', 'Apply', { 'f:metadata': annotation, 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } }],
  ])
})

test('a field that is owned itself by one, and below by the other, keeps both', () => {
  const own = entry('catamaran', { 'f:data': {} }, { operation: 'Apply' })
  expect(after(own, kubectl)).toEqual([
    ['catamaran', 'Apply', { 'f:metadata': annotation, 'f:data': { '.': {}, 'f:a': {} } }],
  ])
})

test('fields of another API version go with their manager, as kubectl does it', () => {
  const own = entry('catamaran', { 'f:data': {} }, { operation: 'Apply', apiVersion: 'v2' })
  expect(after(own, kubectl)).toEqual([['catamaran', 'Apply', { 'f:data': {} }]])
})

test('every manager that owns the annotation hands over, others keep what they have', () => {
  const edit = entry('kubectl-edit', { 'f:data': { 'f:c': {} } })
  const status = entry('kubectl-client-side-apply', { 'f:status': {} }, { subresource: 'status' })
  const second = entry('kubectl-create', { 'f:metadata': annotation, 'f:data': { 'f:d': {} } })
  expect(after(edit, kubectl, second, status)).toEqual([
    ['kubectl-edit', 'Update', { 'f:data': { 'f:c': {} } }],
    ['catamaran', 'Apply', { 'f:metadata': annotation, 'f:data': { 'f:a': {}, 'f:d': {} } }],
    ['kubectl-client-side-apply', 'Update', { 'f:status': {} }],
  ])
})

test.each<[string, readonly object[]]>([
  ['nobody manages it', []],
  ['it was never applied in that way', [entry('helm', { 'f:data': { 'f:a': {} } })]],
  [
    'the annotation was applied by the server',
    [entry('kubectl', { 'f:metadata': annotation }, { operation: 'Apply' })],
  ],
])('nothing is handed over when %s', (_, managedFields) => {
  expect(after(...managedFields)).toBeUndefined()
})
