import { defaultOf } from './decode-message.ts'
import type { Field, Message, MessageType } from './message-type.ts'

/** How JSON is written. */
export interface JsonForm {
  /** Fields that were left out stand there with their defaults, as in the answers of the HTTP gateway. */
  readonly hasDefaults: boolean
  /** Names as the definition has them (`task_id`), or in camel case (`taskId`) as in files. */
  readonly names: 'defined' | 'camel'
}

/** Answers of the HTTP gateway. */
export const gatewayForm: JsonForm = { hasDefaults: true, names: 'defined' }

/** Lines of a file of events. */
export const fileForm: JsonForm = { hasDefaults: false, names: 'camel' }

/**
 * A message as a value for JSON.stringify, fields in the order of their definition.
 * Follows https://protobuf.dev/programming-guides/json/
 */
export function messageJson(message: Message, type: MessageType, form: JsonForm): Message {
  const json: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(type)) {
    const value = message[name]
    const isThere = value !== undefined && value !== null && (form.hasDefaults || !isEmpty(field, value))
    if (isThere) json[nameIn(name, form)] = fieldJson(value, field, form)
    else if (form.hasDefaults && field.isChoice !== true) json[nameIn(name, form)] = missing(field)
  }
  return json
}

function isEmpty(field: Field, value: unknown): boolean {
  if (field.isChoice === true) return false
  if (field.type === 'map') return Object.keys(value as Message).length === 0
  if (field.isRepeated === true) return (value as readonly unknown[]).length === 0
  return field.type !== 'message' && value === defaultOf(field)
}

/** A message that is not there is null. */
function missing(field: Field): unknown {
  return field.type === 'message' && field.isRepeated !== true ? null : defaultOf(field)
}

function nameIn(name: string, { names }: JsonForm): string {
  return names === 'defined' ? name : name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

function fieldJson(value: unknown, field: Field, form: JsonForm): unknown {
  if (field.type === 'map') {
    const entries = Object.entries(value as Message)
    return Object.fromEntries(entries.map(([key, inner]) => [key, fieldJson(inner, field.value, form)]))
  }
  if (field.type !== 'message') return value
  if (field.isRepeated !== true) return messageJson(value as Message, field.of, form)
  return (value as readonly Message[]).map((item) => messageJson(item, field.of, form))
}
