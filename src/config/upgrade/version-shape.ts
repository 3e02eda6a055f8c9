import type { Field, ObjectShape, Shape } from '../fields/shape.ts'
import { configVersions } from '../versions.ts'
import { fieldTable } from './field-table.ts'

/**
 * The fields of one version. Support and requirements say nothing here: both are judged on the newest form.
 * `skaffold/v2beta11` and later drop unknown keys of Kaniko and cluster builds without a word.
 */
export function shapeOfVersion(apiVersion: string): ObjectShape {
  const known = shapes.get(apiVersion)
  if (known !== undefined) return known
  const version = configVersions.indexOf(apiVersion)
  const shape = objectShape({ table: readTable(), version, within: [] }, 'SkaffoldConfig')
  shapes.set(apiVersion, shape)
  return shape
}

/** The files of a project tend to be of one version. */
const shapes = new Map<string, ObjectShape>()

interface Run {
  readonly type: string
  readonly from: number
  readonly to: number
}

type Table = ReadonlyMap<string, ReadonlyMap<string, readonly Run[]>>

interface Reading {
  readonly table: Table
  readonly version: number
  /** Names of the types around this place: one that contains itself is not followed twice. */
  readonly within: readonly string[]
}

const openFrom = configVersions.indexOf('skaffold/v2beta11')
const openTypes = ['ClusterDetails', 'KanikoArtifact']

function objectShape(reading: Reading, name: string): ObjectShape {
  const below = { ...reading, within: [...reading.within, name] }
  const fields = new Map<string, Field>()
  const elsewhere = new Map<string, string>()
  for (const [field, runs] of reading.table.get(name) ?? []) {
    const run = runs.find(({ from, to }) => from <= reading.version && reading.version <= to)
    if (run !== undefined) fields.set(field, { shape: shapeOf(below, run.type), support: 'yes', required: false })
    else elsewhere.set(field, describeRuns(runs, reading.version))
  }
  const open = reading.version >= openFrom && below.within.some((type) => openTypes.includes(type))
  return { kind: 'object', fields, oneOf: [], merges: false, open, elsewhere }
}

function describeRuns(runs: readonly Run[], version: number): string {
  const next = runs.find(({ from }) => from > version)
  if (next !== undefined) return `${configVersions[next.from] ?? ''} has it`
  return `${configVersions[runs.at(-1)?.to ?? 0] ?? ''} was the last to have it`
}

function shapeOf(reading: Reading, type: string): Shape {
  if (type === 's') return { kind: 'string' }
  if (type === 'b') return { kind: 'boolean' }
  if (type === 'i') return { kind: 'integer' }
  if (type.startsWith('[')) return { kind: 'list', of: shapeOf(reading, type.slice(1)) }
  if (type.startsWith('{')) return { kind: 'map', of: shapeOf(reading, type.slice(1)) }
  if (type === 'a' || reading.within.includes(type)) return { kind: 'any' }
  return objectShape(reading, type)
}

let parsed: Table | undefined

function readTable(): Table {
  parsed ??= new Map(fieldTable.split('\n').map(readLine))
  return parsed
}

function readLine(line: string): readonly [string, ReadonlyMap<string, readonly Run[]>] {
  const [name = '', ...words] = line.split(' ')
  const fields = new Map<string, Run[]>()
  for (const word of words) {
    const [, field = '', type = '', from = '', to = ''] = /^(.+?):([^@]+)(?:@(\d*)-(\d*))?$/.exec(word) ?? []
    const runs = fields.get(field) ?? []
    fields.set(field, runs)
    runs.push({ type, from: Number(from), to: to === '' ? configVersions.length - 1 : Number(to) })
  }
  return [name, fields]
}
