import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../store/index.ts'
import type { ApiVersion, Catalog } from './catalog.ts'
import { kubernetesVersion } from './discovery.ts'
import type { Answer, ApiRequest } from './request.ts'
import { definitionOf, type FieldType, type ScalarName } from './schema/definitions.ts'
import type { ApiResource } from './schema/resources.ts'

const prefix = '/openapi/v3'

/** Answers what is below `/openapi`; undefined for any other path. Types have no descriptions, and version 2 has no types. */
export function openApi({ path, accept }: ApiRequest, catalog: Catalog): Answer | undefined {
  if (path === '/openapi/v2') return emptyVersion2(accept)
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return undefined
  const versions = catalog.versions()
  const asked = path.slice(prefix.length + 1)
  if (asked === '') {
    const paths = Object.fromEntries(versions.map((version) => [pathOf(version), linkTo(version)]))
    return { form: 'document', document: { paths }, contentType: 'text/plain; charset=utf-8' }
  }
  const version = versions.find((one) => pathOf(one) === asked)
  if (version === undefined) return { form: 'text', status: 404, text: '', contentType: '' }
  return { form: 'document', document: documentOf(version) }
}

const protobufType = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

/**
 * What kubectl and helm look into for a kind that version 3 does not have: with nothing in it, they say that the kind is
 * not there, and not that the document is not. Its first field is the format's version, 2.0.
 */
function emptyVersion2(accept: string): Answer {
  if (accept.includes(protobufType)) {
    // Go reads no media type with an @
    const contentType = protobufType.replace('@', '.')
    return { form: 'text', status: 200, text: '\u000A\u00032.0', contentType }
  }
  const { major, minor } = kubernetesVersion
  const info = { title: 'Kubernetes', version: `${major}.${minor}` }
  return { form: 'document', document: { swagger: '2.0', info, paths: {}, definitions: {} } }
}

function pathOf({ group, version }: Pick<ApiVersion, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

/** The hash lets clients keep a document for as long as it is the same. */
function linkTo(version: ApiVersion): JsonObject {
  const hash = createHash('sha256').update(JSON.stringify(version)).digest('hex').toUpperCase()
  return { serverRelativeURL: `${prefix}/${pathOf(version)}?hash=${hash}` }
}

function documentOf(version: ApiVersion): JsonObject {
  const { major, minor } = kubernetesVersion
  const schemas: Record<string, JsonObject> = {}
  for (const resource of version.resources) addResource(schemas, resource)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: `${major}.${minor}` },
    paths: Object.fromEntries(version.resources.flatMap((resource) => pathsOf(resource))),
    components: { schemas },
  }
}

function pathsOf(resource: ApiResource): readonly (readonly [string, JsonObject])[] {
  const { isNamespaced, resource: plural } = resource
  const base = `/${pathOf(resource)}${isNamespaced ? '/namespaces/{namespace}' : ''}/${plural}`
  const ways = new Set(resource.verbs)
  return [
    [base, { ...(ways.has('list') && { get: operation(resource, 'list') }) }],
    [
      `${base}/{name}`,
      {
        ...(ways.has('get') && { get: operation(resource, 'get') }),
        ...(ways.has('patch') && { patch: { ...operation(resource, 'patch'), parameters: patchParameters } }),
      },
    ],
  ]
}

function operation(resource: ApiResource, action: string): JsonObject {
  const content = { 'application/json': { schema: referenceTo(schemaName(resource)) } }
  return {
    responses: { '200': { description: 'OK', content } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(resource),
  }
}

/** kubectl looks here for `fieldValidation` before it relies on it. */
const patchParameters = [
  ...['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
  { name: 'force', in: 'query', schema: { type: 'boolean' } },
]

function kindOf({ group, version, kind }: ApiResource): JsonObject {
  return { group, version, kind }
}

function schemaName({ typeName, group, version, kind }: ApiResource): string {
  return typeName ?? [...group.split('.').reverse(), version, kind].filter((part) => part !== '').join('.')
}

function referenceTo(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

type Schemas = Record<string, JsonObject>

function addResource(schemas: Schemas, resource: ApiResource): void {
  const name = schemaName(resource)
  if (resource.typeName === undefined) schemas[name] = openSchema(resource)
  else addType(schemas, name)
  schemas[name] = { ...schemas[name], 'x-kubernetes-group-version-kind': [kindOf(resource)] }
}

/** What is stored as it comes: the schema of its definition, or none. */
function openSchema({ custom }: ApiResource): JsonObject {
  const declared = isJsonObject(custom?.schema) ? custom.schema : {}
  return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...declared }
}

function addType(schemas: Schemas, name: string): void {
  const definition = definitionOf(name)
  if (definition === undefined || schemas[name] !== undefined) return
  // Types may hold themselves, so that the name is taken before the fields are looked at.
  schemas[name] = { type: 'object' }
  const properties = [...definition.fields].map(([field, { type }]): [string, JsonObject] => {
    const schema = schemaOf(schemas, type)
    return [field, retainsKeys(name, field) ? { ...schema, 'x-kubernetes-patch-strategy': strategyOf(type) } : schema]
  })
  schemas[name] = { type: 'object', properties: Object.fromEntries(properties) }
}

/** Unions: the members of the choice that is not made any more have to go. */
const unions: readonly string[] = ['PodSpec.volumes', 'DeploymentSpec.strategy']

function retainsKeys(type: string, field: string): boolean {
  return unions.includes(`${type}.${field}`)
}

function strategyOf({ form }: FieldType): string {
  return form === 'list' ? 'merge,retainKeys' : 'retainKeys'
}

function schemaOf(schemas: Schemas, type: FieldType): JsonObject {
  switch (type.form) {
    case 'scalar':
      return scalars[type.scalar]
    case 'deduced':
      return {}
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(schemas, type.element) }
    case 'list':
      return { type: 'array', items: schemaOf(schemas, type.element), ...mergeOf(type) }
    case 'struct':
      break
  }
  addType(schemas, type.name)
  return { allOf: [referenceTo(type.name)] }
}

function mergeOf({ merge, keys }: FieldType & { form: 'list' }): JsonObject {
  if (merge === 'atomic') return { 'x-kubernetes-list-type': 'atomic' }
  const isMap = merge === 'map'
  return {
    'x-kubernetes-list-type': merge,
    ...(isMap && { 'x-kubernetes-list-map-keys': keys, 'x-kubernetes-patch-merge-key': keys[0] }),
    'x-kubernetes-patch-strategy': 'merge',
  }
}

const scalars: Readonly<Record<ScalarName, JsonObject>> = {
  string: { type: 'string' },
  number: { type: 'integer' },
  boolean: { type: 'boolean' },
  any: {},
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
  intOrString: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  fields: { type: 'object' },
}
