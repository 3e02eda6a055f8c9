import type { PodRuntime } from '../contract.ts'
import type { JsonObject, RevisionedStore } from '../store/index.ts'
import type { Catalog } from './catalog.ts'
import { badRequest, refuseIf, unsupportedValue, type FieldProblem } from './status.ts'

/** What the handlers of requests work with. */
export interface ApiContext {
  readonly store: RevisionedStore
  readonly runtime: PodRuntime
  readonly catalog: Catalog
  readonly clock: () => Date
}

/** A request, read to its end. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string
  readonly contentType: string
  readonly userAgent: string
  readonly body: string
}

/** What a handler gives back; how it is written depends on the Accept header. */
export type Answer =
  | {
      readonly form: 'object'
      readonly status: number
      readonly object: JsonObject
      readonly warnings?: readonly string[]
    }
  | { readonly form: 'list'; readonly metadata: JsonObject; readonly items: readonly JsonObject[] }
  | { readonly form: 'document'; readonly document: unknown; readonly contentType?: string; readonly status?: number }
  | { readonly form: 'text'; readonly status: number; readonly text: string; readonly contentType?: string }
  | {
      readonly form: 'stream'
      readonly contentType: string
      /** Writes until it ends by itself or the signal aborts. */
      readonly run: (write: (text: string) => void, signal: AbortSignal) => Promise<void>
    }

/** The name that managedFields give a writer: what it calls itself, else the first word of its user agent. */
export function fieldManager({ query, userAgent }: ApiRequest): string {
  const given = query.get('fieldManager')
  return given !== null && given !== '' ? given : (userAgent.split('/', 1)[0] ?? '')
}

export function isDryRun({ query }: ApiRequest): boolean {
  return query.getAll('dryRun').includes('All')
}

/** Checks the options that all writes have. Throws a 422 that names `CreateOptions` or the like. */
export function checkWriteOptions({ query }: ApiRequest, kind: string, more: readonly FieldProblem[] = []): void {
  const problems: FieldProblem[] = [...more]
  const validation = query.get('fieldValidation') ?? ''
  const dryRun = query.getAll('dryRun')
  if (dryRun.some((value) => value !== 'All')) problems.push(unsupportedValue('dryRun', dryRun, ['All']))
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation)) {
    problems.push(unsupportedValue('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  }
  refuseIf({ group: 'meta.k8s.io', kind }, '', problems)
}

/** A whole number of the query; undefined when it is not given. Throws a 400 for anything else. */
export function queryInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

export function queryFlag(query: URLSearchParams, name: string): boolean {
  return ['true', '1'].includes(query.get(name) ?? '')
}
