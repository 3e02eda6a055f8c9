import { failure, type TemplateFunction } from './function.ts'
import { compareText, formatValue, isList, isMap, isSame, isTrue, kindOf, type Value } from './value.ts'
import { printf } from './printf.ts'

/** Functions of Go's text/template itself; `and` and `or` are part of the evaluator. */
export const builtinFunctions: Readonly<Record<string, TemplateFunction>> = {
  eq: { takes: 'aaa*', run: ({ all: [first, ...others] }) => others.some((other) => equals(first, other)) },
  ge: { takes: 'aa', run: ({ all: [a, b] }) => order(a, b) >= 0 },
  gt: { takes: 'aa', run: ({ all: [a, b] }) => order(a, b) > 0 },
  call: {
    takes: 'aa*',
    run: ({ all: [called] }) => {
      throw failure(`non-function of type ${kindOf(called)}`)
    },
  },
  html: { takes: 'a*', run: ({ all }) => escapeHtml(printArguments(all)) },
  index: { takes: 'aa*', run: ({ all: [start, ...keys] }) => keys.reduce(itemOf, start) },
  js: { takes: 'a*', run: ({ all }) => escapeScript(printArguments(all)) },
  le: { takes: 'aa', run: ({ all: [a, b] }) => order(a, b) <= 0 },
  len: { takes: 'a', run: ({ all: [value] }) => lengthOf(value) },
  lt: { takes: 'aa', run: ({ all: [a, b] }) => order(a, b) < 0 },
  ne: { takes: 'aa', run: ({ all: [a, b] }) => !equals(a, b) },
  not: { takes: 'a', run: ({ all: [value] }) => !isTrue(value) },
  print: { takes: 'a*', run: ({ all }) => printArguments(all) },
  printf: { takes: 'sa*', run: ({ all: [, ...values], text }) => printf(text(0), values) },
  println: { takes: 'a*', run: ({ all }) => `${all.map(formatValue).join(' ')}\n` },
  urlquery: { takes: 'a*', run: ({ all }) => encodeURIComponent(printArguments(all)).replaceAll('%20', '+') },
}

/** As Go's `fmt.Sprint`: a space only between two values that are both no text. */
function printArguments(values: readonly Value[]): string {
  let printed = ''
  for (const [index, value] of values.entries()) {
    const isText = typeof value === 'string' || typeof values[index - 1] === 'string'
    printed += `${index > 0 && !isText ? ' ' : ''}${formatValue(value)}`
  }
  return printed
}

function equals(a: Value, b: Value): boolean {
  const kinds = [kindOf(a), kindOf(b)]
  if (kinds.includes('invalid')) return kinds[0] === kinds[1]
  if (typeof a !== typeof b) throw failure('incompatible types for comparison')
  return isSame(a, b)
}

function order(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const isOrdered = (value: Value): boolean => typeof value === 'number' || typeof value === 'string'
  throw failure(isOrdered(a) && isOrdered(b) ? 'incompatible types for comparison' : 'invalid type for comparison')
}

function itemOf(from: Value, key: Value): Value {
  if (isMap(from)) return from.get(formatValue(key))
  if (typeof key !== 'number') throw failure(`${kindOf(from)} has no item ${formatValue(key)}`)
  if (isList(from) && key >= 0 && key < from.length) return from[key]
  if (typeof from === 'string' && key >= 0 && key < Buffer.byteLength(from)) return Buffer.from(from)[key]
  throw failure(`${kindOf(from)} has no item ${key}`)
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (isList(value)) return value.length
  if (isMap(value)) return value.size
  throw failure(`${kindOf(value)} has no length`)
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (found) => htmlEscapes[found] ?? found)
}

function escapeScript(text: string): string {
  return text
    .replaceAll(/[\\'"]/g, (found) => `\\${found}`)
    .replaceAll(/[<>&=\p{Cc}\u2028\u2029]/gu, (found) => {
      return `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
    })
}
