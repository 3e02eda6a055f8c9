import { failure, toNumber, toText, type TemplateFunction } from './function.ts'
import { Moment } from './clock.ts'
import {
  compareText,
  isList,
  isMap,
  isSame,
  isTrue,
  kindOf,
  sortedEntries,
  spend,
  typeOf,
  type Value,
} from './value.ts'

/** Sprig's functions on numbers, lists, dictionaries and anything. */
export const dataFunctions: Readonly<Record<string, TemplateFunction>> = {
  add: { takes: 'a*', run: ({ all }) => all.map(toInteger).reduce((sum, value) => sum + value, 0) },
  add1: { takes: 'a', run: ({ integer }) => integer(0) + 1 },
  append: { takes: 'la', run: ({ list, all: [, item] }) => [...list(0), item] },
  atoi: { takes: 's', run: ({ text }) => (/^[+-]?\d+$/.test(text(0)) ? Number(text(0)) : 0) },
  biggest: { takes: 'aa*', run: ({ all }) => Math.max(...all.map(toInteger)) },
  ceil: { takes: 'a', run: ({ number }) => Math.ceil(number(0)) },
  coalesce: { takes: 'a*', run: ({ all }) => all.find(isTrue) ?? null },
  compact: { takes: 'l', run: ({ list }) => list(0).filter(isTrue) },
  concat: { takes: 'l*', run: ({ all }) => all.flatMap((list) => (isList(list) ? list : [])) },
  default: { takes: 'aa?', run: ({ all: [fallback, given] }) => (isTrue(given) ? given : fallback) },
  dict: { takes: 'a*', run: ({ all }) => dictionary(all) },
  div: { takes: 'aa', run: ({ integer }) => Math.trunc(integer(0) / nonZero(integer(1))) },
  empty: { takes: 'a', run: ({ all: [value] }) => !isTrue(value) },
  fail: {
    takes: 's',
    run: ({ text }) => {
      throw failure(text(0))
    },
  },
  fromJson: { takes: 's', run: ({ text }) => fromJson(text(0)) },
  first: { takes: 'l', run: ({ list }) => list(0)[0] ?? null },
  float64: { takes: 'a', run: ({ number }) => number(0) },
  floor: { takes: 'a', run: ({ number }) => Math.floor(number(0)) },
  get: { takes: 'ms', run: ({ map, text }) => map(0).get(text(1)) ?? '' },
  has: { takes: 'al', run: ({ all: [item], list }) => list(1).some((other) => isSame(other, item)) },
  hasKey: { takes: 'ms', run: ({ map, text }) => map(0).has(text(1)) },
  initial: { takes: 'l', run: ({ list }) => list(0).slice(0, -1) },
  int: { takes: 'a', run: ({ integer }) => integer(0) },
  int64: { takes: 'a', run: ({ integer }) => integer(0) },
  keys: { takes: 'm*', run: ({ all }) => all.flatMap((map) => (isMap(map) ? [...map.keys()].sort(compareText) : [])) },
  kindIs: { takes: 'sa', run: ({ text, all: [, value] }) => kindOf(value) === text(0) },
  kindOf: { takes: 'a', run: ({ all: [value] }) => kindOf(value) },
  last: { takes: 'l', run: ({ list }) => list(0).at(-1) ?? null },
  list: { takes: 'a*', run: ({ all }) => all },
  max: { takes: 'aa*', run: ({ all }) => Math.max(...all.map(toInteger)) },
  min: { takes: 'aa*', run: ({ all }) => Math.min(...all.map(toInteger)) },
  mod: { takes: 'aa', run: ({ integer }) => integer(0) % nonZero(integer(1)) },
  mul: { takes: 'aa*', run: ({ all }) => all.map(toInteger).reduce((product, value) => product * value, 1) },
  omit: {
    takes: 'ms*',
    run: ({ map, all: [, ...keys] }) => new Map([...map(0)].filter(([key]) => !keys.includes(key))),
  },
  pick: {
    takes: 'ms*',
    run: ({ map, all: [, ...keys] }) => new Map([...map(0)].filter(([key]) => keys.includes(key))),
  },
  prepend: { takes: 'la', run: ({ list, all: [, item] }) => [item, ...list(0)] },
  rest: { takes: 'l', run: ({ list }) => list(0).slice(1) },
  reverse: { takes: 'l', run: ({ list }) => list(0).toReversed() },
  round: { takes: 'an', run: ({ number, integer }) => round(number(0), integer(1)) },
  seq: { takes: 'n*', run: ({ all }) => sequence(all.map(toInteger)) },
  slice: { takes: 'ln*', run: ({ list, all: [, start, end] }) => slice(list(0), start, end) },
  sub: { takes: 'aa', run: ({ integer }) => integer(0) - integer(1) },
  ternary: {
    takes: 'aaa',
    run: ({ all: [whenTrue, whenFalse, condition] }) => (isTrue(condition) ? whenTrue : whenFalse),
  },
  toDecimal: { takes: 'a', run: ({ text }) => (/^[0-7]+$/.test(text(0)) ? Number.parseInt(text(0), 8) : 0) },
  toJson: { takes: 'a', run: ({ all: [value] }) => toJson(value) },
  toPrettyJson: { takes: 'a', run: ({ all: [value] }) => toJson(value, 2) },
  toRawJson: { takes: 'a', run: ({ all: [value] }) => toJson(value) },
  typeIs: { takes: 'sa', run: ({ text, all: [, value] }) => typeOf(value) === text(0) },
  typeIsLike: {
    takes: 'sa',
    run: ({ text, all: [, value] }) =>
      [text(0), `*${text(0)}`].includes(typeOf(value)) || `*${typeOf(value)}` === text(0),
  },
  typeOf: { takes: 'a', run: ({ all: [value] }) => typeOf(value) },
  uniq: { takes: 'l', run: ({ list }) => unique(list(0)) },
  until: { takes: 'n', run: ({ integer }) => range(0, integer(0), integer(0) < 0 ? -1 : 1) },
  untilStep: { takes: 'nnn', run: ({ integer }) => range(integer(0), integer(1), integer(2)) },
  values: { takes: 'm', run: ({ map }) => sortedEntries(map(0)).map(([, value]) => value) },
  without: {
    takes: 'la*',
    run: ({ list, all: [, ...omitted] }) => list(0).filter((item) => !omitted.some((other) => isSame(item, other))),
  },
}

