import { coreDefinitions } from './core-definitions.ts'
import { groupDefinitions } from './group-definitions.ts'
import { podDefinitions } from './pod-definitions.ts'

export type ScalarName =
  | 'string'
  | 'number'
  | 'boolean'
  | 'any'
  | 'quantity'
  | 'time'
  | 'microtime'
  | 'intOrString'
  | 'fields'

/** What a field may hold, and how it merges: `atomic` values have one owner and are replaced as a whole. */
export type FieldType =
  | { readonly form: 'scalar'; readonly scalar: ScalarName }
  | { readonly form: 'struct'; readonly name: string; readonly isAtomic: boolean }
  /** Of no built-in type: objects merge by member, all else is replaced. `isWhole`: it is an object with metadata. */
  | { readonly form: 'deduced'; readonly isWhole: boolean }
  | { readonly form: 'map'; readonly element: FieldType; readonly isAtomic: boolean }
  | {
      readonly form: 'list'
      readonly element: FieldType
      /** `set`: unique scalars; `map`: objects told apart by `keys`. */
      readonly merge: 'atomic' | 'set' | 'map'
      readonly keys: readonly string[]
    }

interface FieldDefinition {
  readonly type: FieldType
  /** What the field counts as when it is absent; matters where it is a key of a list. */
  readonly fallback?: string
}

export interface TypeDefinition {
  readonly name: string
  readonly fields: ReadonlyMap<string, FieldDefinition>
}

/** A value of which nothing is known: replaced as a whole. */
export const anything: FieldType = { form: 'scalar', scalar: 'any' }

/** An object of a custom resource, or of a built-in kind whose members are not known here. */
export const customObject: FieldType = { form: 'deduced', isWhole: true }

/** The members of a built-in type; undefined for a name that is none. */
export function definitionOf(name: string): TypeDefinition | undefined {
  return allDefinitions().types.get(name)
}

/** How a value of a named type is to be treated. */
export function structType(name: string): FieldType {
  return { form: 'struct', name, isAtomic: allDefinitions().atomic.has(name) }
}

interface Definitions {
  readonly types: ReadonlyMap<string, TypeDefinition>
  readonly atomic: ReadonlySet<string>
}

let parsed: Definitions | undefined

function allDefinitions(): Definitions {
  parsed ??= parseDefinitions(`${podDefinitions}${coreDefinitions}${groupDefinitions}`)
  return parsed
}

/**
 * The notation: `Type field:type field:type=fallback`, one type a line; `Type!` is atomic. A type is a scalar, the name
 * of a type (`Name!` atomic, `Name~` not, whatever Name says), `{element}` a map (`{element}!` atomic), `[element]` an
 * atomic list, `[element]^` a set, `[element]^a,b` a list of objects with the keys a and b.
 */
function parseDefinitions(text: string): Definitions {
  const rows = text.split('\n').filter((line) => line !== '')
  const heads = rows.map((row) => row.split(' ', 1)[0] ?? '')
  const atomic = new Set(heads.filter((head) => head.endsWith('!')).map((head) => head.slice(0, -1)))
  const types = new Map<string, TypeDefinition>()
  for (const row of rows) {
    const [head = '', ...fields] = row.split(' ')
    const name = head.replace(/!$/, '')
    types.set(name, { name, fields: new Map(fields.map((field) => parseField(field, atomic))) })
  }
  return { types, atomic }
}

function parseField(text: string, atomic: ReadonlySet<string>): [string, FieldDefinition] {
  const [, name = '', type = '', fallback] = /^([^:]+):([^=]+)(?:=(.*))?$/.exec(text) ?? []
  return [name, { type: parseType(type, atomic), ...(fallback !== undefined && { fallback }) }]
}

const scalars = new Set([
  'string',
  'number',
  'boolean',
  'any',
  'quantity',
  'time',
  'microtime',
  'intOrString',
  'fields',
])

function parseType(text: string, atomic: ReadonlySet<string>): FieldType {
  const list = /^\[(.+)\](?:(\^)(.*))?$/.exec(text)
  if (list !== null) {
    const keys = list[3] === undefined || list[3] === '' ? [] : list[3].split(',')
    const merge = keys.length > 0 ? 'map' : 'set'
    return {
      form: 'list',
      element: parseType(list[1] ?? '', atomic),
      merge: list[2] === undefined ? 'atomic' : merge,
      keys,
    }
  }
  const map = /^\{(.+)\}(!?)$/.exec(text)
  if (map !== null) return { form: 'map', element: parseType(map[1] ?? '', atomic), isAtomic: map[2] === '!' }
  if (scalars.has(text)) return { form: 'scalar', scalar: text as ScalarName }
  const name = text.replace(/[!~]$/, '')
  return { form: 'struct', name, isAtomic: text.endsWith('!') || (!text.endsWith('~') && atomic.has(name)) }
}
