import { isJsonObject, type JsonObject } from '../store/index.ts'
import type { StoredObject } from '../store-contract.ts'
import { checkFields, parseYaml } from './body.ts'
import { metadataOf, nameOf, timestamp, withMetadata } from './metadata.ts'
import { applyConfiguration } from './patch/apply.ts'
import { checkConfiguration } from './patch/check-configuration.ts'
import { applyJsonPatch } from './patch/json-patch.ts'
import { applyMergePatch } from './patch/merge-patch.ts'
import { applyStrategicMerge } from './patch/strategic-merge.ts'
import { completeObject } from '../store/index.ts'
import { checkWriteOptions, fieldManager, queryFlag, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { groupVersion } from './schema/resources.ts'
import { badRequest, notFound, requiredValue, StatusError } from './status.ts'
import { mistypedMember, shapeCustomObject } from './validate/custom.ts'
import { insert, revise, typeOf, withWarnings } from './write.ts'

/** A PATCH of any of the four kinds. */
export function patchObject(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const mediaType = request.contentType.split(';', 1)[0]?.trim() ?? ''
  if (mediaType === 'application/apply-patch+yaml') return applyObject(context, request, route)
  const change = patchOf(mediaType, request, route)
  checkWriteOptions(request, 'PatchOptions')
  const warnings: string[] = []
  const answer = revise(context, {
    request,
    route,
    change: (current) => {
      const read = checkFields(change(current), { resource: route.resource, request, duplicates: [] })
      warnings.push(...read.warnings)
      return read.object
    },
  })
  return withWarnings(answer, warnings)
}

type PatchFunction = (current: StoredObject) => JsonObject

function patchOf(mediaType: string, { body }: ApiRequest, { resource }: Route): PatchFunction {
  const { typeName } = resource
  switch (mediaType) {
    case 'application/json-patch+json':
      return (current) => applyJsonPatch(current, parsePatch(body))
    case 'application/merge-patch+json':
      return (current) => asObject(applyMergePatch(current, parsePatch(body)))
    case 'application/strategic-merge-patch+json':
      if (typeName !== undefined) return (current) => applyStrategicMerge(current, asObject(parsePatch(body)), typeName)
      throw unsupportedPatch(
        'the body of the request was in an unknown format - accepted media types include: ' +
          'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      )
    default:
      throw unsupportedPatch('415: Unsupported Media Type', {})
  }
}

function unsupportedPatch(message: string, details?: JsonObject): StatusError {
  return new StatusError({
    message,
    reason: 'UnsupportedMediaType',
    ...(details !== undefined && { details }),
    code: 415,
  })
}

function parsePatch(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(`error decoding patch: ${error.message}`)
    throw error
  }
}

function asObject(value: unknown): JsonObject {
  if (isJsonObject(value)) return value
  throw badRequest('json: cannot unmarshal array into Go value of type map[string]interface {}')
}

/** Server-side apply: creates what is not there. */
function applyObject(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const manager = request.query.get('fieldManager') ?? ''
  const missing = requiredValue('fieldManager', 'is required for apply patch')
  checkWriteOptions(request, 'PatchOptions', manager === '' ? [missing] : [])
  const config = readConfiguration(request, route)
  const { store } = context
  const live = store.get(route.resource, route.namespace, route.name ?? '')
  if (live !== undefined) return reviseByApply(context, request, { route, config })
  if (route.subresource !== undefined) throw notFound(route.resource, route.name ?? '')
  const object = merged(context, request, { route, config, live: undefined })
  return insert(context, { request, route, object, isApplied: true })
}

interface Applied {
  readonly route: Route
  readonly config: JsonObject
}

function reviseByApply(context: ApiContext, request: ApiRequest, { route, config }: Applied): Answer {
  const { resourceVersion, uid } = metadataOf(config)
  const change = (live: StoredObject): JsonObject =>
    withMetadata(merged(context, request, { route, config, live }), {
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(uid !== undefined && { uid }),
    })
  return revise(context, { request, route, change, isApplied: true })
}

function merged(
  { clock }: ApiContext,
  request: ApiRequest,
  { route, config, live }: Applied & { readonly live: StoredObject | undefined },
): JsonObject {
  const { resource, subresource } = route
  return applyConfiguration({
    live,
    config: withoutEmptyParts(config),
    type: typeOf(resource),
    writer: {
      manager: fieldManager(request),
      operation: 'Apply',
      apiVersion: groupVersion(resource),
      subresource: subresource?.name ?? '',
    },
    force: queryFlag(request.query, 'force'),
    time: timestamp(clock),
    complete: (object) => {
      const { object: shaped } = shapeCustomObject(object, resource.custom?.schema)
      return live === undefined ? shaped : completeObject(resource, shaped)
    },
  })
}

/** A configuration speaks of the main part only: a status in it is not applied. */
function withoutEmptyParts({ status: _status, ...config }: JsonObject): JsonObject {
  return config
}

function readConfiguration(request: ApiRequest, route: Route): JsonObject {
  const { resource, namespace, name = '' } = route
  const config = parseYaml(request.body, request.query.get('fieldValidation') === 'Strict')
  const apiVersion = typeof config['apiVersion'] === 'string' ? config['apiVersion'] : ''
  const kind = typeof config['kind'] === 'string' ? config['kind'] : ''
  if (apiVersion !== groupVersion(resource) || kind !== resource.kind) {
    const shown = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw badRequest(`invalid object type: ${shown}, Kind=${kind}`)
  }
  checkAddress(config, route)
  // of a custom resource the server only knows the namespace that the configuration names
  const named = resource.custom === undefined ? namespace : metadataOf(config)['namespace']
  checkConfiguration(config, {
    type: typeOf(resource),
    name,
    namespace: typeof named === 'string' ? named : '',
    kind,
    apiVersion,
    ...customProblem(config, route),
  })
  return withMetadata(config, { name, ...(namespace !== undefined && { namespace }) })
}

function customProblem(config: JsonObject, { resource }: Route): { readonly problem?: string } {
  const schema = resource.custom?.schema
  const [unknown] = shapeCustomObject(config, schema).unknown
  const undeclared = unknown === undefined ? undefined : `.${unknown}: field not declared in schema`
  const problem = mistypedMember(config, schema) ?? undeclared
  return problem === undefined ? {} : { problem }
}

function checkAddress(config: JsonObject, { namespace, name = '' }: Route): void {
  const { namespace: givenNamespace, managedFields } = metadataOf(config)
  const given = nameOf(config)
  if (given !== '' && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
  if (typeof givenNamespace === 'string' && givenNamespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
}
