/**
 * Formats a time in a layout of Go's `time` package. `zone` is an IANA name; the machine's when absent.
 * @throws RangeError for an unknown zone
 * @see https://pkg.go.dev/time#pkg-constants
 */
export function formatGoTime(time: Date, layout: string, zone?: string): string {
  const parts = partsOf(time, zone)
  return layout.replaceAll(tokens, (token) => format(token, parts))
}

/** The longest of two that begin alike stands first. */
const tokens =
  /January|Jan|Monday|Mon|MST|2006|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|002|__2|_2|[.,]0+(?!\d)|[.,]9+(?!\d)|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g

interface Parts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  readonly weekday: number
  readonly offsetMinutes: number
  readonly zoneName: string
}

function partsOf(time: Date, zone: string | undefined): Parts {
  const options = { timeZone: zone, hourCycle: 'h23', timeZoneName: 'short' } as const
  const numeric = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const
  const found = new Map(
    new Intl.DateTimeFormat('en-US', { ...options, ...numeric })
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  )
  const number = (name: Intl.DateTimeFormatPartTypes): number => Number(found.get(name))
  const clock = {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
  }
  const local =
    utcOf(clock.year, clock.month, clock.day) + ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000
  const millisecond = time.getUTCMilliseconds()
  const offsetMinutes = Math.round((local - (time.getTime() - millisecond)) / 60_000)
  return {
    ...clock,
    millisecond,
    weekday: new Date(local).getUTCDay(),
    offsetMinutes,
    zoneName: zoneName(found.get('timeZoneName') ?? '', offsetMinutes),
  }
}

/** Go writes `+03` where a zone has no letters. */
function zoneName(name: string, offsetMinutes: number): string {
  return /^(?:GMT[+-]|$)/.test(name) ? offset(offsetMinutes, offsetMinutes % 60 === 0 ? 'h' : 'hm') : name
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const formats: Readonly<Record<string, (parts: Parts) => string>> = {
  January: ({ month }) => months[month - 1] ?? '',
  Jan: ({ month }) => (months[month - 1] ?? '').slice(0, 3),
  Monday: ({ weekday }) => weekdays[weekday] ?? '',
  Mon: ({ weekday }) => (weekdays[weekday] ?? '').slice(0, 3),
  MST: (parts) => parts.zoneName,
  '2006': ({ year }) => pad(year, 4),
  '06': ({ year }) => pad(year % 100, 2),
  '01': ({ month }) => pad(month, 2),
  '1': ({ month }) => String(month),
  '02': ({ day }) => pad(day, 2),
  _2: ({ day }) => String(day).padStart(2, ' '),
  '2': ({ day }) => String(day),
  '002': (parts) => pad(dayOfYear(parts), 3),
  __2: (parts) => String(dayOfYear(parts)).padStart(3, ' '),
  '15': ({ hour }) => pad(hour, 2),
  '03': ({ hour }) => pad(hour % 12 === 0 ? 12 : hour % 12, 2),
  '3': ({ hour }) => String(hour % 12 === 0 ? 12 : hour % 12),
  '04': ({ minute }) => pad(minute, 2),
  '4': ({ minute }) => String(minute),
  '05': ({ second }) => pad(second, 2),
  '5': ({ second }) => String(second),
  PM: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  pm: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
}

function format(token: string, parts: Parts): string {
  const known = formats[token]
  if (known !== undefined) return known(parts)
  if (/^[.,]/.test(token)) return fraction(token, parts.millisecond)
  return zoneOffset(token, parts.offsetMinutes)
}

function fraction(token: string, millisecond: number): string {
  const digits = pad(millisecond, 3)
    .padEnd(token.length - 1, '0')
    .slice(0, token.length - 1)
  if (token[1] === '0') return `${token[0] ?? ''}${digits}`
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : `${token[0] ?? ''}${short}`
}

function zoneOffset(token: string, minutes: number): string {
  if (token.startsWith('Z') && minutes === 0) return 'Z'
  const style = token.replace(/^[Z-]/, '')
  if (style === '07') return offset(minutes, 'h')
  const text = offset(minutes, style.includes(':') ? 'h:m' : 'hm')
  return text + style.slice(text.length - 1).replaceAll(/\d/g, '0')
}

function offset(minutes: number, style: 'h' | 'h:m' | 'hm'): string {
  const sign = minutes < 0 ? '-' : '+'
  const hours = pad(Math.floor(Math.abs(minutes) / 60), 2)
  if (style === 'h') return sign + hours
  return `${sign}${hours}${style === 'h:m' ? ':' : ''}${pad(Math.abs(minutes) % 60, 2)}`
}

function dayOfYear({ year, month, day }: Parts): number {
  return Math.round((utcOf(year, month, day) - utcOf(year, 1, 1)) / 86_400_000) + 1
}

/** `Date.UTC` takes the years before 100 for those of the last century. */
function utcOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
