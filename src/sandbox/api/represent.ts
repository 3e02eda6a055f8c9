import { dump } from 'js-yaml'
import type { JsonObject } from '../store/index.ts'
import { metadataOf } from './metadata.ts'
import type { Answer, ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { groupVersion, type ApiResource } from './schema/resources.ts'
import { StatusError } from './status.ts'
import { partialOf, tableOf, type TableOptions } from './table/table.ts'
import type { EventWriter } from './watch.ts'

/** What a client wants to see of an object, and in which text form. */
interface Representation {
  readonly view: 'whole' | 'table' | 'metadata'
  readonly format: 'json' | 'yaml'
}

/** An answer as it goes over the wire. */
export interface Written {
  readonly status: number
  readonly contentType: string
  readonly text: string
  readonly warnings: readonly string[]
}

const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** Reads an Accept header: the first clause that can be served counts. Throws a 406 when none can. */
function representationOf(accept: string): Representation {
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
    const format = formatOf(type)
    const view = viewOf(parameters)
    if (format !== undefined && view !== undefined) return { view, format }
  }
  const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
  const message = `406: Not Acceptable\n\nAvailable representations: ${[...offered, ...streams].join(', ')}`
  throw new StatusError({ message, reason: 'NotAcceptable', details: {}, code: 406 })
}

function formatOf(type: string): Representation['format'] | undefined {
  if (type === 'application/yaml') return 'yaml'
  return ['application/json', 'application/*', '*/*', ''].includes(type) ? 'json' : undefined
}

function viewOf(parameters: readonly string[]): Representation['view'] | undefined {
  const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3)
  if (as === undefined) return 'whole'
  if (parameters.includes('v=v1beta1')) return undefined
  if (as === 'Table') return 'table'
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : undefined
}

export interface Shown {
  readonly request: ApiRequest
  /** Absent for documents and text, which have one form only. */
  readonly route?: Route
  readonly now: Date
}

/** An answer that is no stream, as text. */
export function write(answer: Exclude<Answer, { form: 'stream' }>, { request, route, now }: Shown): Written {
  if (answer.form === 'text') {
    const { status, text, contentType = 'text/plain' } = answer
    return { status, text, contentType, warnings: [] }
  }
  if (answer.form === 'document') {
    const { document, contentType, status = 200 } = answer
    if (contentType !== undefined) return { status, contentType, text: JSON.stringify(document), warnings: [] }
    return { status, ...formatted(document, isYamlAsked(request)), warnings: [] }
  }
  const representation = representationOf(request.accept)
  const isYaml = representation.format === 'yaml'
  if (route === undefined) return { status: 200, ...formatted(contentOf(answer), isYaml), warnings: [] }
  const document = show(answer, { resource: route.resource, request, representation, now })
  return {
    status: answer.form === 'object' ? answer.status : 200,
    ...formatted(document, isYaml),
    warnings: [...deprecationOf(route), ...(answer.form === 'object' ? (answer.warnings ?? []) : [])],
  }
}

/** The one resource of the sandbox that a server warns of. */
function deprecationOf({ resource: { group, resource } }: Route): readonly string[] {
  return group === '' && resource === 'componentstatuses' ? ['v1 ComponentStatus is deprecated in v1.19+'] : []
}

function isYamlAsked({ accept }: ApiRequest): boolean {
  return accept.split(',', 1)[0]?.split(';', 1)[0]?.trim() === 'application/yaml'
}

function formatted(document: unknown, isYaml: boolean): Pick<Written, 'contentType' | 'text'> {
  return isYaml
    ? { contentType: 'application/yaml', text: dump(document, { noRefs: true, lineWidth: -1 }) }
    : { contentType: 'application/json', text: `${JSON.stringify(document)}\n` }
}

type ObjectAnswer = Extract<Answer, { form: 'object' | 'list' }>

function contentOf(answer: ObjectAnswer): JsonObject {
  return answer.form === 'object' ? answer.object : { metadata: answer.metadata, items: answer.items }
}

interface Showing {
  readonly resource: ApiResource
  readonly request: ApiRequest
  readonly representation: Representation
  readonly now: Date
}

function show(answer: ObjectAnswer, { resource, request, representation, now }: Showing): JsonObject {
  // A Scale, a Status and the like have no columns of the resource that they were asked of.
  const isOther = answer.form === 'object' && answer.object['kind'] !== resource.kind
  if (representation.view === 'whole' || isOther) {
    return answer.form === 'object' ? answer.object : listOf(answer, resource)
  }
  if (representation.view === 'metadata') return partialView(answer)
  const options = tableOptions(resource, request, now)
  if (answer.form === 'list') return tableOf(answer.items, answer.metadata, options)
  return tableOf([answer.object], { resourceVersion: metadataOf(answer.object)['resourceVersion'] }, options)
}

function tableOptions(resource: ApiResource, { query }: ApiRequest, now: Date): TableOptions {
  return { resource, now, includeObject: query.get('includeObject') ?? 'Metadata', hasColumns: true }
}

function partialView(answer: ObjectAnswer): JsonObject {
  if (answer.form === 'object') return partialOf(answer.object)
  const items = answer.items.map((item) => partialOf(item))
  const { metadata } = answer
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    // A Go slice that was never filled.
    items: items.length === 0 ? null : items,
  }
}

function listOf({ metadata, items }: ObjectAnswer & { form: 'list' }, resource: ApiResource): JsonObject {
  return { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata, items }
}

/** How the objects of a watch's events are written; only the first row of a Table has the columns with it. */
export function eventWriterFor(
  request: ApiRequest,
  clock: () => Date,
): (route: { readonly resource: ApiResource }) => EventWriter {
  return ({ resource }) => {
    const { view } = representationOf(request.accept)
    if (view === 'whole') return (object) => object
    if (view === 'metadata') return partialOf
    let hasColumns = true
    return (object) => {
      const options = { ...tableOptions(resource, request, clock()), hasColumns }
      hasColumns = false
      return tableOf([object], { resourceVersion: metadataOf(object)['resourceVersion'] }, options)
    }
  }
}
