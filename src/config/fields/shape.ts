/** What a field of skaffold.yaml holds. */
export type Shape =
  | { readonly kind: 'any' | 'boolean' | 'integer' }
  | { readonly kind: 'string'; readonly values?: readonly string[] }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | ObjectShape

export interface ObjectShape {
  readonly kind: 'object'
  readonly fields: ReadonlyMap<string, Field>
  /** At most one of these is there. */
  readonly oneOf: readonly string[]
  /** A profile is laid over it field by field; else the profile's value takes the whole place. */
  readonly merges: boolean
  /** Skaffold drops unknown keys here without a word. */
  readonly open: boolean
  /** Fields of other versions, and which of them has it. */
  readonly elsewhere?: ReadonlyMap<string, string>
}

export interface Field {
  readonly shape: Shape
  /**
   * `yes`: does what it does in Skaffold; `inert`: accepted, and changes nothing here; `no`: valid Skaffold, refused.
   * A field below a refused one says nothing of its own.
   */
  readonly support: 'inert' | 'no' | 'yes'
  readonly required: boolean
  /** The only value that is supported; the one that Skaffold has as its default. */
  readonly only?: string
  /** What stands when it is absent, for the reference. */
  readonly absent?: string
  readonly note?: string
}

/** Fields as they are written down: a bare shape is valid Skaffold that is not supported. */
export type FieldTable = Readonly<Record<string, Field | Shape>>

type FieldFacts = Partial<Pick<Field, 'absent' | 'note' | 'only' | 'required'>>

export const text: Shape = { kind: 'string' }
export const boolean: Shape = { kind: 'boolean' }
export const integer: Shape = { kind: 'integer' }
export const any: Shape = { kind: 'any' }
export const texts: Shape = { kind: 'list', of: text }
export const textMap: Shape = { kind: 'map', of: text }

/** One of some words. */
export function word(...values: readonly string[]): Shape {
  return { kind: 'string', values }
}

/** A list. */
export function list(of: Shape): Shape {
  return { kind: 'list', of }
}

/** A mapping with the fields of a table. */
export function object(
  table: FieldTable,
  options: Partial<Pick<ObjectShape, 'merges' | 'oneOf' | 'open'>> = {},
): ObjectShape {
  const fields = new Map(
    Object.entries(table).map(([name, entry]) => [name, 'shape' in entry ? entry : field(entry, 'no', {})] as const),
  )
  return { kind: 'object', fields, oneOf: [], merges: false, open: false, ...options }
}

/** A field that is supported. */
export function yes(shape: Shape, facts: FieldFacts = {}): Field {
  return field(shape, 'yes', facts)
}

/** A field that is accepted and has no effect; the note says why that is no loss. */
export function inert(shape: Shape, note: string): Field {
  return field(shape, 'inert', { note })
}

function field(shape: Shape, support: Field['support'], facts: FieldFacts): Field {
  return { shape, support, required: false, ...facts }
}
