import type { JsonObject, LoggedEvent } from '../store/index.ts'
import { checkListOptions, malformedRevision, presentable, selectionOf } from './read.ts'
import { queryFlag, queryInteger, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { groupVersion } from './schema/resources.ts'
import type { Selection } from './selectors.ts'
import { serverError, statusDocument } from './status.ts'

/** How the object of an event is written: whole, as a table row, or its metadata only. */
export type EventWriter = (object: JsonObject) => JsonObject

/** A watch that names no `timeoutSeconds` ends by itself after this time, as it would in a real server. */
const longestWatchMs = 30 * 60 * 1000
const bookmarkIntervalMs = 30_000

/** Streams the changes of a resource. Throws for options that do not go together; a forgotten revision is an ERROR event. */
export function watchObjects(
  context: ApiContext,
  request: ApiRequest,
  { route, write }: { readonly route: Route; readonly write: EventWriter },
): Answer {
  checkListOptions(request.query, true)
  const version = request.query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(version)) throw serverError(malformedRevision(version))
  const watch: Watch = {
    context,
    route,
    write,
    selection: selectionOf(request, route),
    from: Number(version),
    hasInitialState: version === '' || version === '0' || queryFlag(request.query, 'sendInitialEvents'),
    marksInitialEnd: queryFlag(request.query, 'sendInitialEvents') && queryFlag(request.query, 'allowWatchBookmarks'),
    hasBookmarks: queryFlag(request.query, 'allowWatchBookmarks'),
  }
  const seconds = queryInteger(request.query, 'timeoutSeconds')
  const durationMs = seconds === undefined || seconds === 0 ? longestWatchMs : seconds * 1000
  return {
    form: 'stream',
    contentType: 'application/json',
    run: async (send, signal) => runWatch(watch, { send, signal, durationMs }),
  }
}

interface Watch {
  readonly context: ApiContext
  readonly route: Route
  readonly write: EventWriter
  readonly selection: Selection
  readonly from: number
  readonly hasInitialState: boolean
  readonly marksInitialEnd: boolean
  readonly hasBookmarks: boolean
}

interface WatchRun {
  readonly send: (text: string) => void
  readonly signal: AbortSignal
  readonly durationMs: number
}

async function runWatch(watch: Watch, { send, signal, durationMs }: WatchRun): Promise<void> {
  const { store } = watch.context
  const emit = (type: string, object: JsonObject): void => send(`${JSON.stringify({ type, object })}\n`)
  let seen = watch.hasInitialState ? store.revision() : watch.from
  const past = watch.hasInitialState ? [] : store.since(watch.route.resource, watch.from)
  if (past === 'expired') {
    const message = `too old resource version: ${watch.from} (${store.revision()})`
    emit('ERROR', statusDocument({ message, reason: 'Expired', code: 410 }))
    return
  }
  if (watch.hasInitialState) sendInitialState(watch, emit)
  const pass = (event: LoggedEvent): void => {
    if (event.revision <= seen) return
    seen = event.revision
    sendChange(watch, event, emit)
  }
  for (const event of past) pass(event)
  const stop = store.follow(watch.route.resource, pass)
  const bookmark = (): void => emit('BOOKMARK', bookmarkOf(watch, Math.max(seen, store.revision())))
  const ticker = watch.hasBookmarks ? setInterval(bookmark, bookmarkIntervalMs) : undefined
  const isOver = await ended(signal, durationMs)
  stop()
  clearInterval(ticker)
  if (isOver && watch.hasBookmarks && watch.from <= store.revision()) bookmark()
}

/** Whether the time is over; false when the client, or the server, ended it before. */
function ended(signal: AbortSignal, durationMs: number): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), durationMs)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve(false)
      },
      { once: true },
    )
  })
}

function sendInitialState(watch: Watch, emit: (type: string, object: JsonObject) => void): void {
  const { context, route, selection, write } = watch
  for (const object of context.store.list(route.resource, route.namespace)) {
    if (selection(object)) emit('ADDED', write(presentable(object, route.resource)))
  }
  if (watch.marksInitialEnd) {
    emit('BOOKMARK', bookmarkOf(watch, context.store.revision(), { 'k8s.io/initial-events-end': 'true' }))
  }
}

function bookmarkOf({ route }: Watch, revision: number, annotations?: JsonObject): JsonObject {
  return {
    kind: route.resource.kind,
    apiVersion: groupVersion(route.resource),
    metadata: { resourceVersion: String(revision), ...(annotations !== undefined && { annotations }) },
  }
}

/** To a watch with a selector, an object that leaves the selection is deleted, and one that enters it is new. */
function sendChange(watch: Watch, event: LoggedEvent, emit: (type: string, object: JsonObject) => void): void {
  const { route, selection, write } = watch
  const { object, previous, revision } = event
  if (route.namespace !== undefined && object.metadata.namespace !== route.namespace) return
  const was = previous !== undefined && selection(previous)
  const is = event.type !== 'DELETED' && selection(object)
  if (!was && !is) return
  if (is) emit(was ? 'MODIFIED' : 'ADDED', write(presentable(object, route.resource)))
  else {
    const last = event.type === 'DELETED' || previous === undefined ? object : previous
    const metadata = { ...last.metadata, resourceVersion: String(revision) }
    emit('DELETED', write(presentable({ ...last, metadata }, route.resource)))
  }
}
