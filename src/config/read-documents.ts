import {
  EVENT_ID,
  getScalarValue,
  SCALAR_STYLE,
  type AliasEvent,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import { ToolError } from '../errors/index.ts'
import type { Entry, Node } from './node.ts'
import { parseYaml, type ParsedEvents } from './parse-events.ts'
import { placeOf, type Source } from './source.ts'

/**
 * Reads every document of a YAML file; empty ones are left out. Merge keys take a value only where the mapping has none
 * of its own.
 * @throws CONFIG_YAML_INVALID with file, line and column
 */
export function readDocuments(source: Source): readonly Node[] {
  const parsed = parseYaml(source.text)
  if (!('events' in parsed)) throw invalid(source, parsed.at, parsed.reason)
  const reader: Reader = { ...parsed, source, next: 0, last: 0, anchors: new Map() }
  const documents: Node[] = []
  while (reader.next < reader.events.length) {
    reader.anchors.clear()
    // The event that opens the document.
    reader.next += 1
    if (reader.events[reader.next]?.type !== EVENT_ID.POP) documents.push(readNode(reader).node)
    reader.next += 1
  }
  return documents.filter((node) => node.kind !== 'scalar' || node.text !== '' || !node.plain)
}

/** A broken or hostile file, not a configuration: aliases multiply. */
const maxNodes = 200_000
const maxDepthWithAliases = 500

interface Reader extends ParsedEvents {
  readonly source: Source
  next: number
  /** Offset behind what was read, for values that are left out. */
  last: number
  /** Undefined while the node that is named is still open. */
  readonly anchors: Map<string, Read | undefined>
}

interface Read {
  readonly node: Node
  /** Nodes in it, aliases counted as what they stand for. */
  readonly size: number
  readonly depth: number
}

function readNode(reader: Reader): Read {
  const event = reader.events[reader.next]
  reader.next += 1
  if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
    throw invalid(reader.source, reader.toFile(reader.last), 'a value is missing')
  }
  if (event.type === EVENT_ID.ALIAS) return readAlias(reader, event)
  const name = event.anchorStart === -1 ? undefined : reader.text.slice(event.anchorStart, event.anchorEnd)
  if (name !== undefined) reader.anchors.set(name, undefined)
  const read = readContent(reader, event)
  if (read.size > maxNodes || read.depth > maxDepthWithAliases) {
    const what = reader.anchors.size > 0 ? 'its aliases expand to too many values' : 'it holds too many values'
    throw invalid(reader.source, read.node.at, what)
  }
  if (name !== undefined) reader.anchors.set(name, read)
  return read
}

function readContent(reader: Reader, event: MappingEvent | ScalarEvent | SequenceEvent): Read {
  if (event.type === EVENT_ID.SCALAR) return { node: readScalar(reader, event), size: 1, depth: 1 }
  reader.last = event.start
  const at = reader.toFile(event.start)
  return event.type === EVENT_ID.SEQUENCE ? readList(reader, at) : readMap(reader, at)
}

function readAlias(reader: Reader, event: AliasEvent): Read {
  const name = reader.text.slice(event.anchorStart, event.anchorEnd)
  const target = reader.anchors.get(name)
  if (target === undefined) {
    const reason = reader.anchors.has(name) ? 'stands inside of its own value' : 'has no anchor before it'
    throw invalid(reader.source, reader.toFile(event.anchorStart - 1), `the alias *${name} ${reason}`)
  }
  reader.last = event.anchorEnd
  return target
}

function readScalar(reader: Reader, event: ScalarEvent): Node {
  const isString = event.tagStart !== -1 && /^!(?:!str)?$/.test(reader.text.slice(event.tagStart, event.tagEnd))
  if (event.valueStart === -1) {
    const at = Math.max(reader.last, event.anchorEnd, event.tagEnd)
    return { kind: 'scalar', text: '', plain: !isString, at: reader.toFile(at) }
  }
  reader.last = event.valueEnd
  const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
  return {
    kind: 'scalar',
    text: getScalarValue(reader.text, event),
    plain: event.style === SCALAR_STYLE.PLAIN && !isString,
    at: reader.toFile(event.valueStart - (isQuoted ? 1 : 0)),
  }
}

function readList(reader: Reader, at: number): Read {
  const items: Node[] = []
  let size = 1
  let depth = 0
  while (reader.events[reader.next]?.type !== EVENT_ID.POP) {
    const item = readNode(reader)
    items.push(item.node)
    size += item.size
    depth = Math.max(depth, item.depth)
  }
  reader.next += 1
  return { node: { kind: 'list', items, at }, size, depth: depth + 1 }
}

function readMap(reader: Reader, at: number): Read {
  const own = new Map<string, Entry>()
  const merged: Node[] = []
  let size = 1
  let depth = 0
  while (reader.events[reader.next]?.type !== EVENT_ID.POP) {
    const key = readNode(reader).node
    const value = readNode(reader)
    size += value.size + 1
    depth = Math.max(depth, value.depth)
    if (key.kind !== 'scalar') throw invalid(reader.source, key.at, 'a key must be a text')
    if (key.plain && key.text === '<<') {
      merged.push(value.node)
      continue
    }
    if (own.has(key.text)) throw invalid(reader.source, key.at, `the key \`${key.text}\` is there twice`)
    own.set(key.text, { key: key.text, at: key.at, value: value.node })
  }
  reader.next += 1
  for (const node of merged) mergeInto(reader.source, own, node)
  return { node: { kind: 'map', entries: [...own.values()], at }, size, depth: depth + 1 }
}

function mergeInto(source: Source, own: Map<string, Entry>, merged: Node): void {
  if (merged.kind === 'scalar') throw invalid(source, merged.at, '`<<` takes a mapping, or a list of mappings')
  if (merged.kind === 'list') {
    for (const item of merged.items) {
      if (item.kind !== 'map') throw invalid(source, item.at, '`<<` takes a mapping, or a list of mappings')
      mergeInto(source, own, item)
    }
    return
  }
  for (const entry of merged.entries) if (!own.has(entry.key)) own.set(entry.key, entry)
}

function invalid(source: Source, offset: number, reason: string): ToolError {
  return new ToolError('CONFIG_YAML_INVALID', `${source.file} is not valid YAML: ${reason}`, {
    where: placeOf(source, offset),
    hint: 'correct the file at that place',
  })
}
