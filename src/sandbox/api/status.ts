import type { JsonObject } from '../store/index.ts'
import { qualifiedKind, qualifiedResource, type ApiResource } from './schema/resources.ts'

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

export interface StatusBody {
  readonly message: string
  readonly reason?: string
  readonly details?: JsonObject
  readonly code: number
}

/** A refusal in the words of the Kubernetes API: what is thrown becomes the `Status` of the answer. */
export class StatusError extends Error {
  readonly body: StatusBody
  readonly headers: Readonly<Record<string, string>>

  constructor(body: StatusBody, headers: Readonly<Record<string, string>> = {}) {
    super(body.message)
    this.name = 'StatusError'
    this.body = body
    this.headers = headers
  }
}

/** The JSON document of a refusal. */
export function statusDocument({ message, reason, details, code }: StatusBody): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  }
}

type Named = Pick<ApiResource, 'group' | 'resource'>

function detailsOf({ group, resource }: Named, name?: string): JsonObject {
  return { ...(name !== undefined && { name }), ...(group !== '' && { group }), kind: resource }
}

export function notFound(resource: Named, name: string): StatusError {
  const message = `${qualifiedResource(resource)} "${name}" not found`
  return new StatusError({ message, reason: 'NotFound', details: detailsOf(resource, name), code: 404 })
}

export function noSuchResource(): StatusError {
  const message = 'the server could not find the requested resource'
  return new StatusError({ message, reason: 'NotFound', details: {}, code: 404 })
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource'
  return new StatusError({ message, reason: 'MethodNotAllowed', details: {}, code: 405 })
}

export function alreadyExists(resource: Named, name: string): StatusError {
  const message = `${qualifiedResource(resource)} "${name}" already exists`
  return new StatusError({ message, reason: 'AlreadyExists', details: detailsOf(resource, name), code: 409 })
}

export function conflict(resource: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`
  return new StatusError({ message, reason: 'Conflict', details: detailsOf(resource, name), code: 409 })
}

/** The refusal of a write that was made from an old state of the object. */
export function outdated(resource: Named, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function badRequest(message: string): StatusError {
  return new StatusError({ message, reason: 'BadRequest', code: 400 })
}

export function forbidden(
  resource: Named,
  name: string,
  { why, causes }: { readonly why: string; readonly causes?: readonly StatusCause[] },
): StatusError {
  const message = `${qualifiedResource(resource)} "${name}" is forbidden: ${why}`
  const details = { ...detailsOf(resource, name), ...(causes !== undefined && { causes }) }
  return new StatusError({ message, reason: 'Forbidden', details, code: 403 })
}

/** An error without a reason of its own, as the server has for what its merge cannot make sense of. */
export function serverError(message: string): StatusError {
  return new StatusError({ message, code: 500 })
}

/** One thing that is wrong with an object. */
export interface FieldProblem {
  readonly reason: string
  readonly message: string
  readonly field: string
}

export function requiredValue(field: string, detail = ''): FieldProblem {
  return {
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
    field,
  }
}

export function invalidValue(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown(value)}: ${detail}`, field }
}

export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const list = supported.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`
  return { reason: 'FieldValueNotSupported', message, field }
}

export function forbiddenField(field: string, detail: string): FieldProblem {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field }
}

export function duplicateValue(field: string, value: unknown): FieldProblem {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}`, field }
}

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}

/** The refusal of an object for what is wrong with its fields. */
export function invalid(
  { group, kind }: Pick<ApiResource, 'group' | 'kind'>,
  name: string,
  problems: readonly FieldProblem[],
): StatusError {
  const texts = [...new Set(problems.map(({ field, message }) => `${field}: ${message}`))]
  const text = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
  const details = {
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    kind,
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  }
  return new StatusError({
    message: `${qualifiedKind({ group, kind })} "${name}" is invalid: ${text}`,
    reason: 'Invalid',
    details,
    code: 422,
  })
}

/** Throws {@link invalid} when there is a problem. */
export function refuseIf(
  resource: Pick<ApiResource, 'group' | 'kind'>,
  name: string,
  problems: readonly FieldProblem[],
): void {
  if (problems.length > 0) throw invalid(resource, name, problems)
}

/** The refusal of a token that is not the sandbox's. */
export function unauthorized(): StatusError {
  return new StatusError({ message: 'Unauthorized', reason: 'Unauthorized', code: 401 })
}

/** The refusal of a request without credentials, in the words that those get who may not do something. */
export function anonymousRefusal(method: string, path: string): StatusError {
  const found = resourcePath.exec(path)?.groups
  if (found?.['resource'] !== undefined) return refusedResource(method, found)
  const verb = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method]
  const message = `forbidden: User "system:anonymous" cannot ${verb ?? method.toLowerCase()} path "${path}"`
  return new StatusError({ message, reason: 'Forbidden', details: {}, code: 403 })
}

const resourcePath =
  /^\/(?:api|apis\/(?<group>[^/]+))\/v\d\w*\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>[a-z]+)(?:\/(?<name>[^/]+))?/

function refusedResource(method: string, found: Readonly<Record<string, string | undefined>>): StatusError {
  const { group = '', namespace, resource = '', name } = found
  const read = name === undefined ? 'list' : 'get'
  const verb = { GET: read, HEAD: read, POST: 'create', PUT: 'update', PATCH: 'patch' }[method] ?? 'delete'
  const about = `${qualifiedResource({ group, resource })}${name === undefined ? '' : ` "${name}"`}`
  const place = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const message = `${about} is forbidden: User "system:anonymous" cannot ${verb} resource "${resource}" in API group "${group}" ${place}`
  const details = { ...(name !== undefined && { name }), ...(group !== '' && { group }), kind: resource }
  return new StatusError({ message, reason: 'Forbidden', details, code: 403 })
}
