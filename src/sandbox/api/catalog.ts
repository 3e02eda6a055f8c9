import { isJsonObject, type JsonObject, type RevisionedStore } from '../store/index.ts'
import { builtInResources, readWrite, type ApiResource, type Subresource } from './schema/resources.ts'

export interface ApiVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly ApiResource[]
}

/** What the server offers at this moment: the built-in resources and those of established CustomResourceDefinitions. */
export interface Catalog {
  versions(): readonly ApiVersion[]
  find(address: {
    readonly group: string
    readonly version: string
    readonly resource: string
  }): ApiResource | undefined
  offers(group: string, version: string): boolean
}

const crdKey = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' } as const

export function createCatalog(store: RevisionedStore): Catalog {
  const all = (): readonly ApiResource[] => [...builtInResources, ...store.list(crdKey).flatMap(customResources)]
  return {
    versions: () => groupByVersion(all()),
    find: ({ group, version, resource }) =>
      all().find((one) => one.group === group && one.version === version && one.resource === resource),
    offers: (group, version) => all().some((one) => one.group === group && one.version === version),
  }
}

/** In the order that a real server lists them for custom resources. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

function groupByVersion(resources: readonly ApiResource[]): readonly ApiVersion[] {
  const versions = new Map<string, { group: string; version: string; resources: ApiResource[] }>()
  for (const resource of resources) {
    const { group, version } = resource
    const id = `${group}/${version}`
    const known = versions.get(id)
    if (known === undefined) versions.set(id, { group, version, resources: [resource] })
    else known.resources.push(resource)
  }
  return [...versions.values()]
}

/** The resources that a CustomResourceDefinition makes, one for each served version; none until it is established. */
function customResources(crd: JsonObject): readonly ApiResource[] {
  const spec = member(crd, 'spec')
  const names = member(spec, 'names')
  const { group } = spec
  if (typeof group !== 'string' || !isEstablished(crd)) return []
  return list(spec['versions']).flatMap((version) => {
    if (version['served'] !== true || typeof version['name'] !== 'string') return []
    const kind = text(names['kind'])
    return [
      {
        group,
        version: version['name'],
        resource: text(names['plural']),
        singular: text(names['singular']) || kind.toLowerCase(),
        kind,
        isNamespaced: spec['scope'] === 'Namespaced',
        shortNames: texts(names['shortNames']),
        categories: texts(names['categories']),
        verbs: customVerbs,
        subresources: customSubresources(kind, member(version, 'subresources')),
        custom: {
          schema: member(version, 'schema')['openAPIV3Schema'],
          columns: list(version['additionalPrinterColumns']),
        },
      },
    ]
  })
}

function isEstablished(crd: JsonObject): boolean {
  return list(member(crd, 'status')['conditions']).some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
}

function customSubresources(kind: string, declared: JsonObject): readonly Subresource[] {
  return [
    ...(declared['status'] === undefined ? [] : [{ name: 'status', group: '', version: '', kind, verbs: readWrite }]),
    ...(declared['scale'] === undefined
      ? []
      : [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWrite }]),
  ]
}

/** A member that is an object; an empty one when it is not there. */
export function member(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  return isJsonObject(value) ? value : {}
}

/** The objects of a list; none when it is not there. */
export function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** A string; empty when it is not there. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A string, number or boolean as text; anything else as JSON. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
