import { isToolError } from '../../errors/index.ts'
import { completeObject, type JsonObject } from '../store/index.ts'
import type { StoredObject } from '../store-contract.ts'
import { allocate } from './allocate.ts'
import { readObjectBody } from './body.ts'
import { checkNamespace } from './namespaces.ts'
import { metadataOf, nameOf, timestamp, withMetadata, withoutMetadata } from './metadata.ts'
import { managersGiven, recordUpdate, type Writer } from './patch/managed-fields.ts'
import { findObject, presentable } from './read.ts'
import { checkWriteOptions, fieldManager, isDryRun, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { customObject, structType, type FieldType } from './schema/definitions.ts'
import { groupVersion, type ApiResource } from './schema/resources.ts'
import { alreadyExists, badRequest, invalid, invalidValue, outdated, refuseIf } from './status.ts'
import { confine, hasStatusPart, type Part } from './subresources.ts'
import { admissionWarnings, checkAdmission, validateNew, validateUpdate } from './validate/validate.ts'

/** How the objects of a resource merge. */
export function typeOf({ typeName }: ApiResource): FieldType {
  return typeName === undefined ? customObject : structType(typeName)
}

export function createObject(context: ApiContext, request: ApiRequest, route: Route): Answer {
  checkWriteOptions(request, 'CreateOptions')
  const { object, warnings } = readObjectBody(request, route.resource)
  return withWarnings(insert(context, { request, route, object }), warnings)
}

export interface Insertion {
  readonly request: ApiRequest
  readonly route: Route
  readonly object: JsonObject
  /** The object carries its managedFields already. */
  readonly isApplied?: boolean
}

/** Stores a new object. Throws 403, 404, 409 or 422 for what may not be. */
export function insert(context: ApiContext, { request, route, object, isApplied = false }: Insertion): ObjectAnswer {
  const { resource, namespace } = route
  const sentNamespace = metadataOf(object)['namespace']
  if (typeof sentNamespace === 'string' && sentNamespace !== '' && sentNamespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const draft = prepareNew(context, route, object)
  checkNamespace(context.store, route, nameOf(draft))
  const before = completeObject(resource, draft)
  refuseIf(resource, nameOf(object), validateNew(resource, before))
  checkAdmission(context.store, resource, before)
  const warnings = admissionWarnings(context.store, resource, before)
  const recorded = isApplied ? draft : withCreator(context, { request, resource, draft })
  if (isDryRun(request)) {
    const isTaken = context.store.get(resource, namespace, nameOf(draft)) !== undefined
    if (isTaken) throw alreadyExists(resource, nameOf(draft))
    const { resourceVersion: _none, ...metadata } = context.store.preview(resource, recorded).metadata
    return { form: 'object', status: 201, object: { ...context.store.preview(resource, recorded), metadata }, warnings }
  }
  return { form: 'object', status: 201, object: presentable(store(context, resource, recorded), resource), warnings }
}

/** What the server alone says about a new object is not taken from the request. */
function prepareNew(context: ApiContext, { resource, namespace }: Route, object: JsonObject): JsonObject {
  const own = [
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
  ]
  const { status: _ignored, ...rest } = withoutMetadata(object, ...own)
  const keepsStatus = !hasStatusPart(resource) || resource.resource === 'nodes'
  const kept = keepsStatus && object['status'] !== undefined ? { ...rest, status: object['status'] } : rest
  const placed = withMetadata(kept, namespace === undefined ? {} : { namespace })
  return allocate(context.store, resource, { next: withoutEmptyMetadata(placed) })
}

function withoutEmptyMetadata(object: JsonObject): JsonObject {
  const kept = Object.entries(metadataOf(object)).filter(([, value]) => value !== '' && value !== null)
  return { ...object, metadata: Object.fromEntries(kept) }
}

function withCreator(
  context: ApiContext,
  { request, resource, draft }: { request: ApiRequest; resource: ApiResource; draft: JsonObject },
): JsonObject {
  const writer: Writer = {
    manager: fieldManager(request),
    operation: 'Update',
    apiVersion: groupVersion(resource),
    subresource: '',
  }
  const { status: _status, ...owned } = completeForOwnership(resource, withoutMetadata(draft, 'managedFields'))
  const recorded = recordUpdate(
    { before: undefined, after: owned, type: typeOf(resource) },
    writer,
    timestamp(context.clock),
  )
  return withMetadata(draft, { managedFields: metadataOf(recorded)['managedFields'] })
}

/** Who creates an object owns its defaults too, but not what admission adds to pods and namespaces. */
function completeForOwnership(resource: ApiResource, draft: JsonObject): JsonObject {
  if (resource.resource === 'pods') return draft
  const completed = completeObject(resource, draft)
  if (resource.resource !== 'namespaces') return completed
  const { spec: _spec, ...owned } = completed
  return draft['spec'] === undefined ? owned : completed
}

function store({ store }: ApiContext, resource: ApiResource, object: JsonObject): StoredObject {
  try {
    return store.create(resource, { ...object })
  } catch (error) {
    if (isToolError(error, 'SANDBOX_OBJECT_EXISTS')) throw alreadyExists(resource, nameOf(object))
    throw error
  }
}

export function replaceObject(context: ApiContext, request: ApiRequest, route: Route): Answer {
  checkWriteOptions(request, 'UpdateOptions')
  const { object, warnings } = readObjectBody(request, route.resource)
  if (nameOf(object) !== route.name) {
    throw badRequest(
      `the name of the object (${nameOf(object)}) does not match the name on the URL (${route.name ?? ''})`,
    )
  }
  return withWarnings(revise(context, { request, route, change: () => object }), warnings)
}

/** Those of reading what was sent, before those of admission. */
export function withWarnings(answer: ObjectAnswer, warnings: readonly string[]): ObjectAnswer {
  return { ...answer, warnings: [...warnings, ...(answer.warnings ?? [])] }
}

type ObjectAnswer = Answer & { readonly form: 'object' }

export interface Revision {
  readonly request: ApiRequest
  readonly route: Route
  /** Makes the next state of the present one; what it must not touch is put right afterwards. */
  readonly change: (current: StoredObject) => JsonObject
  /** The next state carries its managedFields already. */
  readonly isApplied?: boolean
}

/** Changes an object that is there. Throws 404, 409 or 422. */
export function revise(context: ApiContext, revision: Revision): ObjectAnswer {
  const { request, route } = revision
  const current = findObject(context, route)
  const next = nextState(context, revision, current)
  const warnings = isSpecKept(current, next) ? [] : admissionWarnings(context.store, route.resource, next)
  if (isDryRun(request)) return { form: 'object', status: 200, object: previewRevision(current, next), warnings }
  const address = { name: current.metadata.name, ...(route.namespace !== undefined && { namespace: route.namespace }) }
  const stored = context.store.update(route.resource, address, () => ({ ...next }))
  return { form: 'object', status: 200, object: presentable(stored ?? current, route.resource), warnings }
}

function isSpecKept(current: StoredObject, next: JsonObject): boolean {
  return JSON.stringify(current['spec']) === JSON.stringify(next['spec'])
}

function previewRevision(current: StoredObject, next: JsonObject): JsonObject {
  const { generation } = current.metadata
  const isRaised = !isSpecKept(current, next)
  return withMetadata(next, {
    ...(typeof generation === 'number' && { generation: isRaised ? generation + 1 : generation }),
  })
}

function nextState(context: ApiContext, revision: Revision, current: StoredObject): JsonObject {
  const { request, route, change, isApplied = false } = revision
  const { resource, subresource } = route
  const part: Part = subresource?.name === 'status' ? 'status' : 'main'
  const sent = change(current)
  checkVersion(sent, current, route)
  const confined = confine(keepIdentity(sent, current), current, { resource, part })
  const next =
    part === 'status'
      ? confined
      : completeObject(resource, allocate(context.store, resource, { next: confined, current }))
  refuseIf(resource, nameOf(current), validateUpdate(resource, { before: current, after: next, part }))
  if (isApplied) return next
  const writer: Writer = {
    manager: fieldManager(request),
    operation: 'Update',
    apiVersion: groupVersion(resource),
    subresource: subresource?.name ?? '',
  }
  const unowned = withoutMetadata(next, 'managedFields')
  const entries = subresource === undefined ? { entries: managersGiven(sent, current) } : {}
  const update = { before: current, after: unowned, type: typeOf(resource), ...entries }
  return recordUpdate(update, writer, timestamp(context.clock))
}

/** A write that names a state or an identity must mean the present one. */
function checkVersion(sent: JsonObject, current: StoredObject, { resource, name = '' }: Route): void {
  const { resourceVersion, uid } = metadataOf(sent)
  if (typeof uid === 'string' && uid !== '' && uid !== current.metadata.uid) {
    const problem = invalidValue('metadata.uid', uid, 'field is immutable')
    throw invalid(resource, name, [problem, problem])
  }
  if (typeof resourceVersion === 'string' && !['', '0', current.metadata.resourceVersion].includes(resourceVersion)) {
    throw outdated(resource, name)
  }
}

function keepIdentity(sent: JsonObject, current: StoredObject): JsonObject {
  const {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  } = current.metadata as JsonObject
  const fixed = {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  }
  const metadata = { ...metadataOf(sent), ...fixed }
  return {
    ...sent,
    kind: current.kind,
    apiVersion: current.apiVersion,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined && value !== null)),
  }
}
