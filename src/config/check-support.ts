import type { ObjectShape, Shape } from './fields/shape.ts'
import { isBlank, isNull, valueOf, type Entry, type MapNode, type Node } from './node.ts'
import type { Problem } from './problems.ts'
import { readBoolean, readText } from './read.ts'

/**
 * Finds what is wrong with a configuration after profiles: fields that are valid and not supported, required fields that
 * are absent, alternatives that stand side by side. The structure was checked before. What is not supported counts in the
 * top-level fields of `uses` only; in all when absent.
 */
export function checkSupport(config: Node, root: ObjectShape, uses?: readonly string[]): readonly Problem[] {
  const problems: Problem[] = []
  checkNode(problems, config, { shape: root, path: '' })
  if (uses === undefined) return problems
  const unused = readEntries(config).filter(({ key }) => !uses.includes(key) && !always.includes(key))
  const places = new Set(unused.flatMap((entry) => placesIn(entry)))
  return problems.filter(({ code, at }) => code !== 'CONFIG_UNSUPPORTED_FIELD' || !places.has(at))
}

const always: readonly string[] = ['apiVersion', 'kind', 'metadata', 'profiles', 'requires']

function readEntries(node: Node): readonly Entry[] {
  return node.kind === 'map' ? node.entries : []
}

/** Offsets of an entry and of everything in it. */
function placesIn({ at, value }: Entry): readonly number[] {
  const inside = value.kind === 'list' ? value.items.flatMap((item) => readEntries(item)) : readEntries(value)
  return [at, ...inside.flatMap(placesIn)]
}

interface Place {
  readonly shape: Shape
  readonly path: string
}

function checkNode(problems: Problem[], node: Node, { shape, path }: Place): void {
  if (shape.kind === 'list' && node.kind === 'list') {
    for (const [index, item] of node.items.entries()) {
      checkNode(problems, item, { shape: shape.of, path: `${path}[${index}]` })
    }
  }
  if (shape.kind === 'object' && node.kind === 'map') checkObject(problems, node, { shape, path })
}

function checkObject(
  problems: Problem[],
  node: MapNode,
  { shape, path }: { readonly shape: ObjectShape; readonly path: string },
): void {
  const prefix = path === '' ? '' : `${path}.`
  for (const entry of node.entries) checkEntry(problems, entry, { shape, path: `${prefix}${entry.key}` })
  checkAlternatives(problems, node, { shape, prefix })
  for (const [name, field] of shape.fields) {
    if (!field.required || field.support === 'no' || isGiven(valueOf(node, name))) continue
    problems.push({
      code: 'CONFIG_MISSING_FIELD',
      message: `\`${prefix}${name}\` is required`,
      at: node.at,
      hint: `add \`${name}\``,
    })
  }
}

function checkEntry(
  problems: Problem[],
  entry: Entry,
  { shape, path }: { readonly shape: ObjectShape; readonly path: string },
): void {
  const field = shape.fields.get(entry.key)
  if (field === undefined || isBlank(entry.value)) return
  if (field.support === 'yes' && !isOtherThan(field.only, entry.value)) {
    checkNode(problems, entry.value, { shape: field.shape, path })
    return
  }
  if (field.support === 'inert' || isFalseOrEmpty(entry.value, field.shape)) return
  const what = field.only === undefined ? `\`${path}\`` : `\`${path}: ${readText(entry.value) ?? ''}\``
  problems.push({
    code: 'CONFIG_UNSUPPORTED_FIELD',
    message: `${what} is valid Skaffold, not supported by this version of catamaran`,
    at: entry.at,
    hint: 'remove it, or move it into a profile that you use with Skaffold only',
  })
}

/** `false` and empty texts and mappings are what stands when nothing is written, unless being there is the choice. */
function isFalseOrEmpty(node: Node, shape: Shape): boolean {
  if (shape.kind === 'boolean') return readBoolean(node) === false
  if (shape.kind === 'map') return node.kind === 'map' && node.entries.length === 0
  return shape.kind === 'string' && readText(node) === undefined
}

function isOtherThan(only: string | undefined, node: Node): boolean {
  return only !== undefined && String(readBoolean(node)) !== only
}

function checkAlternatives(
  problems: Problem[],
  node: MapNode,
  { shape, prefix }: { readonly shape: ObjectShape; readonly prefix: string },
): void {
  const given = node.entries.filter((entry) => shape.oneOf.includes(entry.key) && !isNull(entry.value))
  const [first, second] = given
  if (first === undefined || second === undefined) return
  problems.push({
    code: 'CONFIG_CONFLICT',
    message: `${given.map((entry) => `\`${prefix}${entry.key}\``).join(' and ')} exclude each other`,
    at: second.at,
    hint: 'keep one of them',
  })
}

function isGiven(node: Node | undefined): boolean {
  return node !== undefined && (node.kind !== 'scalar' || readText(node) !== undefined)
}
