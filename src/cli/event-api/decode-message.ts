import type { Field, Message, MessageType } from './message-type.ts'

/** Messages that lie in each other deeper than this are refused. */
const maxDepth = 32

/**
 * Reads a message; fields that the type does not have are passed over. Undefined for bytes that are no message.
 * Follows https://protobuf.dev/programming-guides/encoding/
 */
export function decodeMessage(bytes: Uint8Array, type: MessageType, depth = 0): Message | undefined {
  if (depth > maxDepth) return undefined
  const fields = new Map(Object.entries(type).map(([name, field]) => [field.number, { name, field }]))
  const message: Record<string, unknown> = {}
  let at = 0
  while (at < bytes.length) {
    const part = readPart(bytes, at)
    if (part === undefined) return undefined
    at = part.end
    const known = fields.get(part.number)
    if (known === undefined) continue
    const value = valueOf(part, known.field, depth)
    if (value === undefined) return undefined
    put(message, known, value)
  }
  return message
}

interface Part {
  readonly number: number
  /** A number for wire type 0, bytes for wire type 2, undefined for those that no field here has. */
  readonly content: bigint | Uint8Array | undefined
  readonly end: number
}

function readPart(bytes: Uint8Array, at: number): Part | undefined {
  const tag = readVarint(bytes, at)
  if (tag === undefined) return undefined
  const [number, wireType] = [Number(tag.value >> 3n), Number(tag.value & 7n)]
  if (number === 0) return undefined
  if (wireType === 0) {
    const read = readVarint(bytes, tag.end)
    return read === undefined ? undefined : { number, content: read.value, end: read.end }
  }
  if (wireType === 2) return readDelimited(bytes, number, tag.end)
  const size = fixedSizes[wireType]
  if (size === undefined || tag.end + size > bytes.length) return undefined
  return { number, content: undefined, end: tag.end + size }
}

/** Of the wire types 1 and 5, in bytes. */
const fixedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

function readDelimited(bytes: Uint8Array, number: number, at: number): Part | undefined {
  const length = readVarint(bytes, at)
  if (length === undefined || length.value > BigInt(bytes.length - length.end)) return undefined
  const end = length.end + Number(length.value)
  return { number, content: bytes.subarray(length.end, end), end }
}

function readVarint(bytes: Uint8Array, start: number): { readonly value: bigint; readonly end: number } | undefined {
  let value = 0n
  for (let at = start; at < bytes.length && at < start + 10; at += 1) {
    const byte = bytes[at] ?? 0
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start))
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 }
  }
  return undefined
}

function valueOf({ content }: Part, field: Field, depth: number): unknown {
  if (typeof content === 'bigint') return numberOf(content, field)
  if (content === undefined) return undefined
  if (field.type === 'string') return textOf(content)
  if (field.type === 'message') return decodeMessage(content, field.of, depth + 1)
  if (field.type === 'timestamp') return timestampOf(content)
  return field.type === 'map' ? decodeMessage(content, entryOf(field), depth + 1) : undefined
}

function numberOf(value: bigint, field: Field): unknown {
  if (field.type === 'bool') return value !== 0n
  if (field.type === 'uint32') return Number(BigInt.asUintN(32, value))
  const signed = Number(BigInt.asIntN(32, value))
  if (field.type === 'int32') return signed
  if (field.type !== 'enum') return undefined
  return Object.entries(field.names).find(([, number]) => number === signed)?.[0] ?? signed
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function timestampOf(bytes: Uint8Array): string | undefined {
  let [seconds, nanos] = [0, 0]
  for (let at = 0; at < bytes.length;) {
    const part = readPart(bytes, at)
    if (part === undefined) return undefined
    at = part.end
    if (typeof part.content !== 'bigint') continue
    if (part.number === 1) seconds = Number(BigInt.asIntN(64, part.content))
    if (part.number === 2) nanos = Number(BigInt.asIntN(32, part.content))
  }
  const date = new Date(seconds * 1000 + Math.floor(nanos / 1_000_000))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function entryOf({ key, value }: Extract<Field, { type: 'map' }>): MessageType {
  return { key: { number: 1, type: key }, value: { ...value, number: 2 } }
}

interface Known {
  readonly name: string
  readonly field: Field
}

function put(message: Record<string, unknown>, { name, field }: Known, value: unknown): void {
  if (field.type === 'map') {
    const { key = field.key === 'int32' ? 0 : '', value: inner = defaultOf(field.value) } = value as Message
    message[name] = { ...(message[name] as Message | undefined), [String(key)]: inner }
  } else if (field.isRepeated === true) {
    message[name] = [...((message[name] as readonly unknown[] | undefined) ?? []), value]
  } else {
    message[name] = value
  }
}

/** What a field is that was left out. */
export function defaultOf(field: Field): unknown {
  if (field.type === 'map') return {}
  if (field.isRepeated === true) return []
  if (field.type === 'string') return ''
  if (field.type === 'bool') return false
  if (field.type === 'enum') return Object.entries(field.names).find(([, number]) => number === 0)?.[0] ?? 0
  if (field.type === 'timestamp') return null
  return field.type === 'message' ? {} : 0
}
