import { dump } from 'js-yaml'
import type { ObjectShape, Shape } from './fields/shape.ts'
import { isNull, type Node, type ScalarNode } from './node.ts'
import { readBoolean, readInteger } from './read.ts'

/** A value as JSON has it. */
export type Plain = boolean | null | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** Prints documents as Skaffold does: fields in the order of the schema, mappings sorted, nothing that says nothing. */
export function printDocuments(documents: readonly Plain[]): string {
  return documents.map((document) => dump(document, { lineWidth: -1, noRefs: true })).join('---\n')
}

/** What a document says, typed by its fields; empty texts, lists and mappings and plain `false` are left out. */
export function plainOf(node: Node, shape: Shape): Plain {
  if (node.kind === 'list') {
    const item: Shape = shape.kind === 'list' ? shape.of : { kind: 'any' }
    return node.items.map((one) => plainOf(one, item))
  }
  if (node.kind === 'scalar') return scalarOf(node, shape)
  if (shape.kind === 'object') return objectOf(node.entries, shape)
  const value: Shape = shape.kind === 'map' ? shape.of : { kind: 'any' }
  const entries = node.entries.toSorted((left, right) => compareKeys(left.key, right.key))
  return Object.fromEntries(entries.map((entry) => [entry.key, plainOf(entry.value, value)]))
}

/** Absent means something else than `false` or nothing here. */
const threeValued = new Set([
  'buildContextCompressionLevel',
  'cacheRunLayers',
  'concurrency',
  'copyMaxRetries',
  'createNamespace',
  'push',
  'runAsUser',
  'statusCheck',
  'useBuildkit',
  'tryImportMissing',
])
/** Blocks that choose something by being there, beside the alternatives of their object. */
const choosing = new Set([
  'cache',
  'cloudrun',
  'docker',
  'dockerConfig',
  'helm',
  'kpt',
  'kubectl',
  'kustomize',
  'local',
  'sync',
])

function objectOf(entries: readonly { readonly key: string; readonly value: Node }[], shape: ObjectShape): Plain {
  const names = [...shape.fields.keys()]
  const known = entries.filter(({ key, value }) => shape.fields.has(key) && !isNull(value))
  const sorted = known.toSorted((left, right) => names.indexOf(left.key) - names.indexOf(right.key))
  const members = sorted.map(({ key, value }): [string, Plain] => [
    key,
    plainOf(value, shape.fields.get(key)?.shape ?? { kind: 'any' }),
  ])
  return Object.fromEntries(members.filter(([key, value]) => saysSomething(key, value, shape)))
}

function saysSomething(key: string, value: Plain, shape: ObjectShape): boolean {
  if (shape.fields.get(key)?.shape.kind === 'any') return true
  if (value === false || value === 0) return threeValued.has(key)
  if (value === '' || (Array.isArray(value) && value.length === 0)) return false
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return !isEmpty || shape.oneOf.includes(key) || choosing.has(key)
}

function scalarOf(node: ScalarNode, shape: Shape): Plain {
  if (isNull(node)) return null
  if (shape.kind === 'string') return node.text
  if (shape.kind === 'boolean') return readBoolean(node) ?? node.text
  if (shape.kind === 'integer') return readInteger(node) ?? node.text
  if (!node.plain) return node.text
  if (/^(?:true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(node.text)) {
    return /^(?:t|y|on)/i.test(node.text)
  }
  return readInteger(node) ?? readFloat(node.text) ?? node.text
}

function readFloat(text: string): number | undefined {
  return /^[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined
}

/** Digits count as numbers. */
function compareKeys(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}
