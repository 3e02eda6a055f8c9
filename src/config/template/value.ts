/** What a template computes with. `undefined` is Go's missing value, `null` its nil. */
export type Value = string | number | boolean | null | undefined | readonly Value[] | ValueMap

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

/** A value as Go's `%v` prints it. */
export function formatValue(value: Value): string {
  if (typeof value === 'string') return value
  if (isList(value)) return `[${value.map(formatValue).join(' ')}]`
  if (isMap(value)) {
    const pairs = sortedEntries(value).map(([key, item]) => `${key}:${formatValue(item)}`)
    return `map[${pairs.join(' ')}]`
  }
  if (typeof value === 'number') return formatNumber(value)
  return value === undefined || value === null ? '<nil>' : String(value)
}

/** A value's kind in Go's words. */
export function kindOf(value: Value): string {
  if (value === undefined || value === null) return 'invalid'
  if (isList(value)) return 'slice'
  if (isMap(value)) return 'map'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
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
export function isSame(a: Value, b: Value): boolean {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (isMap(a) && isMap(b)) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && isSame(item, b.get(key)))
  }
  return a === b
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}