const maxItems = 100_000

function range(start: number, end: number, step: number): readonly number[] {
  if (step === 0 || (end - start) / step <= 0) return []
  const count = Math.ceil((end - start) / step)
  if (count > maxItems) throw failure(`more than ${maxItems} items`)
  spend(0, count)
  return Array.from({ length: count }, (_, index) => start + index * step)
}

function dictionary(all: readonly Value[]): ReadonlyMap<string, Value> {
  const map = new Map<string, Value>()
  for (let index = 0; index < all.length; index += 2) {
    map.set(toText(all[index]), index + 1 < all.length ? all[index + 1] : '')
  }
  return map
}

function slice(list: readonly Value[], start: Value, end: Value): readonly Value[] {
  return list.slice(toInteger(start), end === undefined ? undefined : toInteger(end))
}

function unique(list: readonly Value[]): readonly Value[] {
  return list.filter((item, index) => list.findIndex((other) => isSame(other, item)) === index)
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits
  return Math.round(value * scale) / scale
}

function toInteger(value: Value): number {
  return Math.trunc(toNumber(value))
}

function nonZero(value: number): number {
  if (value === 0) throw failure('division by zero')
  return value
}

/** Go escapes what a browser could read as something else, except in raw JSON. */
function toJson(value: Value, indent?: number): string {
  return JSON.stringify(plainOf(value, 0), undefined, indent)
}

type Json = boolean | null | number | string | readonly Json[] | { readonly [key: string]: Json }

function plainOf(value: Value, depth: number): Json {
  spend(depth)
  if (isList(value)) return value.map((item) => plainOf(item, depth + 1))
  if (isMap(value)) {
    return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, plainOf(item, depth + 1)]))
  }
  if (value instanceof Moment) return value.format('2006-01-02T15:04:05.999999999Z07:00')
  return value ?? null
}

function fromJson(text: string): Value {
  try {
    return valueOf(JSON.parse(text), 0)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw failure('it is not JSON')
  }
}

function valueOf(json: unknown, depth: number): Value {
  if (depth > 500) throw failure('the value is too large')
  if (Array.isArray(json)) return (json as readonly unknown[]).map((item) => valueOf(item, depth + 1))
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json
  if (typeof json !== 'object' || json === null) return null
  return new Map(Object.entries(json).map(([key, member]) => [key, valueOf(member, depth + 1)]))
}

/** As the program `seq`: up to a number, between two, or with a step in the middle. */
function sequence(numbers: readonly number[]): string {
  if (numbers.length === 0 || numbers.length > 3) return ''
  const [first = 1, second = 1, third = 1] = numbers
  const bounds = { 1: [1, first], 2: [first, second], 3: [first, third] }[numbers.length] ?? []
  const [start = 1, end = 1] = bounds
  const step = numbers.length === 3 ? second : Math.sign(end - start) || 1
  return range(start, end + Math.sign(step), step).join(' ')
}
