import { afterEach, describe, expect, test } from 'vitest'
import {
  aKubeClient,
  readRecordings,
  replay,
  startKubeServer,
  type Answer,
  type Seen,
} from '../../../test/support/kube-server.ts'
import type { Event } from '../../events/index.ts'
import type { KubeClient, WatchEvent } from '../index.ts'

const recordings = readRecordings('client')
const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' }
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

function real(name: string): Answer {
  const recording = recordings.get(name)
  if (recording === undefined) throw new Error(`no recording "${name}"`)
  return replay(recording)
}

interface Watched {
  readonly client: KubeClient
  readonly seen: readonly Seen[]
  readonly events: readonly Event[]
}

/** Answers lists and watches of ConfigMaps in turn; the last answer of each is repeated. */
async function serve(lists: readonly Answer[], watches: readonly Answer[]): Promise<Watched> {
  const left = { list: [...lists], watch: [...watches] }
  const server = await startKubeServer(({ path, query }) => {
    if (path === '/api') return real('aggregated discovery of the core group')
    const answers = query['watch'] === undefined ? left.list : left.watch
    return answers.length > 1 ? answers.shift() : answers[0]
  })
  const { client, events } = aKubeClient(server.url)
  open.push(server, client)
  return { client, seen: server.seen, events }
}

/** The first so many events: `ADDED a=1`. */
async function take(client: KubeClient, count: number): Promise<string[]> {
  const controller = new AbortController()
  const read: string[] = []
  for await (const event of client.watch(configMaps, { signal: controller.signal })) {
    read.push(lineOf(event))
    if (read.length === count) break
  }
  controller.abort()
  return read
}

function lineOf(event: WatchEvent): string {
  if (event.type === 'SYNCED') return 'SYNCED'
  const { data } = event.object as { data?: { a?: string } }
  return `${event.type} ${event.object.metadata.name}=${data?.a ?? ''}`
}

function aMap(name: string, version: string, a: string, uid = name): object {
  return {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid, resourceVersion: version },
    data: { a },
  }
}

function aList(version: string, ...items: object[]): Answer {
  return { body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: version }, items } }
}

function lines(...events: readonly [type: string, object: object][]): Answer {
  return { body: events.map(([type, object]) => ({ type, object })), isOpen: true }
}

const watchesOf = (seen: readonly Seen[]): (string | undefined)[] =>
  seen.filter(({ query }) => query['watch'] === 'true').map(({ query }) => query['resourceVersion'])

describe('a watch', () => {
  test('begins with a list and goes on where it ended, as a real server tells it', async () => {
    const { client, seen } = await serve(
      [real('list before watching')],
      [real('watch with allowWatchBookmarks'), lines()],
    )
    const controller = new AbortController()
    const read: string[] = []
    const reading = (async () => {
      const events = client.watch(configMaps, { signal: controller.signal, labelSelector: 't' })
      for await (const event of events) read.push(lineOf(event))
    })()
    await expect.poll(() => watchesOf(seen)).toEqual(['2710', '2810'])
    controller.abort(new Error('done'))
    await expect(reading).rejects.toThrow('done')
    expect(read).toEqual([
      'SYNCED',
      'ADDED before=1',
      'ADDED one=1',
      'MODIFIED one=2',
      'MODIFIED one=2',
      'MODIFIED one=2',
      'DELETED one=2',
    ])
    expect(seen.at(-1)?.query).toMatchObject({ allowWatchBookmarks: 'true', labelSelector: 't' })
  })

  test('that is cut in the middle of a line loses nothing', async () => {
    const cut: Answer = {
      body: `${JSON.stringify({ type: 'ADDED', object: aMap('a', '2', '1') })}\n{"type":"ADD`,
      isCut: true,
    }
    const { client, seen } = await serve([aList('1')], [cut, lines(['ADDED', aMap('b', '3', '1')])])
    expect(await take(client, 3)).toEqual(['SYNCED', 'ADDED a=1', 'ADDED b=1'])
    expect(watchesOf(seen)).toEqual(['1', '2'])
  })

  test('whose version is too old lists again and tells only the difference', async () => {
    const { client, seen } = await serve(
      [
        aList(
          '10',
          aMap('same', '5', '1'),
          aMap('changed', '6', '1'),
          aMap('gone', '7', '1'),
          aMap('remade', '8', '1'),
        ),
        aList(
          '20',
          aMap('same', '5', '1'),
          aMap('changed', '16', '2'),
          aMap('new', '17', '1'),
          aMap('remade', '18', '2', 'other'),
        ),
      ],
      [real('resourceVersion too old: 410 as an ERROR event'), lines(['MODIFIED', aMap('new', '21', '3')])],
    )
    const read = await take(client, 11)
    expect(read.slice(0, 5)).toEqual(['ADDED same=1', 'ADDED changed=1', 'ADDED gone=1', 'ADDED remade=1', 'SYNCED'])
    expect(read.slice(5)).toEqual([
      'DELETED gone=1',
      'DELETED remade=1',
      'MODIFIED changed=2',
      'ADDED new=1',
      'ADDED remade=2',
      'MODIFIED new=3',
    ])
    expect(watchesOf(seen)).toEqual(['10', '20'])
  })

  test('also when the answer itself is 410', async () => {
    const { client } = await serve(
      [aList('10'), aList('20', aMap('a', '15', '1'))],
      [real('continue token that has expired'), lines()],
    )
    expect(await take(client, 2)).toEqual(['SYNCED', 'ADDED a=1'])
  })

  test('waits for a server that is away, and says so when it takes long', async () => {
    const away: Answer = {
      status: 500,
      body: { kind: 'Status', reason: 'InternalError', message: 'etcd is away', code: 500 },
    }
    const { client, events } = await serve(
      [aList('1')],
      [away, away, away, away, lines(['ADDED', aMap('a', '2', '1')])],
    )
    expect(await take(client, 2)).toEqual(['SYNCED', 'ADDED a=1'])
    expect(events).toEqual([
      {
        type: 'warning',
        text: expect.stringContaining('etcd is away; still trying'),
        hint: 'check that the cluster of context "test" is up',
      },
    ])
  })

  test.each<[string, readonly Answer[], readonly Answer[], string]>([
    ['a right that is missing at the start', [real('no permission: list nodes')], [], 'KUBE_FORBIDDEN'],
    ['a right that is taken away', [aList('1')], [real('no permission: list nodes')], 'KUBE_FORBIDDEN'],
    ['credentials that end', [aList('1')], [real('wrong bearer token')], 'KUBE_UNAUTHORIZED'],
  ])('ends with %s', async (_, lists, watches, code) => {
    const { client } = await serve(lists, watches)
    await expect(take(client, 5)).rejects.toMatchObject({ code })
  })
})
