import { columnOf } from './layout.ts'
import { skipBlank, type MapNode, type Node, type SequenceNode } from './node.ts'
import { isMapping, type Mapping } from './resource.ts'
import { dumpBlock, dumpFlow, dumpScalar, isDeepEqual, type Layout } from './write.ts'

/** Replace `[start, end)` by `text`. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Collects the splices of one document. */
export interface SpliceContext {
  readonly text: string
  readonly layout: Layout
  readonly splices: Splice[]
  /** Set when an edit cannot be expressed as a splice. */
  failed: boolean
}

/** Where a node stands: what to rewrite when it changes its shape. */
interface Place {
  /** Inside brackets everything stays on one line. */
  readonly inFlow: boolean
  /** Offset after the `:` or `-` before the value. */
  readonly after: number
  /** Column of the key or dash before the value. */
  readonly column: number
  readonly inList: boolean
}

/** Adds the splices that make the text of `node`, which means `before`, mean `after`. */
export function spliceNode(context: SpliceContext, node: Node, [before, after]: readonly [unknown, unknown]): void {
  reviseNode(context, node, { before, after, place: { inFlow: false, after: 0, column: -1, inList: false } })
}

/** Applies splices, which must not overlap; those at one offset in the order given. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = ''
  let at = 0
  for (const splice of splices.toSorted((left, right) => left.start - right.start)) {
    result += text.slice(at, Math.max(at, splice.start)) + splice.text
    at = Math.max(at, splice.end)
  }
  return result + text.slice(at)
}

/** Replaces the alias by what it stands for, written out. */
export function spliceExpansion(context: SpliceContext, node: Node, value: unknown): void {
  context.splices.push({ start: node.outerStart, end: node.end, text: dumpFlow(value) })
}

interface Change {
  readonly before: unknown
  readonly after: unknown
  readonly place: Place
}

function reviseNode(context: SpliceContext, node: Node, change: Change): void {
  const { before, after } = change
  if (isDeepEqual(before, after)) return
  if (node.kind === 'map' && isMapping(before) && isMapping(after) && Object.keys(after).length > 0) {
    reviseMap(context, node, { ...change, before, after })
  } else if (node.kind === 'sequence' && isList(before) && isList(after) && isExtended(before, after)) {
    reviseList(context, node, { ...change, before, after })
  } else replaceNode(context, node, change)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isExtended(before: readonly unknown[], after: readonly unknown[]): boolean {
  return after.length >= before.length && before.length > 0
}

interface MapChange extends Change {
  readonly before: Mapping
  readonly after: Mapping
}

function reviseMap(context: SpliceContext, node: MapNode, change: MapChange): void {
  const { before, after, place } = change
  if (node.entries.length === 0 || Object.keys(before).some((key) => !Object.hasOwn(after, key))) {
    replaceNode(context, node, change)
    return
  }
  const added: [string, unknown][] = []
  for (const [key, value] of Object.entries(after)) {
    if (Object.hasOwn(before, key) && isDeepEqual(before[key], value)) continue
    const entry = node.entries.find((candidate) => keyOf(candidate.key, before) === key)
    if (entry === undefined) added.push([key, value])
    else {
      const inFlow = place.inFlow || node.flow
      const column = columnOf(context.text, entry.key.outerStart)
      const valuePlace = { inFlow, after: afterColon(context, entry.key), column, inList: false }
      reviseNode(context, entry.value, { before: before[key], after: value, place: valuePlace })
    }
  }
  if (added.length > 0) addEntries(context, node, added)
}

/** The key as the value has it: kubectl turns keys such as `yes` and `010` into text of what they mean. */
function keyOf(key: Node, before: Mapping): string | undefined {
  if (key.kind !== 'scalar') return undefined
  return Object.hasOwn(before, key.value) ? key.value : undefined
}

function addEntries(context: SpliceContext, node: MapNode, added: readonly (readonly [string, unknown])[]): void {
  if (node.flow) {
    const text = added.map(([key, value]) => `${dumpFlow(key)}: ${dumpFlow(value)}`).join(', ')
    appendInBrackets(context, node, { last: lastOf(node.entries)?.value, text })
    return
  }
  const lines = dumpBlock(Object.fromEntries(added), context.layout)
  appendLines(context, node, lines)
}

function reviseList(
  context: SpliceContext,
  node: SequenceNode,
  change: { readonly before: readonly unknown[]; readonly after: readonly unknown[]; readonly place: Place },
): void {
  const { before, after } = change
  const inFlow = change.place.inFlow || node.flow
  const column = columnOf(context.text, node.start)
  for (const [index, item] of node.items.entries()) {
    const place = { inFlow, after: item.outerStart, column, inList: true }
    reviseNode(context, item, { before: before[index], after: after[index], place })
  }
  const added = after.slice(before.length)
  if (added.length === 0) return
  if (node.flow) appendInBrackets(context, node, { last: lastOf(node.items), text: added.map(dumpFlow).join(', ') })
  else appendLines(context, node, dumpBlock(added, context.layout))
}

function appendInBrackets(
  context: SpliceContext,
  node: MapNode | SequenceNode,
  { last, text }: { readonly last: Node | undefined; readonly text: string },
): void {
  const end = last === undefined ? node.start + 1 : last.end
  context.splices.push({ start: end, end, text: last === undefined ? text : `, ${text}` })
}

/** Adds lines after a block collection, at its column. */
function appendLines(context: SpliceContext, node: MapNode | SequenceNode, lines: string): void {
  insertLines(context, node.end, indent(lines, columnOf(context.text, node.start)))
}

/** Adds lines below the line that an offset is on, so that a comment at its end stays there. */
function insertLines(context: SpliceContext, offset: number, lines: string): void {
  const at = lineEnd(context.text, offset)
  const glue = at > 0 && context.text[at - 1] !== '\n' ? '\n' : ''
  context.splices.push({ start: at, end: at, text: glue + lines })
}

/** The offset after the line that `offset` is on; `offset` itself at the start of a line. */
function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset
  const newline = text.indexOf('\n', offset)
  return newline === -1 ? text.length : newline + 1
}

