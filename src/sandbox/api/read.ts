import { isJsonObject, type JsonObject, type RevisionedStore } from '../store/index.ts'
import type { StoredObject } from '../store-contract.ts'
import { queryFlag, queryInteger, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import type { ApiResource } from './schema/resources.ts'
import { parseFieldSelector, parseLabelSelector, type Selection } from './selectors.ts'
import { badRequest, forbiddenField, notFound, refuseIf, StatusError, type FieldProblem } from './status.ts'

/** Finds the object that a route names. Throws a 404. */
export function findObject(
  { store }: Pick<ApiContext, 'store'>,
  { resource, namespace, name = '' }: Route,
): StoredObject {
  const object = store.get(resource, namespace, name)
  if (object === undefined) throw notFound(resource, name)
  return object
}

export function getObject(context: ApiContext, route: Route): Answer {
  return { form: 'object', status: 200, object: presentable(findObject(context, route), route.resource) }
}

/** An object of a custom resource, in the version that is asked for. */
export function presentable(object: JsonObject, { custom, group, version }: ApiResource): JsonObject {
  return custom === undefined ? object : { ...object, apiVersion: `${group}/${version}` }
}

/** The objects that the selectors of a query ask for. */
export function selectionOf({ query }: ApiRequest, { resource, name }: Route): Selection {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '')
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '', resource)
  return (object) =>
    byLabel(object) &&
    byField(object) &&
    (name === undefined || (isJsonObject(object['metadata']) && object['metadata']['name'] === name))
}

/** Lists a resource, in pages if `limit` says so. */
export function listObjects(context: ApiContext, request: ApiRequest, route: Route): Answer {
  checkListOptions(request.query, false)
  checkListRevision(request.query, context.store)
  const { store } = context
  const token = readToken(request.query, store)
  const selection = selectionOf(request, route)
  const limit = queryInteger(request.query, 'limit') ?? 0
  const all = store
    .list(route.resource, route.namespace)
    .filter((object) => selection(object) && isAfter(object, token?.after))
    .map((object) => presentable(object, route.resource))
  const isCut = limit > 0 && all.length > limit && request.query.get('resourceVersion') !== '0'
  const items = isCut ? all.slice(0, limit) : all
  const hasSelector = request.query.has('labelSelector') || request.query.has('fieldSelector')
  const resourceVersion = String(token?.revision ?? store.revision())
  return {
    form: 'list',
    items: route.resource.custom === undefined ? items.map(withoutType) : items,
    metadata: {
      resourceVersion,
      ...(isCut && { continue: writeToken(items.at(-1), resourceVersion) }),
      ...(isCut && !hasSelector && { remainingItemCount: all.length - limit }),
    },
  }
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: JsonObject): JsonObject {
  return rest
}

interface ContinueToken {
  readonly revision: number
  /** `namespace/name` of the last object that was given. */
  readonly after: string
}

function writeToken(last: JsonObject | undefined, resourceVersion: string): string {
  const token = { v: 'meta.k8s.io/v1', rv: Number(resourceVersion), start: `${addressOf(last)}\0` }
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function readToken(query: URLSearchParams, store: RevisionedStore): ContinueToken | undefined {
  const text = query.get('continue')
  if (text === null || text === '') return undefined
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (isJsonObject(token) && typeof token['rv'] === 'number' && typeof token['start'] === 'string') {
      return { revision: Math.min(token['rv'], store.revision()), after: token['start'].replace(/\0$/, '') }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const first = Buffer.from(text, 'base64url').toString('latin1').charAt(0)
  throw badRequest(
    `invalid continue token: continue key is not valid: invalid character '${first}' looking for beginning of value`,
  )
}

function isAfter(object: JsonObject, after: string | undefined): boolean {
  return after === undefined || addressOf(object) > after
}

function addressOf(object: JsonObject | undefined): string {
  const metadata = object !== undefined && isJsonObject(object['metadata']) ? object['metadata'] : {}
  return `${typeof metadata['namespace'] === 'string' ? metadata['namespace'] : ''}/${String(metadata['name'])}`
}

/** Checks resourceVersion, resourceVersionMatch and sendInitialEvents of a list or a watch. Throws a 422. */
export function checkListOptions(query: URLSearchParams, isWatch: boolean): void {
  const version = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const problems = isWatch
    ? watchProblems(match, query.has('sendInitialEvents'))
    : listProblems({ version, match, hasInitial: query.has('sendInitialEvents') })
  refuseIf({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', problems)
}

function watchProblems(match: string, hasInitial: boolean): readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  if (hasInitial && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    return [forbiddenField('resourceVersionMatch', why)]
  }
  if (match !== '' && !hasInitial) {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    problems.push(forbiddenField('resourceVersionMatch', why))
  }
  if (match !== '' && match !== 'NotOlderThan') problems.push(unsupportedMatch(match, ['NotOlderThan']))
  return problems
}

function listProblems(options: { version: string; match: string; hasInitial: boolean }): readonly FieldProblem[] {
  const { version, match, hasInitial } = options
  const problems: FieldProblem[] = []
  if (match !== '' && version === '') {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided'
    problems.push(forbiddenField('resourceVersionMatch', why))
  }
  if (!['', 'Exact', 'NotOlderThan'].includes(match)) {
    problems.push(unsupportedMatch(match, ['Exact', 'NotOlderThan', '']))
  }
  if (hasInitial) problems.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return problems
}

function unsupportedMatch(match: string, supported: readonly string[]): FieldProblem {
  const list = supported.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${list}`
  return { reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' }
}

/** Checks that the state a list asks for is neither in the future nor forgotten. */
function checkListRevision(query: URLSearchParams, store: RevisionedStore): void {
  const asked = query.get('resourceVersion') ?? ''
  if (asked === '' || queryFlag(query, 'watch')) return
  if (!/^\d+$/.test(asked)) throw badRequest(`invalid resource version: ${malformedRevision(asked)}`)
  if (Number(asked) > store.revision()) throw tooLarge(asked, store.revision())
  if (query.get('resourceVersionMatch') === 'Exact' && Number(asked) !== store.revision()) {
    const message = 'The resourceVersion for the provided list is too old.'
    throw new StatusError({ message, reason: 'Expired', code: 410 })
  }
}

/** What is wrong with a resourceVersion that is not a number. */
export function malformedRevision(text: string): string {
  const shown = JSON.stringify(text)
  return `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`
}

function tooLarge(asked: string, current: number): StatusError {
  return new StatusError(
    {
      message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
      reason: 'Timeout',
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
      code: 504,
    },
    { 'retry-after': '1' },
  )
}
