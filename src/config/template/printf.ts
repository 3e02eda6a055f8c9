import { Moment } from './clock.ts'
import { failure } from './function.ts'
import { formatValue, isList, isMap, sortedEntries, typeOf, type Value, type ValueMap } from './value.ts'

interface Verb {
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
  readonly verb: string
}

const verbPattern =
  /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d*)(?:(\.)(?:\[(\d+)\])?(\*|\d*))?(?:\[(\d+)\])?([^\s\d[\].*+#-]|$)?/gu
const widest = 10_000

/** Go's `fmt.Sprintf`. @see https://pkg.go.dev/fmt */
export function printf(format: string, values: readonly Value[]): string {
  const reader = new ArgumentReader(values)
  const printed = format.replaceAll(verbPattern, (...[, flags = '', ...groups]: readonly string[]) => {
    const [widthIndex, width, point, precisionIndex, precision, index, verb = ''] = groups
    if (verb === '%') return '%'
    reader.goTo(widthIndex)
    const shownWidth = width === '*' ? reader.number() : numberOf(width)
    reader.goTo(precisionIndex)
    const shownPrecision =
      precision === '*' ? reader.number() : (numberOf(precision) ?? (point === undefined ? undefined : 0))
    reader.goTo(index)
    if (verb === '') return '%!(NOVERB)'
    const isLeft = (shownWidth ?? 0) < 0
    return reader.print({
      flags: isLeft ? `${flags}-` : flags,
      width: shownWidth === undefined ? undefined : Math.abs(shownWidth),
      precision: shownPrecision,
      verb,
    })
  })
  return printed + reader.extra()
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text)
}

/** Takes the values one by one, or by the index that a verb names. */
class ArgumentReader {
  readonly #values: readonly Value[]
  #next = 0
  #isReordered = false
  #isBad = false

  constructor(values: readonly Value[]) {
    this.#values = values
  }

  goTo(index: string | undefined): void {
    if (index === undefined) return
    this.#isReordered = true
    this.#next = Number(index) - 1
    this.#isBad = this.#next < 0 || this.#next >= this.#values.length
  }

  number(): number | undefined {
    const value = this.#values[this.#next]
    this.#next += 1
    return typeof value === 'number' && Number.isInteger(value) ? value : undefined
  }

  print(verb: Verb): string {
    const isBad = this.#isBad
    this.#isBad = false
    if (isBad) return `%!${verb.verb}(BADINDEX)`
    if (this.#next >= this.#values.length) return `%!${verb.verb}(MISSING)`
    const value = this.#values[this.#next]
    this.#next += 1
    return pad(verb, value)
  }

  extra(): string {
    const rest = this.#isReordered ? [] : this.#values.slice(this.#next)
    if (rest.length === 0) return ''
    const shown = rest.map((value) =>
      value === undefined || value === null ? '<nil>' : `${typeOf(value)}=${formatValue(value)}`,
    )
    return `%!(EXTRA ${shown.join(', ')})`
  }
}

function pad(verb: Verb, value: Value): string {
  const { width = 0, precision = 0 } = verb
  if (Math.max(width, precision) > widest) throw failure(`a width above ${widest} is too large`)
  const text = formatVerb(verb, value)
  if (verb.flags.includes('-')) return padEnd(text, width)
  const isZeroed = verb.flags.includes('0') && ['number', 'string'].includes(typeof value)
  if (!isZeroed || /^%!|Inf$|NaN$/.test(text)) return padStart(text, width)
  const sign = typeof value === 'number' ? (/^[+ -]/.exec(text)?.[0] ?? '') : ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - Array.from(text).length)) + text
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - Array.from(text).length))
}

function formatVerb(verb: Verb, value: Value): string {
  if (verb.verb === 'T') return typeOf(value)
  if (value === undefined || value === null) return verb.verb === 'v' ? '<nil>' : `%!${verb.verb}(<nil>)`
  if (verb.verb === 'v') return verb.flags.includes('#') ? goSyntax(value) : plain(verb, value)
  if (typeof value === 'string') return formatText(verb, value)
  if (typeof value === 'number') return formatNumber(verb, value)
  return formatOther(verb, value)
}

function formatOther(verb: Verb, value: Value): string {
  if (isList(value) || isMap(value)) return formatParts(verb, value)
  if (value instanceof Moment) return formatText(verb, value.toString())
  return verb.verb === 't' ? String(value) : mismatch(verb, value)
}

