import type { JsonObject } from '../../store/index.ts'
import { list, member, text } from '../catalog.ts'
import { metadataOf } from '../metadata.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'number' | 'date'
  readonly format?: string
  readonly description: string
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number
}

interface Printing {
  readonly now: Date
}

/** A column and what it shows of an object. */
export interface Printer {
  readonly column: Column
  readonly cell: (object: JsonObject, printing: Printing) => unknown
}

type Cell = Printer['cell']

export function column(name: string, cell: Cell, about: Partial<Omit<Column, 'name'>> = {}): Printer {
  return { column: { name, type: 'string', format: '', description: '', priority: 0, ...about }, cell }
}

/** A column that only `-o wide` shows. */
export function wide(name: string, cell: Cell, description = ''): Printer {
  return column(name, cell, { description, priority: 1 })
}

const nameText =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a ' +
  'client to request the generation of an appropriate name automatically.'

const ageText = 'CreationTimestamp is a timestamp representing the server time when this object was created.'

export const nameColumn: Printer = column('Name', (object) => metadataOf(object)['name'], {
  format: 'name',
  description: nameText,
})

export const ageColumn: Printer = column(
  'Age',
  (object, { now }) => age(metadataOf(object)['creationTimestamp'], now),
  { description: ageText },
)

export const createdColumn: Printer = column('Created At', (object) => metadataOf(object)['creationTimestamp'], {
  type: 'date',
  description: ageText,
})

/** The time since then, as kubectl shows it; `<unknown>` when there is none. */
export function age(since: unknown, now: Date): string {
  const start = Date.parse(text(since))
  return Number.isNaN(start) ? '<unknown>' : humanDuration((now.getTime() - start) / 1000)
}

/** Seconds in at most two units, the bigger ones alone: `5s`, `2m5s`, `3h10m`, `2d`, `1y20d`. */
export function humanDuration(inexactSeconds: number): string {
  const seconds = Math.floor(inexactSeconds)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return pair([minutes, 'm'], [seconds % 60, 's'])
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return pair([hours, 'h'], [minutes % 60, 'm'])
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return pair([days, 'd'], [hours % 24, 'h'])
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? pair([years, 'y'], [days % 365, 'd']) : `${years}y`
}

function pair([big, bigUnit]: readonly [number, string], [small, smallUnit]: readonly [number, string]): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`
}

/** A number that counts as 0 when it is not there. */
export function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function templateContainers(object: JsonObject): readonly JsonObject[] {
  const spec = member(object, 'spec')
  const template = spec['jobTemplate'] === undefined ? spec : member(member(spec, 'jobTemplate'), 'spec')
  return list(member(member(template, 'template'), 'spec')['containers'])
}

export const containersColumn: Printer = wide('Containers', (object) =>
  templateContainers(object)
    .map(({ name }) => name)
    .join(','),
)

export const imagesColumn: Printer = wide('Images', (object) =>
  templateContainers(object)
    .map(({ image }) => image)
    .join(','),
)

export function orNone(value: string): string {
  return value === '' ? '<none>' : value
}
