import { isToolError } from '../errors/index.ts'
import {
  invalid,
  parseDocument,
  parseWithTree,
  whereInDocument,
  type DocumentPlace,
  type ParsedDocument,
} from './document.ts'
import type { Node } from './node.ts'
import { mendBrackets } from './mend.ts'
import { isMapping, valueAt, type Resource, type ResourceObject, type ResourcePath } from './resource.ts'
import { dumpDocument, isDeepEqual } from './write.ts'

/**
 * Reads the Kubernetes objects of a YAML or JSON file: several documents, kubectl's scalar rules, lists expanded.
 * Empty documents are skipped; comments that stand alone stay with the next object.
 *
 * @param file as it should appear in messages
 * @throws RESOURCE_INVALID for anything that is not a Kubernetes object, with file, line and column
 */
export function parseResources(text: string, file: string): readonly Resource[] {
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text
  const resources: Resource[] = []
  let comments = ''
  for (const part of splitDocuments(whole)) {
    const found = parsePart(part.text, { file, line: part.line, column: 1 })
    if (found === undefined) {
      comments += leadingComments(part.text)
      continue
    }
    for (const [index, resource] of found.entries()) {
      resources.push(index === 0 ? { ...resource, text: comments + resource.text } : resource)
    }
    comments = ''
  }
  return resources
}

/** `file:line:column` of the key or list item at a path, or of the nearest one above it that exists in the file. */
export function locateInResource(resource: Resource, path: ResourcePath): string {
  const { source } = resource
  let node: Node | undefined = parseWithTree(source.text, source)?.root
  let offset = node?.start ?? 0
  for (const key of path) {
    const entry = entryOf(node, key)
    if (entry === undefined) break
    node = entry.value
    offset = entry.key?.start ?? node.start
  }
  return whereInDocument(source, source.text, offset)
}

function childOf(node: Node | undefined, key: string | number): Node | undefined {
  return entryOf(node, key)?.value
}

function entryOf(
  node: Node | undefined,
  key: string | number,
): { readonly key?: Node; readonly value: Node } | undefined {
  const real = node?.kind === 'alias' ? node.target : node
  if (real?.kind === 'map') return real.entries.find((entry) => entry.key.kind === 'scalar' && entry.key.value === key)
  const value = real?.kind === 'sequence' && typeof key === 'number' ? real.items[key] : undefined
  return value === undefined ? undefined : { value }
}

interface Part {
  readonly text: string
  readonly line: number
}

/** Splits at `---` lines; what follows the marker on its line belongs to the document that it starts. */
function splitDocuments(text: string): readonly Part[] {
  const parts: Part[] = []
  let start = 0
  let line = 1
  for (const match of text.matchAll(/^---(?=[ \t\r\n]|$)/gm)) {
    const piece = text.slice(start, match.index)
    // A directive belongs to the document that follows its marker.
    if (isDirectives(piece)) continue
    parts.push({ text: piece, line })
    line += countLines(piece)
    start = match.index + 3
    const rest = /^[ \t]*\r?\n?/.exec(text.slice(start, start + 200))?.[0] ?? ''
    start += rest.length
    line += rest.endsWith('\n') ? 1 : 0
  }
  parts.push({ text: text.slice(start), line })
  return parts
}

