import { CORE_SCHEMA, load, YAMLException } from 'js-yaml'
import { isJsonObject, type JsonObject } from '../store/index.ts'
import { duplicateMembers } from './json-text.ts'
import type { ApiRequest } from './request.ts'
import { decodeObject } from './schema/decode.ts'
import { groupVersion, type ApiResource } from './schema/resources.ts'
import { badRequest, StatusError } from './status.ts'
import { shapeCustomObject } from './validate/custom.ts'

export interface ReadBody {
  readonly object: JsonObject
  /** What a `Warning` header says about it. */
  readonly warnings: readonly string[]
}

/** The object of a POST or PUT, checked against the type. Throws a 400 or 415. */
export function readObjectBody(request: ApiRequest, resource: ApiResource): ReadBody {
  const { value, duplicates } = parseBody(request, resource.kind)
  const kind = typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : resource.kind
  const expected = groupVersion(resource)
  const apiVersion =
    typeof value['apiVersion'] === 'string' && value['apiVersion'] !== '' ? value['apiVersion'] : expected
  if (kind !== resource.kind || apiVersion !== expected) throw wrongKind({ kind, apiVersion }, resource)
  return checkFields({ ...value, kind, apiVersion }, { resource, request, duplicates })
}

/** Drops what the type does not have and says so, or refuses it, as `fieldValidation` asks. */
export function checkFields(
  value: JsonObject,
  about: { readonly resource: ApiResource; readonly request: ApiRequest; readonly duplicates: readonly string[] },
): ReadBody {
  const { kind, version, typeName } = about.resource
  const decoded =
    typeName === undefined ? shapeCustomObject(value, about.resource.custom?.schema) : decodeObject(value, typeName)
  const refusal = `${kind} in version "${version}" cannot be handled as a ${kind}: `
  if ('mismatch' in decoded && decoded.mismatch !== undefined) throw badRequest(`${refusal}${decoded.mismatch}`)
  const found = [
    ...new Set([
      ...about.duplicates.map((path) => `duplicate field "${path}"`),
      ...decoded.unknown.map((path) => `unknown field "${path}"`),
    ]),
  ]
  const validation = about.request.query.get('fieldValidation')
  if (validation === 'Strict' && found.length > 0) {
    throw badRequest(`${refusal}strict decoding error: ${found.join(', ')}`)
  }
  return { object: decoded.object, warnings: validation === 'Ignore' ? [] : found }
}

function parseBody(
  { body, contentType }: ApiRequest,
  kind: string,
): { value: JsonObject; duplicates: readonly string[] } {
  const mediaType = contentType.split(';', 1)[0]?.trim() ?? ''
  if (mediaType === 'application/yaml') return { value: parseYaml(body), duplicates: [] }
  if (mediaType !== 'application/json' && mediaType !== '') throw unsupportedBody()
  const value = tryParseJson(body)
  if (!isJsonObject(value)) throw unreadable(body, kind)
  return { value, duplicates: duplicateMembers(body) }
}

function unreadable(body: string, kind: string): StatusError {
  const shown = body === '' ? '<empty>' : `${body.slice(0, 30)}${body.length > 30 ? ' ...' : ''}`
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ` +
      `json parse error: unexpected end of JSON input (${shown})`,
  )
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A body of JSON that has no kind to be held to; empty for one that is no object. Throws a 400. */
export function parseDocument(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    return isJsonObject(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(error.message)
    throw error
  }
}

/** The first document of a YAML text. Throws a 400. */
export function parseYaml(text: string, isStrict = false): JsonObject {
  const [first = ''] = text.replace(/^---[ \t]*\r?\n/, '').split(/^---(?:[ \t].*)?$/m)
  if (first.trim() === '') return {}
  try {
    const value = load(first, { schema: CORE_SCHEMA, json: !isStrict })
    return isJsonObject(value) ? value : {}
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const line = `line ${(error.mark?.line ?? 0) + 1}`
    throw badRequest(
      /duplicat/.test(error.reason)
        ? `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${line}: key "${keyAt(first, error)}" already set in map`
        : `error decoding YAML: error converting YAML to JSON: yaml: ${line}: ${error.reason}`,
    )
  }
}

function keyAt(text: string, { mark }: YAMLException): string {
  return /^[\s-]*([^:]*)/.exec(text.split('\n')[mark?.line ?? 0] ?? '')?.[1]?.trim() ?? ''
}

function wrongKind({ kind, apiVersion }: { kind: string; apiVersion: string }, resource: ApiResource): StatusError {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const expected = groupVersion(resource)
  if (kind === resource.kind) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  const internal = resource.group === '' ? 'core' : resource.group.split('.', 1)[0]
  const from = `${group === '' ? version : `${group}.${version}`}.${kind}`
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ` +
      `converting (${from}) to (${internal}.${resource.kind}): unknown conversion`,
  )
}

function unsupportedBody(): StatusError {
  const message =
    'the body of the request was in an unknown format - accepted media types include: ' +
    'application/json, application/yaml, application/vnd.kubernetes.protobuf'
  return new StatusError({ message, reason: 'UnsupportedMediaType', code: 415 })
}
