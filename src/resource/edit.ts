import { ToolError } from '../errors/index.ts'
import { parseDocument, parseWithTree } from './document.ts'
import type { AliasNode, Node } from './node.ts'
import { isMapping, valueAt, type Resource, type ResourceObject, type ResourcePath } from './resource.ts'
import { applySplices, spliceExpansion, spliceNode, type SpliceContext } from './splice.ts'
import { dumpDocument, isDeepEqual } from './write.ts'
import { layoutOf } from './layout.ts'

/**
 * One change: the value that the path shall have; undefined removes it. Missing objects and lists on the way are made, and
 * an index past the end of a list appends.
 */
export interface ResourceEdit {
  readonly path: ResourcePath
  readonly value: unknown
}

/** The resource with the edits made in order, in its data and in its text. See {@link reviseResource}. */
export function editResource(resource: Resource, edits: readonly ResourceEdit[]): Resource {
  return reviseResource(resource, editObject(resource.object, edits))
}

/** The data with the edits made in order; what is not edited is shared with the original. */
export function editObject(object: ResourceObject, edits: readonly ResourceEdit[]): ResourceObject {
  return edits.reduce<unknown>((value, edit) => setAt(value, edit.path, edit.value), object) as ResourceObject
}

/**
 * The resource with other data. Its text changes only where the data does: comments, order, quotes and unknown fields
 * stay as they are. Where an edit touches an anchored value, the aliases of that anchor are written out first, so that
 * nothing else changes its meaning.
 */
export function reviseResource(resource: Resource, object: ResourceObject): Resource {
  if (isDeepEqual(resource.object, object)) return resource
  const text = resource.format === 'json' ? reviseJson(resource.text, object) : reviseYaml(resource, object)
  return { ...resource, object, text }
}

function reviseJson(text: string, object: ResourceObject): string {
  const step = /\n([ \t]+)"/.exec(text)?.[1] ?? (text.includes('\n') ? '  ' : '')
  return `${JSON.stringify(object, null, step)}\n`
}

const maxRounds = 50

function reviseYaml(resource: Resource, object: ResourceObject): string {
  const place = { ...resource.source, line: 1, column: 1 }
  let { text } = resource
  for (let round = 0; round < maxRounds; round += 1) {
    const root = parseWithTree(text, place)?.root
    if (root === undefined) break
    const context: SpliceContext = { text, layout: layoutOf(root, text), splices: [], failed: false }
    // what is not edited is the same object in both, and not only the same data
    const change = [resource.object, object] as const
    const aliases = /[&*]/.test(text) ? aliasesToExpand(root, change) : []
    for (const alias of aliases) {
      spliceExpansion(context, alias, valueAt(resource.object, pathTo(root, alias.target) ?? []))
    }
    if (aliases.length === 0) spliceNode(context, root, change)
    text = withLineEndings(text, applySplices(text, context.splices))
    if (aliases.length > 0) continue
    if (!context.failed && means(text, object)) return text
    break
  }
  return leadingComments(resource.text) + writtenAnew(object)
}

/** What cannot be spliced is written from the data: comments inside are lost, the meaning never is. */
function writtenAnew(object: ResourceObject): string {
  const text = dumpDocument(object)
  if (!means(text, object)) throw new ToolError('INTERNAL', `${object.kind} could not be written as YAML`)
  return text
}

function means(text: string, object: ResourceObject): boolean {
  try {
    return isDeepEqual(parseDocument(text, { file: '', line: 1, column: 1 })?.value, object)
  } catch (error) {
    if (error instanceof ToolError && error.code === 'RESOURCE_INVALID') return false
    throw error
  }
}

function withLineEndings(before: string, after: string): string {
  return before.includes('\r\n') ? after.replaceAll(/\r?\n/g, '\r\n') : after
}

function leadingComments(text: string): string {
  return /^(?:[ \t]*(?:#.*)?\r?\n)*/.exec(text)?.[0] ?? ''
}

/** Aliases whose meaning would change, or that stand where something changes. */
function aliasesToExpand(root: Node, [before, after]: readonly [unknown, unknown]): readonly AliasNode[] {
  const touched = new Set<Node>()
  collectTouched(root, { before, after, touched })
  return touched.size === 0 ? [] : aliasesOf(root).filter((alias) => touched.has(alias.target))
}

interface Walk {
  readonly before: unknown
  readonly after: unknown
  readonly touched: Set<Node>
}

function collectTouched(node: Node, walk: Walk): void {
  const { before, after, touched } = walk
  if (isDeepEqual(before, after)) return
  if (node.kind === 'alias') touched.add(node.target)
  if (node.anchor !== undefined) touched.add(node)
  for (const { key, child } of children(node)) {
    const [old, next] = [valueAt(before, [key]), valueAt(after, [key])]
    if (old !== undefined) collectTouched(child, { before: old, after: next, touched })
  }
}

function children(node: Node): readonly { readonly key: string | number; readonly child: Node }[] {
  if (node.kind === 'sequence') return node.items.map((child, key) => ({ key, child }))
  if (node.kind !== 'map') return []
  return node.entries.flatMap(({ key, value }) => (key.kind === 'scalar' ? [{ key: key.value, child: value }] : []))
}

function pathTo(node: Node, target: Node): ResourcePath | undefined {
  if (node === target) return []
  for (const { key, child } of children(node)) {
    const path = pathTo(child, target)
    if (path !== undefined) return [key, ...path]
  }
  return undefined
}

function aliasesOf(node: Node): readonly AliasNode[] {
  if (node.kind === 'alias') return [node]
  if (node.kind === 'sequence') return node.items.flatMap(aliasesOf)
  if (node.kind === 'map') return node.entries.flatMap(({ key, value }) => [...aliasesOf(key), ...aliasesOf(value)])
  return []
}

function setAt(value: unknown, path: ResourcePath, member: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return member
  if (Array.isArray(value) && typeof key === 'number') {
    const items = value as readonly unknown[]
    const next = setAt(items[key], rest, member)
    return key < items.length ? items.map((item, index) => (index === key ? next : item)) : [...items, next]
  }
  if (value === undefined && typeof key === 'number') return [setAt(undefined, rest, member)]
  const object = isMapping(value) ? value : {}
  const next = setAt(valueAt(object, [key]), rest, member)
  if (next !== undefined) return { ...object, [key]: next }
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== String(key)))
}
