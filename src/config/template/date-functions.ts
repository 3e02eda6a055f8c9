import { formatDuration, Moment, parseDuration, parseMoment, zeroMoment } from './clock.ts'
import { failure, toNumber, toText, type Outside, type TemplateFunction } from './function.ts'
import { formatGoTime } from './go-time.ts'
import type { Value } from './value.ts'

const dayLayout = '2006-01-02'
const hourMs = 3_600_000
const dateIn: TemplateFunction = {
  takes: 'sas',
  run: ({ text, all: [, date] }, outside) => formatIn(momentOf(date, outside), text(0), zoneOf(text(2))),
}
const dateModify: TemplateFunction = {
  takes: 'sa',
  run: ({ text, all: [, date] }, outside) => modify(text(0), momentOf(date, outside)) ?? momentOf(date, outside),
}
const mustDateModify: TemplateFunction = {
  takes: 'sa',
  run: ({ text, all: [, date] }, outside) => {
    const changed = modify(text(0), momentOf(date, outside))
    if (changed === undefined) throw failure(`time: invalid duration ${JSON.stringify(text(0))}`)
    return changed
  },
}

/** Sprig's functions on time. */
export const dateFunctions: Readonly<Record<string, TemplateFunction>> = {
  ago: {
    takes: 'a',
    run: ({ all: [date] }, outside) =>
      formatDuration(Math.round((nowOf(outside).ms - momentOf(date, outside).ms) / 1000) * 1000),
  },
  date: {
    takes: 'sa',
    run: ({ text, all: [, date] }, outside) => formatIn(momentOf(date, outside), text(0), undefined),
  },
  dateInZone: dateIn,
  dateModify,
  date_in_zone: dateIn,
  date_modify: dateModify,
  duration: { takes: 'a', run: ({ all: [seconds] }) => formatDuration(Math.trunc(toNumber(seconds)) * 1000) },
  durationRound: { takes: 'a', run: ({ all: [given] }, outside) => roundDuration(sizeOf(given, outside)) },
  htmlDate: { takes: 'a', run: ({ all: [date] }, outside) => formatIn(momentOf(date, outside), dayLayout, undefined) },
  htmlDateInZone: {
    takes: 'as',
    run: ({ all: [date], text }, outside) => formatIn(momentOf(date, outside), dayLayout, zoneOf(text(1))),
  },
  mustDateModify,
  mustToDate: {
    takes: 'ss',
    run: ({ text }) => {
      const moment = parseMoment(text(0), text(1))
      if (moment === undefined) {
        throw failure(`parsing time ${JSON.stringify(text(1))} as ${JSON.stringify(text(0))}: it does not fit`)
      }
      return moment
    },
  },
  must_date_modify: mustDateModify,
  now: { takes: '', run: (_args, outside) => nowOf(outside) },
  toDate: { takes: 'ss', run: ({ text }) => parseMoment(text(0), text(1)) ?? zeroMoment },
  unixEpoch: {
    takes: 'a',
    run: ({ all: [date] }, outside) => String(Math.floor(momentOf(date, outside).ms / 1000)),
  },
}

function nowOf({ now }: Outside): Moment {
  if (now === undefined) throw failure('the time is not known to this field')
  return new Moment(now().getTime())
}

/** Seconds since 1970 are a time, too; what is none is now, as in sprig. */
function momentOf(value: Value, outside: Outside): Moment {
  if (value instanceof Moment) return value
  if (typeof value !== 'number') return nowOf(outside)
  if (!(Math.abs(value) <= 8.64e12)) throw failure('no such time')
  return new Moment(value * 1000)
}

function zoneOf(name: string): string | undefined {
  if (name === 'Local') return undefined
  return name === '' ? 'UTC' : name
}

function modify(text: string, { ms, zone }: Moment): Moment | undefined {
  const change = parseDuration(text)
  if (change === undefined) return undefined
  if (!(Math.abs(ms + change) <= 8.64e15)) throw failure('no such time')
  return new Moment(ms + change, zone)
}

function sizeOf(value: Value, outside: Outside): number {
  if (value instanceof Moment) return nowOf(outside).ms - value.ms
  if (typeof value === 'number') return value / 1e6
  return parseDuration(toText(value)) ?? 0
}

const units: readonly (readonly [number, string])[] = [
  [hourMs * 24 * 365, 'y'],
  [hourMs * 24 * 30, 'mo'],
  [hourMs * 24, 'd'],
  [hourMs, 'h'],
  [60_000, 'm'],
  [1000, 's'],
]

/** Only the largest unit, as sprig has it. */
function roundDuration(ms: number): string {
  const size = Math.abs(ms)
  const [unit, name] = units.find(([unit]) => size > unit) ?? []
  return unit === undefined || name === undefined ? '0s' : `${Math.floor(size / unit)}${name}`
}

/** Formats in a zone of that name; what is no zone is UTC, as in sprig. */
function formatIn(moment: Moment, layout: string, zone: string | undefined): string {
  try {
    return formatGoTime(new Date(moment.ms), layout, zone)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    if (!Number.isFinite(moment.ms) || Number.isNaN(new Date(moment.ms).getTime())) throw failure('no such time')
    return formatGoTime(new Date(moment.ms), layout, 'UTC')
  }
}