function formatParts(verb: Verb, value: readonly Value[] | ValueMap): string {
  if (isList(value)) return `[${value.map((item) => formatVerb(verb, item)).join(' ')}]`
  const pairs = sortedEntries(value).map(([key, item]) => `${formatVerb(verb, key)}:${formatVerb(verb, item)}`)
  return `map[${pairs.join(' ')}]`
}

function plain(verb: Verb, value: Value): string {
  if (typeof value === 'string' && verb.precision !== undefined) return cut(value, verb.precision)
  const text = formatValue(value)
  return typeof value === 'number' && value >= 0 ? signOf(verb.flags) + text : text
}

function signOf(flags: string): string {
  if (flags.includes('+')) return '+'
  return flags.includes(' ') ? ' ' : ''
}

function goSyntax(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isMap(value)) {
    const pairs = sortedEntries(value).map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`)
    return `map[string]interface {}{${pairs.join(', ')}}`
  }
  return value === undefined || value === null ? 'interface {}(nil)' : formatValue(value)
}

function cut(text: string, length: number): string {
  return Array.from(text).slice(0, length).join('')
}

function formatText(verb: Verb, value: string): string {
  const text = verb.precision === undefined ? value : cut(value, verb.precision)
  switch (verb.verb) {
    case 's':
      return text
    case 'q':
      return verb.flags.includes('#') && !text.includes('`') ? `\`${text}\`` : JSON.stringify(text)
    case 'x':
    case 'X':
      return hex(verb, text)
    default:
      return mismatch(verb, value)
  }
}

function hex({ verb, flags }: Verb, text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'))
  const prefix = flags.includes('#') && bytes.length > 0 ? '0x' : ''
  const shown = flags.includes(' ') ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('')
  return verb === 'X' ? shown.toUpperCase() : shown
}

const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, O: 8, b: 2 }
const prefixes: Readonly<Record<string, string>> = { x: '0x', X: '0X', o: '0', O: '0o', b: '0b' }

function formatNumber(verb: Verb, value: number): string {
  const base = bases[verb.verb]
  if (base !== undefined && Number.isInteger(value)) return formatInteger(verb, value, base)
  if (Number.isInteger(value) && /^[cqU]$/.test(verb.verb)) return formatCharacter(verb, value)
  if (!/^[eEfFgG]$/.test(verb.verb)) return mismatch(verb, value)
  const sign = value >= 0 ? signOf(verb.flags) : ''
  return sign + formatFloat(verb, value)
}

function formatInteger(verb: Verb, value: number, base: number): string {
  const digits = Math.abs(value)
    .toString(base)
    .padStart(verb.precision ?? 1, '0')
  const prefix = verb.verb === 'O' || verb.flags.includes('#') ? (prefixes[verb.verb] ?? '') : ''
  const sign = value < 0 ? '-' : signOf(verb.flags)
  return sign + prefix + (verb.verb === 'X' ? digits.toUpperCase() : digits)
}

function formatCharacter(verb: Verb, value: number): string {
  const isCharacter = value >= 0 && value <= 0x10_ff_ff
  const character = isCharacter ? String.fromCodePoint(value) : '\uFFFD'
  if (verb.verb === 'c') return character
  if (verb.verb === 'q') return `'${character.replaceAll(/['\\]/g, (found) => `\\${found}`)}'`
  const name = `U+${value
    .toString(16)
    .toUpperCase()
    .padStart(verb.precision ?? 4, '0')}`
  return verb.flags.includes('#') ? `${name} '${character}'` : name
}

function formatFloat({ verb, precision }: Verb, value: number): string {
  if (!Number.isFinite(value)) return formatValue(value)
  const digits = Math.min(precision ?? 6, 100)
  const isUpper = verb !== verb.toLowerCase()
  const text = floatText(verb.toLowerCase(), value, { digits, isExact: precision !== undefined })
  return isUpper ? text.toUpperCase() : text
}

function floatText(
  verb: string,
  value: number,
  { digits, isExact }: { readonly digits: number; readonly isExact: boolean },
): string {
  if (verb === 'f') return Math.abs(value) < 1e21 ? value.toFixed(digits) : BigInt(value).toString() + fraction(digits)
  if (verb === 'e') return twoDigits(value.toExponential(digits))
  if (!isExact) return formatValue(value)
  const shown = twoDigits(value.toPrecision(Math.max(1, digits)))
  return shown.includes('e') ? shown.replace(/\.?0+e/, 'e') : shown.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
}

function fraction(digits: number): string {
  return digits === 0 ? '' : `.${'0'.repeat(digits)}`
}

/** Go writes exponents with two digits at least. */
function twoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

function mismatch(verb: Verb, value: Value): string {
  return `%!${verb.verb}(${typeOf(value)}=${formatValue(value)})`
}
