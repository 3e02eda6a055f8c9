import type { Field, Message, MessageType } from './message-type.ts'

/** What came as JSON, as a message, or why it is none. */
export type ReadMessage = { readonly message: Message } | { readonly problem: string }

/** Bodies that lie in each other deeper than this are refused. */
const maxDepth = 32

/**
 * Reads the JSON of a message: names as defined or in camel case, null for what is not there, unknown fields refused.
 * Follows https://protobuf.dev/programming-guides/json/
 */
export function readJson(value: unknown, type: MessageType, depth = 0): ReadMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'an object is expected' }
  if (depth > maxDepth) return { problem: 'objects lie in each other too deep' }
  const message: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const name = Object.keys(type).find((one) => one === key || camelCase(one) === key)
    const field = name === undefined ? undefined : type[name]
    if (name === undefined || field === undefined) return { problem: `unknown field "${key}"` }
    if (inner === null) continue
    const read = readField(inner, field, depth)
    if ('problem' in read) return { problem: `${key}: ${read.problem}` }
    message[name] = read.value
  }
  return { message }
}

function camelCase(name: string): string {
  return name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

type ReadValue = { readonly value: unknown } | { readonly problem: string }

function readField(value: unknown, field: Field, depth: number): ReadValue {
  if (field.type === 'map') return readMap(value, field, depth)
  if (field.isRepeated !== true) return readOne(value, field, depth)
  if (!Array.isArray(value)) return { problem: 'a list is expected' }
  const items = (value as readonly unknown[]).map((item) => readOne(item, field, depth))
  return allOf(items) ?? { value: items.map((item) => ('value' in item ? item.value : undefined)) }
}

function readMap(value: unknown, field: Extract<Field, { type: 'map' }>, depth: number): ReadValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'an object is expected' }
  const entries = Object.entries(value).map(([key, inner]) => [key, readOne(inner, field.value, depth)] as const)
  const failed = allOf(entries.map(([, read]) => read))
  if (failed !== undefined) return failed
  return { value: Object.fromEntries(entries.map(([key, read]) => [key, 'value' in read ? read.value : undefined])) }
}

function allOf(items: readonly ReadValue[]): ReadValue | undefined {
  return items.find((item) => 'problem' in item)
}

function readOne(value: unknown, field: Field, depth: number): ReadValue {
  if (field.type === 'message') {
    const read = readJson(value, field.of, depth + 1)
    return 'problem' in read ? read : { value: read.message }
  }
  if (field.type === 'bool') return typeof value === 'boolean' ? { value } : { problem: 'true or false is expected' }
  if (field.type === 'string') return typeof value === 'string' ? { value } : { problem: 'a text is expected' }
  if (field.type === 'timestamp') return readTime(value)
  if (field.type !== 'enum') return readInt(value)
  const isKnown = typeof value === 'number' || (typeof value === 'string' && Object.hasOwn(field.names, value))
  return isKnown ? { value } : { problem: 'this name is not known' }
}

function readTime(value: unknown): ReadValue {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? { value: new Date(value).toISOString() }
    : { problem: 'a time is expected' }
}

function readInt(value: unknown): ReadValue {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < 2 ** 32
    ? { value: number }
    : { problem: 'a whole number is expected' }
}
