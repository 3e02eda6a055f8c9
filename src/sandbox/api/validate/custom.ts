import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { member } from '../catalog.ts'
import { describe } from '../patch/check-configuration.ts'
import { invalidValue, requiredValue, unsupportedValue, type FieldProblem } from '../status.ts'

/** Checks an object of a custom resource against the structural schema of its CustomResourceDefinition. */
export function checkCustomObject(object: JsonObject, schema: unknown): readonly FieldProblem[] {
  if (!isJsonObject(schema)) return []
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object
  return checkValue(rest, schema, '')
}

function checkValue(value: unknown, schema: JsonObject, at: string): readonly FieldProblem[] {
  const wrong = checkType(value, schema, at)
  if (wrong.length > 0) return wrong
  return [
    ...checkLimits(value, schema, at),
    ...(isJsonObject(value) ? checkMembers(value, schema, at) : []),
    ...(Array.isArray(value) && isJsonObject(schema['items'])
      ? value.flatMap((item: unknown, index) => checkValue(item, member(schema, 'items'), `${at}[${index}]`))
      : []),
  ]
}

function checkType(value: unknown, schema: JsonObject, at: string): readonly FieldProblem[] {
  const { type } = schema
  if (typeof type !== 'string' || schema['x-kubernetes-int-or-string'] === true) return []
  const actual = typeOf(value)
  if (actual === type || (type === 'number' && actual === 'integer')) return []
  return [invalidValue(at, actual, `${at} in body must be of type ${type}: "${actual}"`)]
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value
}

function checkLimits(value: unknown, schema: JsonObject, at: string): readonly FieldProblem[] {
  const { minimum, maximum, pattern } = schema
  const choices = schema['enum']
  if (typeof value === 'number' && typeof minimum === 'number' && value < minimum) {
    return [invalidValue(at, value, `${at} in body should be greater than or equal to ${minimum}`)]
  }
  if (typeof value === 'number' && typeof maximum === 'number' && value > maximum) {
    return [invalidValue(at, value, `${at} in body should be less than or equal to ${maximum}`)]
  }
  if (typeof value === 'string' && typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    return [invalidValue(at, value, `${at} in body should match '${pattern}'`)]
  }
  if (Array.isArray(choices) && !choices.includes(value)) return [unsupportedValue(at, value, choices.map(String))]
  return []
}

function checkMembers(value: JsonObject, schema: JsonObject, at: string): readonly FieldProblem[] {
  const join = (name: string): string => (at === '' ? name : `${at}.${name}`)
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const missing = required
    .filter((name) => typeof name === 'string' && value[name] === undefined)
    .map((name) => requiredValue(join(String(name))))
  const properties = member(schema, 'properties')
  const additional = schema['additionalProperties']
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, item]) => {
      const own = properties[name]
      if (isJsonObject(own)) return checkValue(item, own, join(name))
      return isJsonObject(additional) ? checkValue(item, additional, join(name)) : []
    }),
  ]
}

const forms: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
  boolean: 'boolean',
  array: 'list',
  object: 'map',
}

/** The first member whose form is not the schema's, as server-side apply says it. */
export function mistypedMember(object: JsonObject, schema: unknown): string | undefined {
  if (!isJsonObject(schema)) return undefined
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object
  return findMistyped(rest, schema, '')
}

function findMistyped(value: unknown, schema: unknown, at: string): string | undefined {
  if (!isJsonObject(schema) || value === null || schema['x-kubernetes-int-or-string'] === true) return undefined
  const expected = forms[String(schema['type'])]
  const given = describe(value)
  const form = /^(?:int|float)$/.test(given) ? forms['number'] : given
  if (expected !== undefined && form !== expected) return `${at}: expected ${expected}, got ${given}`
  for (const [place, item, own] of below(value, schema)) {
    const problem = findMistyped(item, own, `${at}${place}`)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Items and members with their places and schemas. */
function below(value: unknown, schema: JsonObject): readonly (readonly [string, unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [`[${index}]`, item, schema['items']])
  const properties = member(schema, 'properties')
  return Object.entries(isJsonObject(value) ? value : {}).map(([name, item]) => [`.${name}`, item, properties[name]])
}

/** An object of a custom resource with the schema's defaults, without what the schema does not know. */
export function shapeCustomObject(
  object: JsonObject,
  schema: unknown,
): { object: JsonObject; unknown: readonly string[] } {
  if (!isJsonObject(schema)) return { object, unknown: [] }
  const unknown: string[] = []
  const { apiVersion, kind, metadata, ...rest } = object
  const shaped = shapeValue(rest, schema, { at: '', unknown })
  return { object: { apiVersion, kind, metadata, ...(isJsonObject(shaped) ? shaped : rest) }, unknown }
}

interface Shaping {
  readonly at: string
  readonly unknown: string[]
}

function shapeValue(value: unknown, schema: JsonObject, { at, unknown }: Shaping): unknown {
  if (Array.isArray(value)) {
    const items = member(schema, 'items')
    return value.map((item: unknown, index) => shapeValue(item, items, { at: `${at}[${index}]`, unknown }))
  }
  const properties = schema['properties']
  if (!isJsonObject(value) || !isJsonObject(properties)) return value
  const result: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    const path = at === '' ? name : `${at}.${name}`
    const own = properties[name]
    if (isJsonObject(own)) result[name] = shapeValue(item, own, { at: path, unknown })
    else if (schema['x-kubernetes-preserve-unknown-fields'] === true) result[name] = item
    else unknown.push(path)
  }
  for (const [name, own] of Object.entries(properties)) {
    if (isJsonObject(own) && own['default'] !== undefined) result[name] ??= own['default']
  }
  return result
}
