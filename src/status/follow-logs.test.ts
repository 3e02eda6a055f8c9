import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { answerWith, recordedPod } from '../../test/support/kube-replay.ts'
import { aKubeClient, readRecordings, startKubeServer } from '../../test/support/kube-server.ts'
import type { Event } from '../events/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { followLogs, type LogRequest } from './follow-logs.ts'
import { isSelected } from './log-selection.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** An API server with a watch of pods and log streams that the test writes to. */
interface LiveServer {
  readonly client: KubeClient
  readonly asked: string[]
  /** Tells the watch about a pod. */
  tell(type: string, pod: object): void
  /** Writes to the log that was opened so many requests ago; 0 is the first. */
  log(index: number): ServerResponse
}

async function aLiveServer(): Promise<LiveServer> {
  const discovery = readRecordings('client').get('aggregated discovery of the core group')?.response.body
  let watch: ServerResponse | undefined
  const logs: ServerResponse[] = []
  const asked: string[] = []
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '', 'http://server')
    if (url.pathname === '/api') res.end(JSON.stringify(discovery))
    else if (url.pathname.endsWith('/log')) {
      asked.push(`${url.pathname.split('/')[6] ?? ''} ${url.search}`)
      logs.push(res)
    } else if (url.searchParams.get('watch') === 'true') {
      watch = res
      res.write('\n')
    } else res.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { client } = aKubeClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  open.push(
    {
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        }),
    },
    client,
  )
  return {
    client,
    asked,
    tell: (type, object) => watch?.write(`${JSON.stringify({ type, object })}\n`),
    log: (index) => {
      const response = logs[index]
      if (response === undefined) throw new Error(`no log ${index}`)
      return response
    },
  }
}

function aPod(name: string, restartCount: number, state: object, image = 'app'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: `${restartCount}`, labels: { app: name } },
    spec: { nodeName: 'n', containers: [{ name: 'c', image }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'c', restartCount, state, ready: true }] },
  }
}

const running = { running: {} }
const time = '2026-01-01T00:00:00.'

interface Following {
  readonly lines: string[]
  stop(): Promise<void>
  readonly ended: Promise<unknown>
}

