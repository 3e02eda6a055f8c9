import type { Enumeration, Field, Message, MessageType } from './message-type.ts'

/**
 * A message as bytes, fields in the order of their numbers, defaults left out.
 * Follows https://protobuf.dev/programming-guides/encoding/
 */
export function encodeMessage(message: Message, type: MessageType): Uint8Array {
  const bytes: number[] = []
  for (const [name, field] of Object.entries(type).toSorted(([, left], [, right]) => left.number - right.number)) {
    const value = message[name]
    if (value === undefined || value === null) continue
    if (field.type === 'map') writeMap(bytes, field, value as Message)
    else if (field.isRepeated === true) for (const item of value as readonly unknown[]) writeField(bytes, field, item)
    // what is chosen is there also when it is the default
    else if (field.isChoice === true || !isDefault(field, value)) writeField(bytes, field, value)
  }
  return Uint8Array.from(bytes)
}

function isDefault(field: Field, value: unknown): boolean {
  if (field.type === 'enum') return value === 0 || field.names[value as string] === 0
  return value === '' || value === 0 || value === false
}

function writeMap(bytes: number[], field: Extract<Field, { type: 'map' }>, entries: Message): void {
  const entry: MessageType = { key: { number: 1, type: field.key }, value: { ...field.value, number: 2 } }
  for (const [key, value] of Object.entries(entries)) {
    const typed = field.key === 'int32' ? Number(key) : key
    writeBytes(bytes, field.number, encodeMessage({ key: typed, value }, entry))
  }
}

function writeField(bytes: number[], field: Field, value: unknown): void {
  const { number } = field
  if (field.type === 'string') writeBytes(bytes, number, Buffer.from(value as string, 'utf8'))
  else if (field.type === 'message') writeBytes(bytes, number, encodeMessage(value as Message, field.of))
  else if (field.type === 'timestamp') writeBytes(bytes, number, encodeTimestamp(value as string))
  else if (field.type === 'enum') writeNumber(bytes, number, numberOf(field.names, value))
  else writeNumber(bytes, number, Number(value))
}

function numberOf(names: Enumeration, value: unknown): number {
  return typeof value === 'number' ? value : (names[value as string] ?? 0)
}

function encodeTimestamp(iso: string): Uint8Array {
  const milliseconds = Date.parse(iso)
  const seconds = Math.floor(milliseconds / 1000)
  const bytes: number[] = []
  if (seconds !== 0) writeNumber(bytes, 1, seconds)
  const nanos = (milliseconds - seconds * 1000) * 1_000_000
  if (nanos !== 0) writeNumber(bytes, 2, nanos)
  return Uint8Array.from(bytes)
}

function writeBytes(bytes: number[], number: number, content: Uint8Array): void {
  writeVarint(bytes, BigInt(number * 8 + 2))
  writeVarint(bytes, BigInt(content.length))
  for (const byte of content) bytes.push(byte)
}

/** Negative numbers take ten bytes: they are extended to 64 bits. */
function writeNumber(bytes: number[], number: number, value: number): void {
  writeVarint(bytes, BigInt(number * 8))
  writeVarint(bytes, BigInt.asUintN(64, BigInt(value)))
}

function writeVarint(bytes: number[], value: bigint): void {
  let rest = value
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
}