function replaceNode(context: SpliceContext, node: Node, { after, place }: Change): void {
  const isScalar = typeof after !== 'object' || after === null
  const isEmpty = !isScalar && Object.keys(after).length === 0
  if (place.inFlow || isScalar || isEmpty) replaceInline(context, node, { value: after, place })
  else if ((isBlock(node) && sameShape(node, after)) || place.inList) replaceInPlace(context, node, after)
  else replaceByBlock(context, node, { value: after, place })
}

function isBlock(node: Node): node is MapNode | SequenceNode {
  return (node.kind === 'map' || node.kind === 'sequence') && !node.flow
}

function sameShape(node: MapNode | SequenceNode, value: unknown): boolean {
  return (node.kind === 'sequence') === Array.isArray(value)
}

/** A collection where another value was, starting at its column. */
function replaceInPlace(context: SpliceContext, node: Node, value: unknown): void {
  const column = columnOf(context.text, node.outerStart)
  const lines = indent(dumpBlock(value, context.layout), column).slice(column)
  const isWhole = endsLine(context, node)
  const end = isWhole ? lineEnd(context.text, node.end) : node.end
  context.splices.push({ start: node.outerStart, end, text: isWhole ? lines : lines.trimEnd() })
}

/** Block collections and block scalars have their lines to themselves. */
function endsLine(context: SpliceContext, node: Node): boolean {
  return isBlock(node) || (node.kind === 'scalar' && node.style === 'block') || context.text[node.end - 1] === '\n'
}

interface Replacement {
  readonly value: unknown
  readonly place: Place
}

function replaceInline(context: SpliceContext, node: Node, { value, place }: Replacement): void {
  const style = node.kind === 'scalar' ? node.style : 'plain'
  const text = place.inFlow || typeof value === 'object' ? dumpInFlow(value, style) : dumpScalar(value, style)
  const startsBelow = isBlock(node) && !place.inList
  if (startsBelow && place.column < 0) context.failed = true
  const start = startsBelow ? place.after : node.outerStart
  const space = startsBelow || style === 'absent' ? ' ' : ''
  const isWhole = endsLine(context, node)
  const end = isWhole ? lineEnd(context.text, node.end) : node.end
  context.splices.push({ start, end, text: `${space}${text}${isWhole ? '\n' : ''}` })
}

function dumpInFlow(value: unknown, style: 'plain' | 'single' | 'double' | 'block' | 'absent'): string {
  return typeof value === 'string' && (style === 'single' || style === 'double')
    ? dumpScalar(value, style)
    : dumpFlow(value)
}

/** Any value becomes a collection on the lines below its key. */
function replaceByBlock(context: SpliceContext, node: Node, { value, place }: Replacement): void {
  if (place.column < 0) {
    context.failed = true
    return
  }
  const isFlat = Array.isArray(value) && context.layout.flatLists
  const column = place.column + (isFlat ? 0 : context.layout.indent)
  const lines = indent(dumpBlock(value, context.layout), column)
  const end = Math.max(node.end, place.after)
  if (endsLine(context, node)) {
    context.splices.push({ start: place.after, end: lineEnd(context.text, end), text: `\n${lines}` })
    return
  }
  context.splices.push({ start: place.after, end, text: '' })
  insertLines(context, end, lines)
}

function afterColon(context: SpliceContext, key: Node): number {
  const colon = skipBlank(context.text, key.end)
  if (context.text[colon] !== ':') context.failed = true
  return colon + 1
}

function indent(lines: string, columns: number): string {
  return lines.replaceAll(/^(?=.)/gm, ' '.repeat(columns))
}

function lastOf<T>(items: readonly T[]): T | undefined {
  return items.at(-1)
}
