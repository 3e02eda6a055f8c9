import type { ObjectShape, Shape } from './fields/shape.ts'
import { describeNode, isNull, type MapNode, type Node, type ScalarNode } from './node.ts'
import type { Problem } from './problems.ts'
import { readBoolean, readInteger } from './read.ts'
import { closest, suggestField } from './suggest.ts'

/** Finds fields that Skaffold does not know and values of the wrong type, in a whole document. */
export function checkStructure(document: Node, root: ObjectShape, version: string): readonly Problem[] {
  const check: Check = { root, version, problems: [] }
  checkNode(check, document, { shape: root, path: '' })
  return check.problems
}

interface Check {
  readonly root: ObjectShape
  readonly version: string
  readonly problems: Problem[]
}

interface Place {
  readonly shape: Shape
  readonly path: string
}

function checkNode(check: Check, node: Node, { shape, path }: Place): void {
  if (isNull(node) || shape.kind === 'any') return
  if (shape.kind === 'list') {
    if (node.kind !== 'list') return reportType(check, node, { path, wanted: 'a list' })
    for (const [index, item] of node.items.entries()) {
      checkNode(check, item, { shape: shape.of, path: `${path}[${index}]` })
    }
    return
  }
  if (shape.kind === 'map' || shape.kind === 'object') {
    if (node.kind !== 'map') return reportType(check, node, { path, wanted: 'a mapping' })
    return shape.kind === 'object'
      ? checkObject(check, node, { shape, path })
      : checkMap(check, node, { shape: shape.of, path })
  }
  return checkScalar(check, node, { shape, path })
}

function checkMap(check: Check, node: MapNode, { shape, path }: Place): void {
  for (const entry of node.entries) checkNode(check, entry.value, { shape, path: `${path}.${entry.key}` })
}

function checkObject(check: Check, node: MapNode, place: { readonly shape: ObjectShape; readonly path: string }): void {
  const { shape, path } = place
  for (const entry of node.entries) {
    const field = shape.fields.get(entry.key)
    const below = path === '' ? entry.key : `${path}.${entry.key}`
    if (field !== undefined) checkNode(check, entry.value, { shape: field.shape, path: below })
    else if (!shape.open) reportUnknown(check, { key: entry.key, at: entry.at, path: below }, shape)
  }
}

function reportUnknown(
  check: Check,
  field: { readonly key: string; readonly at: number; readonly path: string },
  shape: ObjectShape,
): void {
  const other = shape.elsewhere?.get(field.key)
  if (other !== undefined) {
    check.problems.push({
      code: 'CONFIG_UNKNOWN_FIELD',
      message: `\`${field.path}\` is not a field of ${check.version}; ${other}`,
      at: field.at,
      hint: `set apiVersion to a version that has it, or remove it`,
    })
    return
  }
  const meant = suggestField(field.key, shape, check.root)
  const suggestion = meant === undefined ? '' : `; did you mean \`${meant}\`?`
  check.problems.push({
    code: 'CONFIG_UNKNOWN_FIELD',
    message: `\`${field.path}\` is not a field of ${check.version}${suggestion}`,
    at: field.at,
    hint: meant === undefined ? 'remove it, or correct its name or indentation' : `write \`${meant}\``,
  })
}

function checkScalar(
  check: Check,
  node: Node,
  { shape, path }: { readonly shape: Shape; readonly path: string },
): void {
  if (shape.kind === 'boolean') {
    if (readBoolean(node) === undefined) reportType(check, node, { path, wanted: 'true or false' })
    return
  }
  if (shape.kind === 'integer') {
    if (readInteger(node) === undefined) reportType(check, node, { path, wanted: 'a whole number' })
    return
  }
  if (node.kind !== 'scalar') return reportType(check, node, { path, wanted: 'a text' })
  if (shape.kind === 'string' && shape.values !== undefined) checkWord(check, node, { values: shape.values, path })
}

function checkWord(
  check: Check,
  node: ScalarNode,
  { values, path }: { readonly values: readonly string[]; readonly path: string },
): void {
  if (node.text === '' || values.includes(node.text)) return
  const meant = closest(node.text, values)
  check.problems.push({
    code: 'CONFIG_VALUE_INVALID',
    message: `\`${path}\` cannot be ${describeNode(node)}: it is one of ${values.join(', ')}`,
    at: node.at,
    ...(meant === undefined ? {} : { hint: `write ${meant}` }),
  })
}

function reportType(
  check: Check,
  node: Node,
  { path, wanted }: { readonly path: string; readonly wanted: string },
): void {
  const name = path === '' ? 'the document' : `\`${path}\``
  check.problems.push({
    code: 'CONFIG_WRONG_TYPE',
    message: `${name} must be ${wanted}, not ${describeNode(node)}`,
    at: node.at,
    hint: 'correct the value, or its indentation',
  })
}
