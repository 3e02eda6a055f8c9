/** An object of the Kubernetes API as data, with nothing dropped. */
export interface ResourceObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ResourceMetadata
  readonly [member: string]: unknown
}

/** `name` is missing only where the object has a `generateName` instead. */
export interface ResourceMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly [member: string]: unknown
}

/** One Kubernetes object of a file: its data and the text that says the same. Immutable. */
export interface Resource {
  readonly object: ResourceObject
  /** One YAML (or JSON) document without `---`; parsing it gives {@link Resource.object}. */
  readonly text: string
  readonly format: 'yaml' | 'json'
  readonly source: ResourceSource
}

/** Where a resource was read. */
export interface ResourceSource {
  readonly file: string
  /** 1-based line and column in the file at which {@link ResourceSource.text} starts. */
  readonly line: number
  readonly column: number
  /** The document as it was read. */
  readonly text: string
}

/** Keys and indexes from the root of an object. */
export type ResourcePath = readonly (string | number)[]

/** Any JSON object inside a resource. */
export type Mapping = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object, not a list and not null. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path; undefined when something on the way is missing. */
export function valueAt(value: unknown, path: ResourcePath): unknown {
  let current = value
  for (const key of path) {
    if (Array.isArray(current) && typeof key === 'number') current = current[key] as unknown
    else if (isMapping(current) && typeof key === 'string') {
      current = Object.hasOwn(current, key) ? current[key] : undefined
    } else return undefined
  }
  return current
}

/** The kind with its API group, as kubectl spells it: `Deployment.apps`, `Pod`. */
export function groupKind(object: Pick<ResourceObject, 'apiVersion' | 'kind'>): string {
  const slash = object.apiVersion.indexOf('/')
  return slash === -1 ? object.kind : `${object.kind}.${object.apiVersion.slice(0, slash)}`
}

/** How kubectl names an object in its output: `deployment.apps/web`, `pod/web`. */
export function resourceName(object: ResourceObject): string {
  const { name, generateName } = object.metadata as { readonly name?: string; readonly generateName?: string }
  return `${groupKind(object).toLowerCase()}/${name ?? generateName ?? ''}`
}
