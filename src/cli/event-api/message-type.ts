/** Names of an enumeration and their numbers on the wire. */
export type Enumeration = Readonly<Record<string, number>>

/** A field of a message of Protocol Buffers, version 3. */
export type Field = SingleField & {
  readonly number: number
  /** A list of them. */
  readonly isRepeated?: true
  /** One of several of which at most one is there; no JSON is written for the others. */
  readonly isChoice?: true
}

type SingleField =
  | { readonly type: 'string' | 'int32' | 'uint32' | 'bool' | 'timestamp' }
  | { readonly type: 'enum'; readonly names: Enumeration }
  | { readonly type: 'message'; readonly of: MessageType }
  /** The value is that of a field with the number 2 of an entry whose key has the number 1. */
  | { readonly type: 'map'; readonly key: 'string' | 'int32'; readonly value: Field }

/** Fields by the name that the definition gives them. */
export type MessageType = Readonly<Record<string, Field>>

/**
 * What a message holds, by the names of its fields; absent: the default of its type. Enumerations are their names (a
 * number that has none stays one), timestamps are ISO 8601 texts, maps are objects.
 */
export type Message = Readonly<Record<string, unknown>>

/** The field of a text. */
export function text(number: number): Field {
  return { number, type: 'string' }
}

/** The field of a whole number of 32 bits. */
export function int(number: number): Field {
  return { number, type: 'int32' }
}

/** The field of a truth value. */
export function flag(number: number): Field {
  return { number, type: 'bool' }
}

/** The field of a moment: google.protobuf.Timestamp. */
export function timestamp(number: number): Field {
  return { number, type: 'timestamp' }
}

/** The field of a name from an enumeration. */
export function oneOf(number: number, names: Enumeration): Field {
  return { number, type: 'enum', names }
}

/** The field of another message. */
export function one(number: number, of: MessageType): Field {
  return { number, type: 'message', of }
}

/** The field of a list of messages. */
export function many(number: number, of: MessageType): Field {
  return { number, type: 'message', of, isRepeated: true }
}

/** The field of a map whose values are what `value` says. */
export function mapOf(number: number, key: 'string' | 'int32', value: Field): Field {
  return { number, type: 'map', key, value }
}

/** The fields of which at most one is there. */
export function choice(fields: MessageType): MessageType {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, isChoice: true }]))
}
