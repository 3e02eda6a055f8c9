import type { KubeObject, WatchEvent } from '../../src/kube/index.ts'
import { readRecordings, replay, type Answer, type Seen } from './kube-server.ts'

const client = readRecordings('client')
const streams = readRecordings('streams')
const pods = readRecordings('pods')
const podEvents = readRecordings('pod-events')

/** What a server has: by plural name, what a list gives and what a watch then tells. */
export type Contents = Readonly<Record<string, readonly WatchEvent[]>>

/** The events of one recorded watch; the first `count` of them, if that is given. */
export function recordedStream(name: string, count?: number): readonly WatchEvent[] {
  const events = streams.get(name)?.response.body as readonly WatchEvent[] | undefined
  if (events === undefined) throw new Error(`no recording "${name}"`)
  return events.slice(0, count)
}

/** A pod as kubelet left it, as an event. */
export function recordedPod(name: string): WatchEvent & { readonly object: KubeObject } {
  const object = pods.get(`${name}: get`)?.response.body as KubeObject | undefined
  if (object === undefined) throw new Error(`no recording "${name}"`)
  return { type: 'ADDED', object }
}

/** The warnings that kubelet wrote about a pod. */
export function recordedWarnings(name: string): readonly WatchEvent[] {
  const events = podEvents.get(`${name}: watch its events`)?.response.body as readonly KubeObject[]
  return events.map((object) => ({ type: 'ADDED', object }))
}

/** Answers as an API server that has these objects: the first event of each stream is what is there at the start. */
export function answerWith(
  contents: Contents,
  logs: Readonly<Record<string, string>> = {},
): (seen: Seen) => Answer | undefined {
  return (seen) => {
    if (seen.path === '/api') return recorded('aggregated discovery of the core group')
    if (seen.path === '/apis') return recorded('aggregated discovery of all groups')
    const log = /\/pods\/([^/]+)\/log$/.exec(seen.path)
    if (log === null) return objectAnswer(contents, seen)
    return { headers: { 'content-type': 'text/plain' }, body: logs[log[1] ?? ''] ?? '' }
  }
}

function objectAnswer(contents: Contents, { path, query }: Seen): Answer | undefined {
  const { resource, name } = targetOf(path)
  const events = contents[resource] ?? []
  const objects = events.flatMap((event) => ('object' in event ? [event.object] : []))
  if (name !== undefined) {
    const found = objects.find(({ metadata }) => metadata.name === name)
    return found === undefined ? undefined : { body: found }
  }
  if (query['watch'] === 'true') return { body: events.slice(1), isOpen: true }
  const items = resource === 'events' ? objects : objects.slice(0, 1)
  return { body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items } }
}

function recorded(name: string): Answer | undefined {
  const recording = client.get(name)
  return recording === undefined ? undefined : replay(recording)
}

function targetOf(path: string): { readonly resource: string; readonly name: string | undefined } {
  const [, resource = '', name] =
    /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  return { resource, name }
}
