import { EVENT_ID, getScalarValue, parseEvents, type Event } from 'js-yaml'

/** `file:line:column` of what stands at a path of keys and indexes, or of the nearest thing around it that is there. */
export function locate(text: string, file: string, path: readonly (string | number)[]): string {
  const reading: Reading = { text, events: parseEvents(text, {}), next: 1 }
  const offset = find(reading, path)
  const before = text.slice(0, offset).split('\n')
  return `${file}:${before.length}:${(before.at(-1) ?? '').length + 1}`
}

interface Reading {
  readonly text: string
  readonly events: readonly Event[]
  next: number
}

/** The offset of a path in the value that comes next. */
function find(reading: Reading, path: readonly (string | number)[]): number {
  let found = 0
  for (const key of path) {
    const entered = enter(reading, key)
    if (entered === undefined) return found
    found = entered
  }
  return found
}

/** Goes to a member of the value that comes next; undefined when it has none of that name. */
function enter(reading: Reading, key: string | number): number | undefined {
  const event = reading.events[reading.next]
  if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) return undefined
  reading.next += 1
  for (let index = 0; reading.events[reading.next]?.type !== EVENT_ID.POP; index += 1) {
    const at = startOf(reading)
    const name = event.type === EVENT_ID.SEQUENCE ? index : textOf(reading)
    if (event.type === EVENT_ID.MAPPING) skip(reading)
    if (name === key) return at
    skip(reading)
  }
  return undefined
}

function textOf({ text, events, next }: Reading): string | undefined {
  const event = events[next]
  return event?.type === EVENT_ID.SCALAR && event.valueStart !== -1 ? getScalarValue(text, event) : undefined
}

function startOf({ events, next }: Reading): number {
  const event = events[next]
  if (event?.type === EVENT_ID.SCALAR) return Math.max(0, event.valueStart)
  return event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE ? event.start : 0
}

/** Past one value. */
function skip(reading: Reading): void {
  let depth = 0
  do {
    const event = reading.events[reading.next]
    reading.next += 1
    if (event === undefined) return
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) depth += 1
    if (event.type === EVENT_ID.POP) depth -= 1
  } while (depth > 0)
}
