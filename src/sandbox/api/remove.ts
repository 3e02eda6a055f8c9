import { isJsonObject, type JsonObject } from '../store/index.ts'
import type { StoredObject, StoreKey } from '../store-contract.ts'
import { member, shown } from './catalog.ts'
import { metadataOf, timestamp, withMetadata } from './metadata.ts'
import { namespaceKey } from './namespaces.ts'
import { findObject, listObjects, presentable, selectionOf } from './read.ts'
import { isDryRun, queryInteger, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import type { ApiResource } from './schema/resources.ts'
import { badRequest, conflict } from './status.ts'

interface DeleteOptions {
  readonly graceSeconds: number | undefined
  readonly propagation: 'Background' | 'Foreground' | 'Orphan'
  readonly preconditions: JsonObject
  readonly isDryRun: boolean
}

/** Deletes one object: at once, or, if something holds it, by marking it. */
export function deleteObject(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const options = readOptions(request)
  const object = findObject(context, route)
  checkPreconditions(options, object, route.resource)
  const { left } = removeObject(context, { key: route.resource, object, options })
  if (left !== undefined) return { form: 'object', status: 200, object: presentable(left, route.resource) }
  if (isPodLike(route.resource)) return { form: 'object', status: 200, object: withoutGrace(context, object) }
  const { name, uid } = object.metadata
  const { group, resource } = route.resource
  const details = { name, ...(group !== '' && { group }), kind: resource, uid }
  const document = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
  return { form: 'document', document }
}

/** The server answers with the last state of what has a grace period. */
function isPodLike({ group, resource }: ApiResource): boolean {
  return group === '' && resource === 'pods'
}

function withoutGrace({ clock }: ApiContext, object: StoredObject): JsonObject {
  return withMetadata(object, { deletionTimestamp: timestamp(clock), deletionGracePeriodSeconds: 0 })
}

export function deleteCollection(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const options = readOptions(request)
  const answer = listObjects(context, request, route)
  const selection = selectionOf(request, route)
  const doomed = context.store.list(route.resource, route.namespace).filter(selection)
  for (const object of doomed) removeObject(context, { key: route.resource, object, options })
  return answer
}

function readOptions(request: ApiRequest): DeleteOptions {
  const body = parseOptions(request.body)
  const grace = body['gracePeriodSeconds'] ?? queryInteger(request.query, 'gracePeriodSeconds')
  const policy = body['propagationPolicy'] ?? request.query.get('propagationPolicy')
  const dryRun: readonly unknown[] = Array.isArray(body['dryRun']) ? body['dryRun'] : []
  const isOrphan = policy === 'Orphan' || body['orphanDependents'] === true
  return {
    graceSeconds: typeof grace === 'number' ? grace : undefined,
    propagation: isOrphan ? 'Orphan' : policyOf(policy),
    preconditions: member(body, 'preconditions'),
    isDryRun: isDryRun(request) || dryRun.includes('All'),
  }
}

function policyOf(policy: unknown): 'Background' | 'Foreground' {
  return policy === 'Foreground' ? 'Foreground' : 'Background'
}

function parseOptions(body: string): JsonObject {
  if (body === '') return {}
  try {
    const value: unknown = JSON.parse(body)
    return isJsonObject(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
    throw error
  }
}

function checkPreconditions({ preconditions }: DeleteOptions, object: StoredObject, resource: ApiResource): void {
  const { uid, resourceVersion } = preconditions
  const { name } = object.metadata
  if (uid !== undefined && uid !== object.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${shown(uid)}, UID in object meta: ${object.metadata.uid}`
    throw conflict(resource, name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    const why =
      `Precondition failed: ResourceVersion in precondition: ${shown(resourceVersion)}, ` +
      `ResourceVersion in object meta: ${object.metadata.resourceVersion}`
    throw conflict(resource, name, why)
  }
}

interface Removal {
  readonly key: StoreKey
  readonly object: StoredObject
  readonly options: DeleteOptions
}

/** Marks or removes; `left` is the marked object, undefined when it is gone. */
function removeObject(context: ApiContext, { key, object, options }: Removal): { left: JsonObject | undefined } {
  const marked = mark(context, { key, object, options })
  const isHeld = isStillHeld(marked)
  if (options.isDryRun) return { left: isHeld ? marked : undefined }
  if (!isHeld) {
    context.store.remove(key, object.metadata.namespace, object.metadata.name)
    return { left: undefined }
  }
  const { name, namespace } = object.metadata
  context.store.update(key, { name, ...(namespace !== undefined && { namespace }) }, () => ({ ...marked }))
  const left = context.store.get(key, namespace, name)
  return { left: left ?? marked }
}

/** The object as deletion leaves it: when it is to go, how long it has, and what holds it. */
function mark(context: ApiContext, { key, object, options }: Removal): JsonObject {
  const { deletionTimestamp, finalizers } = metadataOf(object)
  const grace = graceOf(key, object, options)
  const held: readonly unknown[] = Array.isArray(finalizers) ? finalizers : []
  const added = [...held, ...finalizersOf(options).filter((finalizer) => !held.includes(finalizer))]
  const isNamespace = key.group === '' && key.resource === namespaceKey.resource
  const goneAt = new Date(context.clock().getTime() + grace * 1000)
  const next = withMetadata(object, {
    deletionTimestamp: typeof deletionTimestamp === 'string' ? deletionTimestamp : timestamp(() => goneAt),
    ...(!isNamespace && { deletionGracePeriodSeconds: grace }),
    ...(added.length > 0 && { finalizers: added }),
  })
  return isNamespace ? { ...next, status: { ...member(object, 'status'), phase: 'Terminating' } } : next
}

/** The garbage collector takes them away when it has dealt with the dependants. */
function finalizersOf({ propagation }: DeleteOptions): readonly string[] {
  if (propagation === 'Orphan') return ['orphan']
  return propagation === 'Foreground' ? ['foregroundDeletion'] : []
}

/** Only pods that a node has taken get time to stop. A later, shorter period counts; a longer one does not. */
function graceOf({ group, resource }: StoreKey, object: StoredObject, { graceSeconds }: DeleteOptions): number {
  if (group !== '' || resource !== 'pods') return 0
  const spec = member(object, 'spec')
  const { phase } = member(object, 'status')
  if (spec['nodeName'] === undefined || phase === 'Succeeded' || phase === 'Failed') return 0
  const own = spec['terminationGracePeriodSeconds']
  const asked = graceSeconds ?? (typeof own === 'number' ? own : 30)
  const before = metadataOf(object)['deletionGracePeriodSeconds']
  return typeof before === 'number' ? Math.min(before, asked) : asked
}

function isStillHeld(object: JsonObject): boolean {
  const { finalizers, deletionGracePeriodSeconds } = metadataOf(object)
  const own: unknown = member(object, 'spec')['finalizers']
  const isHeld = [finalizers, own].some((list) => Array.isArray(list) && list.length > 0)
  return isHeld || (typeof deletionGracePeriodSeconds === 'number' && deletionGracePeriodSeconds > 0)
}
