import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startApi, type TestApi } from '../../../test/support/sandbox-cluster.ts'
import { createStore, type RevisionedStore } from '../store/index.ts'

const key = { group: '', resource: 'configmaps' }
const path = '/api/v1/namespaces/n/configmaps'
let store: RevisionedStore
let api: TestApi
let before: number
/** How many watches have begun to follow the store. */
let following = 0

interface WatchEvent {
  readonly type: string
  readonly object: {
    readonly kind: string
    readonly metadata: { readonly name?: string; readonly annotations?: object }
    readonly [member: string]: unknown
  }
}

/** Everything that a watch of one second says while objects come, change and go. */
async function watch(query: string, { at = path, accept = 'application/json' } = {}): Promise<readonly WatchEvent[]> {
  const { text } = await api.send({ path: `${at}?${query}&timeoutSeconds=1`, headers: { accept } })
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WatchEvent)
}

async function followers(count: number): Promise<void> {
  await vi.waitUntil(() => following >= count, { interval: 1, timeout: 10_000 })
}

function summary(events: readonly WatchEvent[]): readonly string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.name ?? object.kind}`)
}

function create(name: string, t: string): void {
  const metadata = { name, namespace: 'n', labels: { t } }
  store.create(key, { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { a: '1' } })
}

function label(name: string, t: string): void {
  store.update(key, { namespace: 'n', name }, (one) => ({ ...one, metadata: { ...one.metadata, labels: { t } } }))
}

const from = (): string => `watch=true&resourceVersion=${before}`
const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const partialType = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

beforeAll(async () => {
  const real = createStore({ clock: () => new Date(), historyLength: 20 })
  store = {
    ...real,
    follow: (...given) => {
      following += 1
      return real.follow(...given)
    },
  }
  api = await startApi(store)
  create('old', 'a')
  before = store.revision()
})

afterAll(async () => api.close())

describe('a watch', () => {
  let answers: Readonly<Record<string, readonly WatchEvent[]>>

  beforeAll(async () => {
    // the time-outs of the watches, and nothing else
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const running = Object.entries({
      plain: watch(from()),
      fresh: watch('watch=true'),
      bookmarked: watch(`${from()}&allowWatchBookmarks=true`),
      listing: watch(`watch=true&${initial}&allowWatchBookmarks=true`),
      selected: watch(`${from()}&labelSelector=t%3Da`),
      one: watch(`${from()}&fieldSelector=metadata.name%3Dtwo`),
      table: watch(from(), { accept: tableType }),
      partial: watch(from(), { accept: partialType }),
      oldPath: watch(`resourceVersion=${before}`, { at: '/api/v1/watch/namespaces/n/configmaps' }),
      elsewhere: watch(from(), { at: '/api/v1/namespaces/other/configmaps' }),
      forgotten: watch('watch=true&resourceVersion=1'),
      future: watch('watch=true&resourceVersion=999999999'),
    })
    // the one that is refused follows nothing
    await followers(running.length - 1)
    create('one', 'a')
    create('two', 'b')
    label('one', 'b')
    label('two', 'a')
    store.remove(key, 'n', 'one')
    vi.advanceTimersByTime(1_000)
    vi.useRealTimers()
    const ended = await Promise.all(running.map(async ([name, events]) => [name, await events] as const))
    answers = Object.fromEntries(ended)
  })

  const changes = ['ADDED one', 'ADDED two', 'MODIFIED one', 'MODIFIED two', 'DELETED one']

  test.each([
    ['tells what changes after a revision', 'plain', changes],
    ['begins with what is there', 'fresh', ['ADDED old', ...changes]],
    ['ends with a bookmark if asked to', 'bookmarked', [...changes, 'BOOKMARK ConfigMap']],
    [
      'marks the end of the initial state',
      'listing',
      ['ADDED old', 'BOOKMARK ConfigMap', ...changes, 'BOOKMARK ConfigMap'],
    ],
    ['with a selector sees objects come and go', 'selected', ['ADDED one', 'DELETED one', 'ADDED two']],
    ['may be of one object', 'one', ['ADDED two', 'MODIFIED two']],
    ['has an old path too', 'oldPath', changes],
    ['sees one namespace', 'elsewhere', []],
    ['of a revision that is forgotten ends with an error', 'forgotten', ['ERROR Status']],
    ['of a revision to come is quiet', 'future', []],
  ])('%s', (_, name, expected) => {
    expect(summary(answers[name] ?? [])).toEqual(expected)
  })

  test('says 410 for a forgotten revision', () => {
    expect(answers['forgotten']?.[0]?.object).toMatchObject({ status: 'Failure', reason: 'Expired', code: 410 })
  })

  test('as Table has its columns once', () => {
    const columns = answers['table']?.map(({ object }) => object['columnDefinitions'] !== null)
    expect(columns).toEqual([true, false, false, false, false])
    expect(answers['table']?.[0]?.object['rows']).toMatchObject([{ cells: ['one', 1, '0s'] }])
  })

  test('of metadata has no data', () => {
    expect(answers['partial']?.every(({ object }) => object.kind === 'PartialObjectMetadata')).toBe(true)
    expect(answers['partial']?.some(({ object }) => 'data' in object)).toBe(false)
  })

  test('annotates the end of the initial state', () => {
    expect(answers['listing']?.[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  })
})

test('closing the server ends a watch', async () => {
  const other = await startApi(store)
  const before = following
  const watching = other.send({ path: `${path}?watch=true` }).catch((error: unknown) => error)
  await followers(before + 1)
  await other.close()
  await expect(watching).resolves.toBeDefined()
})
