import { failure } from './function.ts'
import { formatValue, kindOf, type Value } from './value.ts'

interface Verb {
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly verb: string
}

const verbPattern = /%([-+# 0]*)(\d*)(?:\.(\d*))?([a-zA-Z%]|$)/g

/** Go's `fmt.Sprintf` for the verbs that make sense in a template. */
export function printf(format: string, values: readonly Value[]): string {
  let next = 0
  const printed = format.replaceAll(
    verbPattern,
    (...[, flags = '', width, precision, verb = '']: readonly string[]) => {
      if (verb === '%') return '%'
      if (verb === '') return '%!(NOVERB)'
      if (next >= values.length) return `%!${verb}(MISSING)`
      const value = values[next]
      next += 1
      const digits = precision === undefined ? undefined : Number(precision)
      return pad({ flags, width: Number(width), precision: digits, verb }, value)
    },
  )
  const extra = values.slice(next).map((value) => `${goType(value)}=${formatValue(value)}`)
  return extra.length === 0 ? printed : `${printed}%!(EXTRA ${extra.join(', ')})`
}

function pad(verb: Verb, value: Value): string {
  if (verb.width > 10_000) throw failure(`the width ${verb.width} is too large`)
  const text = formatVerb(verb, value)
  if (verb.flags.includes('-')) return text.padEnd(verb.width)
  if (!verb.flags.includes('0') || typeof value !== 'number') return text.padStart(verb.width)
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(verb.width - sign.length, '0')
}

function formatVerb(verb: Verb, value: Value): string {
  if (verb.verb === 'T') return goType(value)
  if (verb.verb === 'v') return formatValue(value)
  if (typeof value === 'string') return formatText(verb, value)
  if (typeof value === 'number') return formatNumber(verb, value)
  if (typeof value === 'boolean' && verb.verb === 't') return String(value)
  return verb.verb === 's' && typeof value === 'object' && value !== null ? formatValue(value) : mismatch(verb, value)
}

function formatText(verb: Verb, value: string): string {
  switch (verb.verb) {
    case 's':
      return verb.precision === undefined ? value : Array.from(value).slice(0, verb.precision).join('')
    case 'q':
      return JSON.stringify(value)
    case 'x':
      return Buffer.from(value).toString('hex')
    case 'X':
      return Buffer.from(value).toString('hex').toUpperCase()
    default:
      return mismatch(verb, value)
  }
}

const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 }

function formatNumber(verb: Verb, value: number): string {
  const sign = verb.flags.includes('+') && value >= 0 ? '+' : ''
  const base = bases[verb.verb]
  if (base !== undefined && Number.isInteger(value)) {
    const digits = value.toString(base)
    return sign + (verb.verb === 'X' ? digits.toUpperCase() : digits)
  }
  if (/^f$/i.test(verb.verb)) return sign + value.toFixed(Math.min(verb.precision ?? 6, 100))
  if (verb.verb === 'g') return sign + formatValue(value)
  return verb.verb === 'c' && isCodePoint(value) ? String.fromCodePoint(value) : mismatch(verb, value)
}

function isCodePoint(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0x10_ff_ff
}

function mismatch(verb: Verb, value: Value): string {
  return value === undefined || value === null
    ? `%!${verb.verb}(<nil>)`
    : `%!${verb.verb}(${goType(value)}=${formatValue(value)})`
}

function goType(value: Value): string {
  const kind = kindOf(value)
  return { invalid: '<nil>', slice: '[]interface {}', map: 'map[string]interface {}' }[kind] ?? kind
}
