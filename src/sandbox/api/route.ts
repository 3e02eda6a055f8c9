import type { Catalog } from './catalog.ts'
import type { ApiResource, Subresource } from './schema/resources.ts'
import { methodNotAllowed, noSuchResource } from './status.ts'

/** What a path below `/api` or `/apis` addresses. */
export interface Route {
  readonly resource: ApiResource
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: Subresource
  /** The old form, `/api/v1/watch/…`. */
  readonly isWatchPath: boolean
}

/**
 * Finds the resource of a path; undefined when its group and version are not offered at all. Throws a 404 for a
 * resource that is not there.
 */
export function parseRoute(path: string, catalog: Catalog): Route | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const isCore = parts[0] === 'api'
  const [group = '', version = ''] = isCore ? ['', parts[1]] : [parts[1], parts[2]]
  if (!catalog.offers(group, version)) return undefined
  const rest = parts.slice(isCore ? 2 : 3)
  const isWatchPath = rest[0] === 'watch'
  return locate({ group, version, catalog }, isWatchPath ? rest.slice(1) : rest, isWatchPath)
}

interface Place {
  readonly group: string
  readonly version: string
  readonly catalog: Catalog
}

function locate(place: Place, parts: readonly string[], isWatchPath: boolean): Route {
  const isInside = leadsIntoNamespace(place.group, parts)
  const [plural = '', name, sub, ...more] = isInside ? parts.slice(2) : parts
  const resource = place.catalog.find({ ...place, resource: plural })
  const namespace = isInside ? parts[1] : undefined
  if (resource === undefined || more.length > 0 || !isPlacedRight(resource, namespace, name)) throw noSuchResource()
  const subresource = resource.subresources.find((one) => one.name === sub)
  if (sub !== undefined && subresource === undefined) throw noSuchResource()
  return {
    resource,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
    isWatchPath,
  }
}

/** `namespaces/n/pods/p/log` is of a pod; `namespaces/n`, and `namespaces/n/status`, are of the namespace. */
function leadsIntoNamespace(group: string, parts: readonly string[]): boolean {
  const isOfNamespace = group === '' && ['status', 'finalize'].includes(parts[2] ?? '')
  return parts[0] === 'namespaces' && parts.length > 2 && !isOfNamespace
}

function isPlacedRight(
  { isNamespaced }: ApiResource,
  namespace: string | undefined,
  name: string | undefined,
): boolean {
  return isNamespaced ? namespace !== undefined || name === undefined : namespace === undefined
}

const verbsOfMethods: Readonly<Record<string, { readonly one?: string; readonly many?: string }>> = {
  GET: { one: 'get', many: 'list' },
  POST: { many: 'create' },
  PUT: { one: 'update' },
  PATCH: { one: 'patch' },
  DELETE: { one: 'delete', many: 'deletecollection' },
}

/** The verb of a request. Throws a 405 for one that the resource does not have. */
export function verbOf(method: string, route: Route): string {
  const { resource, namespace, name, subresource } = route
  const verbs = verbsOfMethods[method] ?? {}
  const verb = subresource !== undefined && method === 'POST' ? 'create' : verbs[name === undefined ? 'many' : 'one']
  const isAcrossNamespaces = resource.isNamespaced && namespace === undefined
  if (verb === undefined || !(subresource?.verbs ?? resource.verbs).includes(verb)) throw methodNotAllowed()
  if (isAcrossNamespaces && verb !== 'list') throw methodNotAllowed()
  return verb
}
