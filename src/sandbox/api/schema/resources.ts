import { definitionOf } from './definitions.ts'
import { resourceTable } from './resource-table.ts'

/** One resource as discovery lists it. */
export interface ApiResource {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly isNamespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly Subresource[]
  /** The schema type of its objects; absent: objects are stored as they come. */
  readonly typeName?: string
  /** Set for resources that a CustomResourceDefinition made. */
  readonly custom?: CustomTraits
}

interface CustomTraits {
  readonly schema: unknown
  readonly columns: readonly unknown[]
}

export interface Subresource {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

const allVerbs: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

export const readWrite: readonly string[] = ['get', 'patch', 'update']

/** Kinds whose type is named otherwise because another group has the name. */
const typeNames: Readonly<Record<string, string>> = {
  'events.k8s.io/Event': 'events.Event',
  'autoscaling/HorizontalPodAutoscaler': 'autoscaling.v2.HorizontalPodAutoscaler',
}

/** Subresources that are not the object itself, and those that not every verb is for. */
const subresources: Readonly<Record<string, Omit<Subresource, 'name'>>> = {
  attach: { group: '', version: '', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  binding: { group: '', version: '', kind: 'Binding', verbs: ['create'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  exec: { group: '', version: '', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  finalize: { group: '', version: '', kind: '', verbs: ['update'] },
  log: { group: '', version: '', kind: 'Pod', verbs: ['get'] },
  portforward: { group: '', version: '', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWrite },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
}

const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update']

/** The built-in resources, in the order of discovery. */
export const builtInResources: readonly ApiResource[] = parseTable(resourceTable)

function parseTable(text: string): readonly ApiResource[] {
  const found: ApiResource[] = []
  let group = ''
  let version = ''
  for (const line of text.split('\n').filter((row) => row !== '')) {
    if (line.startsWith('# ')) {
      const [first = '', second] = line.slice(2).split('/')
      group = second === undefined ? '' : first
      version = second ?? first
    } else {
      found.push(parseRow(line, { group, version }))
    }
  }
  return found
}

function parseRow(line: string, at: { readonly group: string; readonly version: string }): ApiResource {
  const [resource = '', kind = '', scope, shortNames, categories, subs, verbs] = line.split('|')
  const typeName = typeNames[`${at.group}/${kind}`] ?? kind
  return {
    ...at,
    resource,
    kind,
    singular: resource === 'endpoints' ? resource : kind.toLowerCase(),
    isNamespaced: scope !== 'cluster',
    shortNames: splitList(shortNames),
    categories: splitList(categories),
    verbs: verbs === undefined || verbs === '' ? allVerbs : splitList(verbs),
    subresources: splitList(subs).map((name) => subresourceOf(kind, name)),
    ...(definitionOf(typeName) !== undefined && { typeName }),
  }
}

function subresourceOf(kind: string, name: string): Subresource {
  if (name === 'proxy') return { name, group: '', version: '', kind: `${kind}ProxyOptions`, verbs: proxyVerbs }
  const special = subresources[name]
  if (special === undefined) return { name, group: '', version: '', kind, verbs: readWrite }
  return { name, ...special, kind: special.kind === '' ? kind : special.kind }
}

function splitList(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',')
}

/** `deployments.apps`, and `pods` for the core group: how messages name a resource. */
export function qualifiedResource({ group, resource }: Pick<ApiResource, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`
}

/** `Deployment.apps`, and `Pod` for the core group. */
export function qualifiedKind({ group, kind }: Pick<ApiResource, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`
}

/** `apps/v1`, and `v1` for the core group. */
export function groupVersion({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}
