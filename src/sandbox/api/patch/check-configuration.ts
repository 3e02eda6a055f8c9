import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { definitionOf, type FieldType, type ScalarName } from '../schema/definitions.ts'
import { serverError } from '../status.ts'
import { parseQuantity } from '../../quantity.ts'
import { itemKey, memberType, pathsOf, type FieldSet } from './field-set.ts'

export interface Configured {
  readonly type: FieldType
  readonly name: string
  readonly namespace: string
  readonly kind: string
  readonly apiVersion: string
  /** What the schema of a custom resource does not allow. */
  readonly problem?: string
}

/** Refuses a configuration that the schema cannot hold, in the words, and with the 500, of a real API server. */
export function checkConfiguration(config: JsonObject, configured: Configured): void {
  const { type, name, namespace, kind, apiVersion } = configured
  const place = `${namespace}/${name}; ${apiVersion}, Kind=${kind}`
  const problem = configured.problem ?? findProblem(config, type, '')
  if (problem !== undefined) throw serverError(`failed to create typed patch object (${place}): ${problem}`)
  if (hasBadQuantity(config, type)) {
    throw serverError(
      `failed to convert new object (${place}) to proper version: ` +
        `unable to convert unstructured object to ${apiVersion}, Kind=${kind}: ` +
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  }
}

function findProblem(value: unknown, type: FieldType, at: string): string | undefined {
  if (value === null || type.form === 'deduced') return undefined
  if (type.form === 'scalar') return scalarProblem(value, type.scalar, at)
  if (type.form === 'list') {
    if (!Array.isArray(value)) return `${at}: expected list, got ${describe(value)}`
    return listProblem(value, type, at)
  }
  return isJsonObject(value) ? memberProblem(value, type, at) : `${at}: expected map, got ${describe(value)}`
}

function memberProblem(value: JsonObject, type: FieldType, at: string): string | undefined {
  const fields = type.form === 'struct' ? definitionOf(type.name)?.fields : undefined
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  for (const [name, item] of members) {
    const here = `${at}.${name}`
    if (fields !== undefined && !fields.has(name)) return `${here}: field not declared in schema`
    const problem = findProblem(item, memberType(type, name), here)
    if (problem !== undefined) return problem
  }
  return undefined
}

type ListType = FieldType & { readonly form: 'list' }

function listProblem(items: readonly unknown[], type: ListType, at: string): string | undefined {
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const key = type.merge === 'atomic' ? '' : itemKey(item, type)
    const step = key === '' ? `[${index}]` : stepOf(key)
    if (key !== '' && seen.has(key)) return `${at}: duplicate entries for key ${step}`
    seen.add(key)
    const problem = findProblem(item, type.element, `${at}${step}`)
    if (problem !== undefined) return problem
  }
  return undefined
}

function stepOf(key: string): string {
  const item: FieldSet = { isMember: true, children: new Map() }
  return pathsOf({ isMember: false, children: new Map([[key, item]]) })[0] ?? ''
}

const expected: Partial<Record<ScalarName, readonly [string, string]>> = {
  string: ['string', 'string'],
  number: ['number', 'numeric (int or float)'],
  boolean: ['boolean', 'boolean'],
}

function scalarProblem(value: unknown, scalar: ScalarName, at: string): string | undefined {
  const [type, text] = expected[scalar] ?? []
  if (type === undefined || typeof value === type) return undefined
  return `${at}: expected ${text ?? ''}, got ${describe(value)}`
}

/** The form of a value, as messages of server-side apply call it. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (isJsonObject(value)) return 'map'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value
}

function hasBadQuantity(value: unknown, type: FieldType): boolean {
  if (type.form === 'scalar') {
    return type.scalar === 'quantity' && typeof value === 'string' && parseQuantity(value) === undefined
  }
  if (Array.isArray(value) && type.form === 'list') return value.some((item) => hasBadQuantity(item, type.element))
  if (!isJsonObject(value)) return false
  return Object.entries(value).some(([name, item]) => hasBadQuantity(item, memberType(type, name)))
}
