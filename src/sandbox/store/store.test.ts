import { describe, expect, test } from 'vitest'
import type { StoreEvent } from '../store-contract.ts'
import { createStore, type RevisionedStore } from './index.ts'

const pods = { group: '', resource: 'pods' }
const configMaps = { group: '', resource: 'configmaps' }
const clock = (): Date => new Date('2026-01-02T03:04:05.678Z')

function storeWith(options: { readonly historyLength?: number } = {}): RevisionedStore {
  return createStore({ clock, ...options })
}

function podNamed(name: string, members: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'n', ...members }, spec: {} }
}

describe('create', () => {
  test('fills in identity and time', () => {
    const store = storeWith()
    const { metadata } = store.create(pods, podNamed('a'))
    expect(metadata).toMatchObject({ name: 'a', namespace: 'n', generation: 1 })
    expect(metadata.creationTimestamp).toBe('2026-01-02T03:04:05Z')
    expect(metadata.resourceVersion).toBe(String(store.revision()))
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('refuses a name that is taken, in the same namespace only', () => {
    const store = storeWith()
    store.create(pods, podNamed('a'))
    expect(() => store.create(pods, podNamed('a'))).toThrow(expect.objectContaining({ code: 'SANDBOX_OBJECT_EXISTS' }))
    expect(store.create(pods, podNamed('a', { namespace: 'other' })).metadata.namespace).toBe('other')
  })

  test('generates names', () => {
    const store = storeWith()
    const made = store.create(pods, { ...podNamed(''), metadata: { generateName: 'web-', namespace: 'n' } })
    expect(made.metadata.name).toMatch(/^web-[bcdf-hj-np-tv-xz2456789]{5}$/)
    expect(store.get(pods, 'n', made.metadata.name)).toBe(made)
  })

  test('completes what anyone creates', () => {
    const made = storeWith().create(pods, { ...podNamed('a'), spec: { containers: [{ name: 'c', image: 'x' }] } })
    expect(made['spec']).toMatchObject({ restartPolicy: 'Always', containers: [{ imagePullPolicy: 'Always' }] })
  })

  test('keeps a copy of its own, frozen', () => {
    const store = storeWith()
    const draft = { ...podNamed('a'), data: { list: [1] } }
    const made = store.create(pods, draft)
    draft.data.list.push(2)
    expect(made['data']).toEqual({ list: [1] })
    expect(() => Object.assign(made['data'] as object, { x: 1 })).toThrow(TypeError)
  })
})

describe('update', () => {
  test('of nothing is undefined', () => {
    expect(storeWith().update(pods, { namespace: 'n', name: 'a' }, (pod) => pod)).toBeUndefined()
  })

  test('that changes nothing writes nothing', () => {
    const store = storeWith()
    const made = store.create(pods, podNamed('a'))
    expect(store.update(pods, { namespace: 'n', name: 'a' }, (pod) => structuredClone(pod))).toBe(made)
    expect(String(store.revision())).toBe(made.metadata.resourceVersion)
  })

  test.each([
    ['a change of spec', { spec: { x: 1 } }, 2],
    ['a change of status', { status: { x: 1 } }, 1],
  ])('%s makes the generation %3$d', (_, change, generation) => {
    const store = storeWith()
    store.create(pods, podNamed('a'))
    const next = store.update(pods, { namespace: 'n', name: 'a' }, (pod) => ({ ...pod, ...change }))
    expect(next?.metadata['generation']).toBe(generation)
  })

  test('identity cannot be changed', () => {
    const store = storeWith()
    const made = store.create(pods, podNamed('a'))
    const next = store.update(pods, { namespace: 'n', name: 'a' }, (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, name: 'b', uid: 'other', labels: { x: 'y' } },
    }))
    expect(next?.metadata).toMatchObject({ name: 'a', uid: made.metadata.uid, labels: { x: 'y' } })
  })

  test('the last finalizer of an object that is being deleted takes the object with it', () => {
    const store = storeWith()
    const deletionTimestamp = '2026-01-02T03:04:05Z'
    store.create(configMaps, { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n', finalizers: ['x/y'] } })
    const told: StoreEvent['type'][] = []
    store.subscribe(configMaps, ({ type }) => told.push(type))
    const change = (members: object): void => {
      store.update(configMaps, { namespace: 'n', name: 'a' }, (one) => ({
        ...one,
        metadata: { ...one.metadata, ...members },
      }))
    }
    change({ deletionTimestamp, deletionGracePeriodSeconds: 0 })
    change({ finalizers: [] })
    expect(told).toEqual(['MODIFIED', 'DELETED'])
    expect(store.get(configMaps, 'n', 'a')).toBeUndefined()
  })
})

describe('events', () => {
  test('a listener that writes does not change the order for the others', () => {
    const store = storeWith()
    const heard: string[] = []
    store.subscribe(pods, ({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') store.create(pods, podNamed('b'))
    })
    store.subscribe(pods, ({ object }) => heard.push(object.metadata.resourceVersion))
    store.create(pods, podNamed('a'))
    expect(heard).toEqual(heard.toSorted((one, other) => Number(one) - Number(other)))
    expect(heard).toHaveLength(2)
  })

  test('since a revision, with what was there before', () => {
    const store = storeWith()
    const made = store.create(pods, podNamed('a'))
    store.update(pods, { namespace: 'n', name: 'a' }, (pod) => ({ ...pod, status: {} }))
    store.remove(pods, 'n', 'a')
    expect(store.since(pods, Number(made.metadata.resourceVersion))).toMatchObject([
      { type: 'MODIFIED', previous: made },
      { type: 'DELETED' },
    ])
  })

  test('the history is bounded and says so', () => {
    const store = storeWith({ historyLength: 5 })
    const first = Number(store.create(pods, podNamed('p')).metadata.resourceVersion)
    for (let index = 0; index < 20; index += 1) store.create(pods, podNamed(`p${index}`))
    expect(store.since(pods, first)).toBe('expired')
    expect(store.since(pods, store.revision() - 5)).toHaveLength(5)
    expect(store.since(pods, 1)).toBe('expired')
  })

  test('a subscription ends', () => {
    const store = storeWith()
    const told: string[] = []
    store.subscribe(pods, ({ type }) => told.push(type))()
    store.create(pods, podNamed('a'))
    expect(told).toEqual([])
  })
})
