import { Moment } from './clock.ts'
import { TemplateError } from './template-error.ts'

/** What a template computes with. `undefined` is Go's missing value, `null` its nil. */
export type Value = string | number | boolean | null | undefined | readonly Value[] | ValueMap | Moment

/** A dictionary; a Map, so that no key has a meaning of its own. */
export type ValueMap = ReadonlyMap<string, Value>

/** Whether a value is a dictionary. */
export function isMap(value: Value): value is ValueMap {
  return value instanceof Map
}

/** Whether a value is a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** Go's truth, and sprig's opposite of `empty`. */
export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0
  if (isMap(value)) return value.size > 0
  return Boolean(value)
}

const mostWork = 500_000
const mostDepth = 1000
let work = 0

/** Begins a rendering: what it may do is counted from here. Renderings are synchronous, so that one ends before another begins. */
export function startWork(): void {
  work = 0
}

/**
 * Counts values that are looked at or made, so that no template goes on for ever: lists that hold a list twice, many times
 * over, are short to write. Throws a template error without a place when it is too much.
 */
export function spend(depth: number, values = 1): void {
  work += values
  if (work > mostWork || depth > mostDepth) throw new TemplateError('it is too much work', -1)
}

/** A value as Go's `%v` prints it. */
export function formatValue(value: Value): string {
  return format(value, 0)
}

function format(value: Value, depth: number): string {
  spend(depth)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatNumber(value)
  if (isList(value)) return `[${value.map((item) => format(item, depth + 1)).join(' ')}]`
  if (!isMap(value)) return value === undefined || value === null ? '<nil>' : value.toString()
  const written = value.get(ownText)
  if (typeof written === 'string') return written
  const pairs = sortedEntries(value).map(([key, item]) => `${key}:${format(item, depth + 1)}`)
  return `map[${pairs.join(' ')}]`
}

/** The key under which a value that prints as something else, a version for one, has that text. */
export const ownText = '\0text'

/** A value's kind in Go's words. */
export function kindOf(value: Value): string {
  if (value === undefined || value === null) return 'invalid'
  if (isList(value)) return 'slice'
  if (isMap(value)) return 'map'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  if (value instanceof Moment) return 'struct'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

/** A value's type in Go's words. */
export function typeOf(value: Value): string {
  if (value instanceof Moment) return 'time.Time'
  const kind = kindOf(value)
  return { invalid: '<nil>', slice: '[]interface {}', map: 'map[string]interface {}' }[kind] ?? kind
}

/** The entries of a dictionary in the order in which Go walks them. */
export function sortedEntries(map: ValueMap): readonly (readonly [string, Value])[] {
  return [...map].sort(([a], [b]) => compareText(a, b))
}

/** Order of two texts by their code points, as Go has it. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Whether two values are deeply the same. */
export function isSame(a: Value, b: Value, depth = 0): boolean {
  spend(depth)
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index], depth + 1))
  }
  if (isMap(a) && isMap(b)) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && isSame(item, b.get(key), depth + 1))
  }
  return a instanceof Moment && b instanceof Moment ? a.ms === b.ms : a === b
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  const isSmall = value !== 0 && Math.abs(value) < 1e-4
  return (isSmall ? value.toExponential() : String(value)).replace(/e([+-])(\d)$/, 'e$10$2')
}
