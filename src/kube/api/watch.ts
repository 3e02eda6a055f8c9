import * as v from 'valibot'
import { isToolError } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import type { KindRef, KubeObject, ListOptions, WatchEvent } from '../contract.ts'
import type { KubeTarget } from '../config/target.ts'
import { pause, retryAfterOf } from './again.ts'
import { statusError } from './failure.ts'
import { linesOf } from './lines.ts'
import { isExpired, listAll, type Api } from './list.ts'
import { parseObject } from './objects.ts'
import type { KubeRequest } from './request.ts'

export interface WatchContext extends Api {
  readonly target: KubeTarget
  readonly emit: Emit
}

/** The server ends a watch after this time; it is opened again where it ended. */
const watchSeconds = '300'
/** Servers send a bookmark every minute or so: after this silence the connection is taken for dead. */
const silenceMs = 150_000
const maxBackoffMs = 15_000
/** Of what a server may ask for. */
const maxWaitMs = 60_000

/**
 * Lists and follows. Only what the user has to know comes out as an error: refused credentials, missing rights, an
 * unknown kind, and a cluster that was not there at the start. A cluster that goes away later is waited for.
 * @yields what is there, SYNCED once, and then every change
 */
export async function* watchKind(
  context: WatchContext,
  kind: KindRef,
  options: ListOptions,
): AsyncGenerator<WatchEvent, never, undefined> {
  const followed: Followed = { context, kind, options, known: new Map(), version: '' }
  yield* await relist(followed)
  yield { type: 'SYNCED' }
  for (let failures = 0; ;) {
    options.signal?.throwIfAborted()
    const startedAt = performance.now()
    try {
      if (followed.version === '') yield* await relist(followed)
      yield* followOnce(followed)
      failures = isHealthy(startedAt) ? 0 : failures + 1
      // an end at once, again and again, must not become a storm of requests
      await pause(failures === 0 ? 0 : backoffMs(failures), options.signal)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (isExpired(error)) followed.version = ''
      else if (!isMendable(error)) throw error
      failures = isHealthy(startedAt) ? 1 : failures + 1
      if (failures === 4) emitTrouble(context, error)
      await pause(waitMs(failures, error), options.signal)
    }
  }
}

/** Lasted long enough not to count as one more failure in a row. */
function isHealthy(startedAt: number): boolean {
  return performance.now() - startedAt > 5_000
}

function emitTrouble({ emit, target }: WatchContext, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error)
  emit({
    type: 'warning',
    text: `cannot follow what happens in the cluster: ${why}; still trying`,
    hint: `check that the cluster of context "${target.context}" is up`,
  })
}

interface Followed {
  readonly context: WatchContext
  readonly kind: KindRef
  readonly options: ListOptions
  /** By namespace and name; what was last said about each. */
  readonly known: Map<string, KubeObject>
  /** Where the watch goes on; empty: a new list is needed. */
  version: string
}

function isMendable(error: unknown): boolean {
  return isToolError(error, 'KUBE_UNREACHABLE', 'KUBE_FAILED', 'KUBE_ANSWER_INVALID', 'HTTP_INTERRUPTED')
}

/** What changed since the objects were last heard of, deletions included. */
async function relist(followed: Followed): Promise<readonly WatchEvent[]> {
  const { items, resourceVersion } = await listAll(followed.context, followed.kind, followed.options)
  const before = new Map(followed.known)
  const events: WatchEvent[] = []
  followed.known.clear()
  for (const object of items) {
    const key = keyOf(object)
    followed.known.set(key, object)
    const known = before.get(key)
    const isSame = known?.metadata.uid === object.metadata.uid
    if (known !== undefined && isSame) before.delete(key)
    if (known === undefined || !isSame) events.push({ type: 'ADDED', object })
    else if (known.metadata.resourceVersion !== object.metadata.resourceVersion) {
      events.push({ type: 'MODIFIED', object })
    }
  }
  followed.version = resourceVersion
  const gone = [...before.values()].map((object): WatchEvent => ({ type: 'DELETED', object }))
  return [...gone, ...events]
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

const lineSchema = v.looseObject({ type: v.string(), object: v.looseObject({}) })

/**
 * One watch request, until the server ends it.
 * @yields what it says about objects
 */
async function* followOnce(followed: Followed): AsyncGenerator<WatchEvent, void, undefined> {
  const { context, kind, options } = followed
  const { path, what } = await context.addresses.collection(kind, options)
  const request = watchRequest(followed, { path, what })
  const answer = await context.transport.open(request)
  // leaving the loop closes the connection
  for await (const line of linesOf(answer.body)) {
    if (line.trim() === '') continue
    const event = parseLine(line)
    if (event === undefined) return
    if (event.type === 'ERROR') throw statusError(event.object, { request, target: context.target })
    const version = versionOf(event.object)
    if (version !== undefined) followed.version = version
    if (event.type !== 'BOOKMARK') yield remember(followed, event.type, parseObject(withKind(event.object, kind), what))
  }
}

function watchRequest(
  { options, version }: Followed,
  { path, what }: { readonly path: string; readonly what: string },
): KubeRequest {
  const { labelSelector, fieldSelector, signal } = options
  return {
    method: 'GET',
    path,
    query: {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: watchSeconds,
      labelSelector,
      fieldSelector,
    },
    ...(signal === undefined ? {} : { signal }),
    isRepeatable: false,
    idleTimeoutMs: silenceMs,
    about: { verb: 'watch', what },
  }
}

/** A connection that is cut in the middle of a line ends the watch; nothing was lost. */
function parseLine(line: string): v.InferOutput<typeof lineSchema> | undefined {
  try {
    return v.parse(lineSchema, JSON.parse(line))
  } catch {
    return undefined
  }
}

function versionOf(object: Readonly<Record<string, unknown>>): string | undefined {
  const meta = object['metadata']
  if (typeof meta !== 'object' || meta === null || !('resourceVersion' in meta)) return undefined
  return typeof meta.resourceVersion === 'string' ? meta.resourceVersion : undefined
}

function withKind(object: Readonly<Record<string, unknown>>, { apiVersion, kind }: KindRef): object {
  return { apiVersion, kind, ...object }
}

/** A watch that goes on after a gap may say ADDED about what is known. */
function remember({ known }: Followed, type: string, object: KubeObject): WatchEvent {
  const key = keyOf(object)
  if (type === 'DELETED') {
    known.delete(key)
    return { type: 'DELETED', object }
  }
  const isKnown = known.has(key)
  known.set(key, object)
  return { type: isKnown ? 'MODIFIED' : 'ADDED', object }
}

function waitMs(failures: number, error: unknown): number {
  return Math.max(backoffMs(failures), Math.min(retryAfterOf(error) ?? 0, maxWaitMs))
}

/** 0.1 s, 0.2 s, 0.4 s … 15 s, up to a half more, so that many clients do not come back at once. */
function backoffMs(failures: number): number {
  return Math.min(maxBackoffMs, 50 * 2 ** failures) * (1 + Math.random() / 2)
}
