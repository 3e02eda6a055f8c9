import { discover } from './discovery.ts'
import { readLog } from './log.ts'
import { openApi } from './open-api.ts'
import { patchObject } from './patch-object.ts'
import { evictPod } from './evict.ts'
import { bindPod, requestToken, review } from './pod-actions.ts'
import { getObject, listObjects } from './read.ts'
import { deleteCollection, deleteObject } from './remove.ts'
import { queryFlag, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import { parseRoute, verbOf, type Route } from './route.ts'
import { getScale, writeScale } from './scale.ts'
import { methodNotAllowed } from './status.ts'
import { refuseStream } from './streams/serve-streams.ts'
import { watchObjects, type EventWriter } from './watch.ts'
import { createObject, replaceObject } from './write.ts'

/** What a request needs beside its context. */
export interface Dispatch {
  /** `127.0.0.1:PORT`, as the client calls the server. */
  readonly host: string
  /** How the events of a watch on that route are written. */
  readonly eventWriter: (route: Route) => EventWriter
}

/** An answer, and what it is about; undefined for what is about no resource. */
export interface Dispatched {
  readonly answer: Answer
  readonly route?: Route
}

const notThere: Answer = {
  form: 'text',
  status: 404,
  text: '404 page not found\n',
  contentType: 'text/plain; charset=utf-8',
}

/** Answers one request. Throws a StatusError for what is refused. */
export function dispatch(context: ApiContext, request: ApiRequest, { host, eventWriter }: Dispatch): Dispatched {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const fixed = isRead ? answerFixed(context, request, host) : undefined
  if (fixed !== undefined) return { answer: fixed }
  const route = /^\/apis?\//.test(request.path) ? parseRoute(request.path, context.catalog) : undefined
  if (route === undefined) return { answer: notThere }
  return { answer: answerRoute(context, request, { route, eventWriter }), route }
}

function answerFixed(context: ApiContext, request: ApiRequest, host: string): Answer | undefined {
  if (/^\/(healthz|livez|readyz)(\/ping)?$/.test(request.path)) {
    return { form: 'text', status: 200, text: 'ok', contentType: 'text/plain; charset=utf-8' }
  }
  return openApi(request, context.catalog) ?? discover(request, context.catalog, host)
}

interface Routed {
  readonly route: Route
  readonly eventWriter: (route: Route) => EventWriter
}

function answerRoute(context: ApiContext, request: ApiRequest, { route, eventWriter }: Routed): Answer {
  if (route.subresource !== undefined) return answerSubresource(context, request, route)
  const verb = verbOf(request.method, route)
  const isWatch = route.isWatchPath || queryFlag(request.query, 'watch')
  if (isWatch && (verb === 'list' || route.isWatchPath)) {
    return watchObjects(context, request, { route, write: eventWriter(route) })
  }
  const act = isReview(route) ? review : verbs[verb]
  if (act === undefined) throw methodNotAllowed()
  return act(context, request, route)
}

type Action = (context: ApiContext, request: ApiRequest, route: Route) => Answer

const verbs: Readonly<Record<string, Action>> = {
  get: (context, _request, route) => getObject(context, route),
  list: listObjects,
  create: createObject,
  update: replaceObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
}

/** Resources that are questions: nothing is stored. */
function isReview({ resource }: Route): boolean {
  return ['authentication.k8s.io', 'authorization.k8s.io'].includes(resource.group)
}

/** Subresources that are not simply a part of the object. */
const actions: Readonly<Record<string, Action>> = {
  binding: bindPod,
  eviction: evictPod,
  log: readLog,
  token: requestToken,
}

/** What needs a connection that both sides write to. */
const streamed: readonly string[] = ['attach', 'exec', 'portforward', 'proxy']

function answerSubresource(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const name = route.subresource?.name ?? ''
  const verb = verbOf(request.method, route)
  if (streamed.includes(name)) throw refuseStream(context, route)
  const action = actions[name]
  if (action !== undefined) return action(context, request, route)
  if (name === 'scale') return verb === 'get' ? getScale(context, route) : writeScale(context, request, route)
  if (verb === 'get') return getObject(context, route)
  return verb === 'patch' ? patchObject(context, request, route) : replaceObject(context, request, route)
}
