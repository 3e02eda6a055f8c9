import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { definitionOf, type FieldType } from './definitions.ts'

export interface Decoded {
  readonly object: JsonObject
  /** Paths of members that the type does not have; they are left out of `object`. */
  readonly unknown: readonly string[]
  /** Where a value is of another JSON type than the field's, in the words of Go's decoder. */
  readonly mismatch?: string
}

/** Reads an object as the Go type of that name would be read: `null` is absent, unknown members are dropped. */
export function decodeObject(value: JsonObject, typeName: string): Decoded {
  const unknown: string[] = []
  const mismatches: string[] = []
  const object = readStruct(value, typeName, { path: '', goPath: '', owner: typeName, unknown, mismatches })
  const [mismatch] = mismatches
  return { object, unknown, ...(mismatch !== undefined && { mismatch }) }
}

interface Place {
  readonly path: string
  /** The path without indices and map keys, as Go's decoder names it. */
  readonly goPath: string
  /** The struct whose field is read. */
  readonly owner: string
  readonly unknown: string[]
  readonly mismatches: string[]
}

function readStruct(value: JsonObject, typeName: string, place: Place): JsonObject {
  const definition = definitionOf(typeName)
  if (definition === undefined) return value
  const result: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    const field = definition.fields.get(name)
    const path = place.path === '' ? name : `${place.path}.${name}`
    if (field === undefined) place.unknown.push(path)
    else if (item !== null) {
      const goPath = place.goPath === '' ? name : `${place.goPath}.${name}`
      result[name] = readValue(item, field.type, { ...place, path, goPath, owner: goName(typeName) })
    }
  }
  return result
}

function readValue(value: unknown, type: FieldType, place: Place): unknown {
  if (type.form === 'deduced') return value
  if (type.form === 'scalar') return readScalar(value, type.scalar, place)
  if (type.form === 'list') {
    return Array.isArray(value)
      ? value.map((item: unknown, at) => readValue(item, type.element, { ...place, path: `${place.path}[${at}]` }))
      : mismatch(value, goType(type), place)
  }
  if (!isJsonObject(value)) return mismatch(value, goType(type), place)
  return type.form === 'map' ? readMap(value, type.element, place) : readStruct(value, type.name, place)
}

function readMap(value: JsonObject, element: FieldType, place: Place): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      readValue(item, element, { ...place, path: `${place.path}.${key}` }),
    ]),
  )
}

function readScalar(value: unknown, scalar: string, place: Place): unknown {
  if (scalar === 'string' && typeof value !== 'string') return mismatch(value, 'string', place)
  if (scalar === 'number' && typeof value !== 'number') return mismatch(value, 'int32', place)
  if (scalar === 'boolean' && typeof value !== 'boolean') return mismatch(value, 'bool', place)
  if (scalar === 'quantity' && typeof value === 'number') return String(value)
  return value
}

function mismatch(value: unknown, expected: string, { owner, goPath, mismatches }: Place): unknown {
  mismatches.push(
    `json: cannot unmarshal ${jsonType(value)} into Go struct field ${owner}.${goPath} of type ${expected}`,
  )
  return value
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function goName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf('.') + 1)
}

function goType(type: FieldType): string {
  if (type.form === 'list') return `[]${goType(type.element)}`
  if (type.form === 'map') return `map[string]${goType(type.element)}`
  if (type.form === 'struct') return `v1.${goName(type.name)}`
  return type.form === 'scalar' ? type.scalar : 'interface {}'
}