function follow(client: KubeClient, options: Partial<LogRequest> = {}): Following {
  const lines: string[] = []
  const controller = new AbortController()
  const emit = (event: Event): void => {
    if (event.type === 'log') lines.push(`[${event.pod} ${event.container}] ${event.text}`)
  }
  const ended = followLogs(client, { namespaces: ['default'], emit, signal: controller.signal, ...options }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return {
    lines,
    ended,
    stop: async () => {
      controller.abort(new Error('stopped'))
      expect(await ended).toMatchObject({ message: 'stopped' })
    },
  }
}

describe('following', () => {
  test('pods that come later and containers that start again are picked up, each run once', async () => {
    const server = await aLiveServer()
    const following = follow(server.client)
    await expect
      .poll(() => server.tell('ADDED', aPod('web', 0, { waiting: { reason: 'ContainerCreating' } })))
      .toBe(true)
    server.tell('MODIFIED', aPod('web', 0, running))
    server.tell('MODIFIED', aPod('web', 0, running))
    await expect.poll(() => server.asked).toEqual(['web ?container=c&follow=true&timestamps=true'])
    server.log(0).write(`${time}1Z one\n${time}2Z tw`)
    await expect.poll(() => following.lines).toEqual(['[web c] one'])
    server.log(0).end('o\n')
    server.tell('MODIFIED', aPod('web', 1, running))
    server.tell('ADDED', aPod('other', 0, running))
    await expect.poll(() => server.asked.length).toBe(3)
    server.log(1).write(`${time}3Z again\n`)
    await expect.poll(() => following.lines).toEqual(['[web c] one', '[web c] two', expect.stringContaining('again')])
    await following.stop()
  })

  test('a run that was missed is read from the run before', async () => {
    const server = await aLiveServer()
    const following = follow(server.client)
    await expect.poll(() => server.tell('ADDED', aPod('web', 0, running))).toBe(true)
    await expect.poll(() => server.asked.length).toBe(1)
    server.tell('MODIFIED', aPod('web', 1, running))
    server.tell('MODIFIED', aPod('web', 2, running))
    server.tell('ADDED', aPod('marker', 0, running))
    await expect.poll(() => server.asked.length).toBe(2)
    server.log(0).end()
    await expect
      .poll(() => server.asked.filter((line) => line.startsWith('web')))
      .toEqual(['web ?container=c&follow=true&timestamps=true', 'web ?container=c&previous=true&timestamps=true'])
    await following.stop()
  })

  test('only the images that are wanted', async () => {
    const server = await aLiveServer()
    const following = follow(server.client, { hasImage: (image) => image === 'mine' })
    await expect.poll(() => server.tell('ADDED', aPod('a', 0, running, 'other'))).toBe(true)
    server.tell('ADDED', aPod('b', 0, running, 'mine'))
    await expect.poll(() => server.asked).toEqual(['b ?container=c&follow=true&timestamps=true'])
    await following.stop()
  })

  test('a connection that breaks is opened where it broke: no line is lost, none told twice', async () => {
    const server = await aLiveServer()
    const following = follow(server.client)
    await expect.poll(() => server.tell('ADDED', aPod('web', 0, running))).toBe(true)
    await expect.poll(() => server.asked.length).toBe(1)
    const lines = [`${time}1Z one`, `${time}1Z same`, `${time}1Z same`, `${time}2Z two`]
    server.log(0).write(`${lines.join('\n')}\n${time}3Z ha`)
    await expect.poll(() => following.lines.length).toBe(4)
    server.log(0).destroy()
    await expect
      .poll(() => server.asked.at(-1), { timeout: 20_000 })
      .toBe('web ?container=c&follow=true&sinceTime=2025-12-31T23%3A59%3A59Z&timestamps=true')
    server.log(1).write(`${lines.join('\n')}\n${time}3Z half\n`)
    server.log(1).end('2026-01-01T00:00:01Z \n')
    await expect
      .poll(() => following.lines)
      .toEqual(['one', 'same', 'same', 'two', 'half', ''].map((text) => `[web c] ${text}`))
    await following.stop()
  })

  test('a log that may not be read is an error, not silence', async () => {
    const server = await aLiveServer()
    const following = follow(server.client)
    await expect.poll(() => server.tell('ADDED', aPod('web', 0, running))).toBe(true)
    await expect.poll(() => server.asked.length).toBe(1)
    server.log(0).writeHead(403, { 'content-type': 'application/json' })
    server.log(0).end(JSON.stringify({ kind: 'Status', reason: 'Forbidden', message: 'no', code: 403 }))
    expect(await following.ended).toMatchObject({ code: 'KUBE_FORBIDDEN' })
  })
})

test('once: what there is, then it ends', async () => {
  const pod = recordedPod('runs to completion, restartPolicy Never')
  const server = await startKubeServer(answerWith({ pods: [pod] }, { done: 'hello\n' }))
  const { client } = aKubeClient(server.url)
  open.push(server, client)
  const namespace = pod.object.metadata.namespace ?? ''
  const options = { once: true, namespaces: [namespace], sinceSeconds: 10 }
  const following = follow(client, {
    ...options,
    objects: [{ apiVersion: 'v1', kind: 'Pod', namespace, name: 'done' }],
  })
  expect(await following.ended).toBeUndefined()
  expect(following.lines).toEqual(['[done c] hello'])
  expect(server.seen.at(-1)?.query).toEqual({ container: 'c', sinceSeconds: '10', timestamps: 'true' })
  const other = follow(client, { ...options, objects: [{ apiVersion: 'v1', kind: 'Pod', namespace, name: 'other' }] })
  expect(await other.ended).toBeUndefined()
  expect(other.lines).toEqual([])
})

test.each<[object, boolean]>([
  [{}, true],
  [{ matchLabels: { app: 'web' } }, true],
  [{ matchLabels: { app: 'db' } }, false],
  [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, true],
  [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
  [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }] }, true],
  [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, false],
  [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, true],
  [{ matchExpressions: [{ key: 'app', operator: 'Like' }] }, false],
])('labels app=web and the selector %j: %s', (selector, expected) => {
  expect(isSelected({ app: 'web' }, selector as Record<string, unknown>)).toBe(expected)
})