function isDirectives(text: string): boolean {
  return text.includes('%') && /^%/m.test(text) && text.split('\n').every((row) => /^\s*(?:[%#].*)?$/.test(row))
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

function leadingComments(text: string): string {
  return /^\s*#/m.test(text) ? `${text.trimEnd()}\n` : ''
}

function parsePart(text: string, place: DocumentPlace): readonly Resource[] | undefined {
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined
  if (json !== undefined) return parseText(text, place, 'json')
  try {
    return parseText(text, place, 'yaml')
  } catch (error) {
    const mended = isToolError(error, 'RESOURCE_INVALID') ? mendBrackets(text) : text
    if (mended === text) throw error
    return parseText(mended, place, 'yaml')
  }
}

function parseText(text: string, place: DocumentPlace, format: Resource['format']): readonly Resource[] | undefined {
  const document = parseDocument(format === 'yaml' ? text : text.replaceAll('\t', ' '), place)
  if (document === undefined) return undefined
  const resource: Resource = {
    object: checkObject(document, { text, place, path: [] }),
    text,
    format,
    source: { ...place, text },
  }
  return isList(resource.object) ? expandList(resource, document) : [resource]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Not JSON: a YAML flow mapping, or broken, which the YAML parser then says with its place.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

interface Spot {
  readonly text: string
  readonly place: DocumentPlace
  readonly path: ResourcePath
}

function checkObject(document: ParsedDocument, { text, place, path }: Spot): ResourceObject {
  const fail = (reason: string, ...below: ResourcePath): never => {
    let node: Node = document.root
    for (const key of [...path, ...below]) node = childOf(node, key) ?? node
    throw invalid(reason, place, { text, offset: node.start })
  }
  const value = valueAt(document.value, path)
  if (!isMapping(value)) return fail('an object with apiVersion and kind is expected here')
  const { apiVersion, kind } = value
  if (typeof apiVersion !== 'string' || apiVersion === '') return fail('apiVersion is not set', 'apiVersion')
  if (typeof kind !== 'string' || kind === '') return fail('kind is not set', 'kind')
  const object = value as ResourceObject
  if (!isList(object)) checkMetadata(object, fail)
  return object
}

function checkMetadata(object: ResourceObject, fail: (reason: string, ...below: ResourcePath) => never): void {
  const { kind } = object
  const metadata: unknown = object.metadata
  if (!isMapping(metadata)) fail(`metadata of the ${kind} is not an object`, 'metadata')
  const { name, generateName } = metadata as { readonly name?: unknown; readonly generateName?: unknown }
  const isMissing = name === undefined || name === null || name === ''
  if (!isMissing && typeof name !== 'string') fail(`metadata.name of the ${kind} is not a string`, 'metadata', 'name')
  if (isMissing && typeof generateName !== 'string') fail(`the ${kind} has no metadata.name`, 'metadata')
}

function isList(object: ResourceObject): boolean {
  return object.kind.endsWith('List') && Array.isArray(object['items'])
}

function expandList(list: Resource, document: ParsedDocument): readonly Resource[] {
  const { source } = list
  const items = childOf(document.root, 'items')
  const nodes = items?.kind === 'sequence' ? items.items : []
  const lineOf = createLineCounter(source.text)
  return nodes.flatMap((node, index) => {
    const object = checkObject(document, { text: source.text, place: source, path: ['items', index] })
    const line = lineOf(node.start)
    const place = { file: source.file, line: source.line + line.index, column: node.start - line.start + 1 }
    const item = { ...itemOf(list, node, { object, place }), object }
    return isList(object) ? (parsePart(item.text, item.source) ?? []) : [item]
  })
}

/** Counts lines from 0; offsets may only grow. */
function createLineCounter(text: string): (offset: number) => { readonly index: number; readonly start: number } {
  let [index, start] = [0, 0]
  let next = text.indexOf('\n')
  return (offset) => {
    while (next !== -1 && next < offset) {
      index += 1
      start = next + 1
      next = text.indexOf('\n', start)
    }
    return { index, start }
  }
}

/** The item's own lines moved to the left; written anew when they mean something else on their own. */
function itemOf(
  list: Resource,
  node: Node,
  { object, place }: { readonly object: ResourceObject; readonly place: DocumentPlace },
): Resource {
  const { text } = list.source
  if (list.format === 'yaml' && node.kind === 'map' && !node.flow && node.outerStart === node.start) {
    const [first = '', ...others] = text.slice(node.start, node.end).trimEnd().split('\n')
    const margin = new RegExp(`^ {0,${place.column - 1}}`)
    const moved = `${[first, ...others.map((line) => line.replace(margin, ''))].join('\n')}\n`
    if (meansTheSame(moved, place, object)) {
      return { object, text: moved, format: 'yaml', source: { ...place, text: moved } }
    }
  }
  const written = dumpDocument(object)
  return { object, text: written, format: 'yaml', source: { ...place, text: written } }
}

function meansTheSame(text: string, place: DocumentPlace, object: unknown): boolean {
  // An alias whose anchor is in another item does not stand for anything here.
  if (/(?:^|[\s[{,])\*[^\s]/.test(text)) return false
  return isDeepEqual(parseDocument(text, place)?.value, object)
}
