import { failure, toNumber, toText, type TemplateFunction } from './function.ts'
import { compareText, isList, isMap, isSame, isTrue, kindOf, sortedEntries, type Value } from './value.ts'

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
  merge: { takes: 'm*', run: ({ all }) => new Map(all.toReversed().flatMap((map) => (isMap(map) ? [...map] : []))) },
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
  slice: { takes: 'ln*', run: ({ list, all: [, start, end] }) => slice(list(0), start, end) },
  sub: { takes: 'aa', run: ({ integer }) => integer(0) - integer(1) },
  ternary: {
    takes: 'aaa',
    run: ({ all: [whenTrue, whenFalse, condition] }) => (isTrue(condition) ? whenTrue : whenFalse),
  },
  toDecimal: { takes: 'a', run: ({ text }) => (/^[0-7]+$/.test(text(0)) ? Number.parseInt(text(0), 8) : 0) },
  toJson: { takes: 'a', run: ({ all: [value] }) => toJson(value) },
  toPrettyJson: { takes: 'a', run: ({ all: [value] }) => toJson(value, 2) },
  typeIs: { takes: 'sa', run: ({ text, all: [, value] }) => kindOf(value) === text(0) },
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

function toJson(value: Value, indent?: number): string {
  return JSON.stringify(value ?? null, replaceMap, indent)
}

function replaceMap(_key: string, value: unknown): unknown {
  return value instanceof Map
    ? Object.fromEntries([...value].sort(([a], [b]) => compareText(String(a), String(b))))
    : value
}
