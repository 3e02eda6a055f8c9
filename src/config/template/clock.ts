import { formatGoTime } from './go-time.ts'

/** A moment, as Go's `time.Time`. */
export class Moment {
  readonly ms: number
  /** IANA name; the machine's when absent. */
  readonly zone: string | undefined

  constructor(ms: number, zone?: string) {
    this.ms = ms
    this.zone = zone
  }

  /** In a layout of Go's `time` package. */
  format(layout: string): string {
    return formatGoTime(new Date(this.ms), layout, this.zone)
  }

  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST')
  }
}

/** Go's zero time: 1 January of the year 1. */
export const zeroMoment: Moment = new Moment(-62_135_596_800_000, 'UTC')

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go writes it, `-1h2.5m`; undefined for none. */
export function parseDuration(text: string): number | undefined {
  const unsigned = text.replace(/^[+-]/, '')
  if (unsigned === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(unsigned)) return undefined
  const parts = [...unsigned.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)]
  const sum = parts.reduce((ms, [, count, unit]) => ms + Number(count) * (unitMs[unit ?? ''] ?? 0), 0)
  return text.startsWith('-') ? -sum : sum
}

/** A duration as Go prints it: `1h2m3.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  if (size === 0) return '0s'
  if (size < 1e-3) return `${sign}${Math.round(size * 1e6)}ns`
  if (size < 1) return `${sign}${Number((size * 1e3).toFixed(3))}µs`
  if (size < 1000) return `${sign}${Number(size.toFixed(6))}ms`
  const hours = Math.floor(size / 3_600_000)
  const minutes = Math.floor((size % 3_600_000) / 60_000)
  const seconds = Number(((size % 60_000) / 1000).toFixed(9))
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}

const months = 'January February March April May June July August September October November December'.split(' ')
const digits = (count: number): string => `(\\d{${count}})`
const someDigits = '(\\d{1,2})'
const letters = '([A-Za-z]+)'

/** What a word of a layout stands for, and what it looks like. */
const words: readonly (readonly [string, Part, string])[] = [
  ['January', 'month', letters],
  ['Jan', 'month', letters],
  ['Monday', 'other', letters],
  ['Mon', 'other', letters],
  ['MST', 'zone', '([A-Z]{3,5}|[+-]\\d{2,4})'],
  ['2006', 'year', digits(4)],
  ['-07:00', 'offset', '([+-]\\d{2}:\\d{2})'],
  ['-0700', 'offset', '([+-]\\d{4})'],
  ['-07', 'offset', '([+-]\\d{2})'],
  ['Z07:00', 'offset', '(Z|[+-]\\d{2}:\\d{2})'],
  ['Z0700', 'offset', '(Z|[+-]\\d{4})'],
  ['01', 'month', digits(2)],
  ['02', 'day', digits(2)],
  ['03', 'hour', digits(2)],
  ['04', 'minute', digits(2)],
  ['05', 'second', '(\\d{2}(?:[.,]\\d+)?)'],
  ['06', 'shortYear', digits(2)],
  ['15', 'hour', digits(2)],
  ['PM', 'half', '([AP]M)'],
  ['pm', 'half', '([ap]m)'],
  ['_2', 'day', '\\s?(\\d{1,2})'],
  ['1', 'month', someDigits],
  ['2', 'day', someDigits],
  ['3', 'hour', someDigits],
  ['4', 'minute', someDigits],
  ['5', 'second', '(\\d{1,2}(?:[.,]\\d+)?)'],
]

type Part = 'day' | 'half' | 'hour' | 'minute' | 'month' | 'offset' | 'other' | 'second' | 'shortYear' | 'year' | 'zone'

/** Reads a time in a layout of Go's `time` package, in UTC unless it says something else; undefined when it is none. */
export function parseMoment(layout: string, text: string): Moment | undefined {
  const parts: Part[] = []
  const split = new RegExp(`(${words.map(([word]) => word).join('|')})`)
  const pattern = layout
    .replaceAll(/(05|5)[.,][09]+/g, '$1')
    .split(split)
    .map((piece, index) => {
      const found = index % 2 === 1 ? words.find(([word]) => word === piece) : undefined
      if (found === undefined) return piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      parts.push(found[1])
      return found[2]
    })
    .join('')
  const match = new RegExp(`^${pattern}$`).exec(text)
  if (match === null) return undefined
  return momentOf(new Map(parts.map((part, index) => [part, match[index + 1] ?? ''])))
}

function momentOf(parts: ReadonlyMap<Part, string>): Moment | undefined {
  const number = (part: Part, without: number): number => Number((parts.get(part) ?? String(without)).replace(',', '.'))
  const month = monthOf(parts.get('month') ?? '1')
  const [day, minute, second] = [number('day', 1), number('minute', 0), number('second', 0)]
  const hour = hourOf(number('hour', 0), parts.get('half'))
  const date = new Date(0)
  date.setUTCFullYear(yearOf(parts), month - 1, day)
  // what a field holds too much of would go to the next one
  if (date.getUTCMonth() !== month - 1 || day < 1 || hour > 23 || minute > 59 || second >= 60) return undefined
  date.setUTCHours(hour, minute, Math.floor(second), Math.round((second % 1) * 1000))
  return new Moment(date.getTime() - offsetMs(parts.get('offset') ?? 'Z'), 'UTC')
}

function yearOf(parts: ReadonlyMap<Part, string>): number {
  const short = parts.get('shortYear')
  if (short === undefined) return Number(parts.get('year') ?? '0')
  return Number(short) >= 69 ? 1900 + Number(short) : 2000 + Number(short)
}

function monthOf(text: string): number {
  if (/^\d/.test(text)) return Number(text)
  return months.findIndex((name) => name === text || name.slice(0, 3) === text) + 1
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour
  return (hour % 12) + (/^p/i.test(half) ? 12 : 0)
}

function offsetMs(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000)
}
