import { EVENT_ID, getScalarValue, SCALAR_STYLE, COLLECTION_STYLE, type Event, type ScalarEvent } from 'js-yaml'

/** A YAML node with the offsets of its source text, so that an edit can be spliced in. */
export type Node = ScalarNode | MapNode | SequenceNode | AliasNode

interface NodeBase {
  /** Where the value starts and ends, anchor and tag excluded, quotes and brackets included. */
  readonly start: number
  end: number
  /** Where anchor or tag start, or the value. */
  readonly outerStart: number
  readonly anchor?: string
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: string
  readonly style: 'plain' | 'single' | 'double' | 'block' | 'absent'
}

export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly flow: boolean
  readonly entries: { readonly key: Node; readonly value: Node }[]
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence'
  readonly flow: boolean
  readonly items: Node[]
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias'
  readonly target: Node
}

/** Called for YAML that parses and that no Kubernetes tool can mean. */
export type Reject = (offset: number, reason: string) => never

/** Aliases may multiply; so many more nodes than are written is an attack, not a manifest. */
const maxNodes = 1_000_000

/** The tree of the first document; undefined when there is none. */
export function buildTree(text: string, events: readonly Event[], reject: Reject): Node | undefined {
  const builder: Builder = { text, events, reject, at: 1, last: 0, count: 0, anchors: new Map() }
  return events[0]?.type === EVENT_ID.DOCUMENT ? nextNode(builder) : undefined
}

interface Builder {
  readonly text: string
  readonly events: readonly Event[]
  readonly reject: Reject
  /** Next event. */
  at: number
  /** End of what was read so far. */
  last: number
  /** Nodes so far, aliases counted as what they stand for. */
  count: number
  /** Undefined while the anchored node is still open. */
  readonly anchors: Map<string, { readonly node: Node; readonly size: number } | undefined>
}

function nextNode(builder: Builder): Node {
  const event = builder.events[builder.at]
  builder.at += 1
  if (event === undefined) return builder.reject(builder.last, 'the document ends too early')
  if (event.type === EVENT_ID.ALIAS) return aliasNode(builder, event)
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
    return builder.reject(builder.last, 'the document is malformed')
  }
  const anchor = event.anchorStart === -1 ? undefined : builder.text.slice(event.anchorStart, event.anchorEnd)
  if (anchor !== undefined) builder.anchors.set(anchor, undefined)
  const before = builder.count
  builder.count += 1
  const node = event.type === EVENT_ID.SCALAR ? scalarNode(builder, event) : collection(builder, event)
  if (anchor !== undefined) builder.anchors.set(anchor, { node, size: builder.count - before })
  builder.last = Math.max(builder.last, node.end)
  return node
}

function aliasNode(builder: Builder, event: { readonly anchorStart: number; readonly anchorEnd: number }): AliasNode {
  const name = builder.text.slice(event.anchorStart, event.anchorEnd)
  const start = event.anchorStart - 1
  const known = builder.anchors.get(name)
  if (known === undefined) return builder.reject(start, `the alias *${name} stands for nothing that is complete`)
  builder.count += known.size
  if (known.size > 1 && builder.count > builder.events.length + maxNodes) {
    return builder.reject(start, 'its aliases expand to too many values')
  }
  builder.last = event.anchorEnd
  return { kind: 'alias', start, outerStart: start, end: event.anchorEnd, target: known.node }
}

const styles: Readonly<Record<number, ScalarNode['style']>> = {
  [SCALAR_STYLE.PLAIN]: 'plain',
  [SCALAR_STYLE.SINGLE_QUOTED]: 'single',
  [SCALAR_STYLE.DOUBLE_QUOTED]: 'double',
}

function scalarNode(builder: Builder, event: ScalarEvent): ScalarNode {
  const properties = propertiesOf(builder, event)
  if (event.valueStart === -1) {
    const at = Math.max(builder.last, event.anchorEnd, event.tagEnd)
    return { kind: 'scalar', style: 'absent', value: '', start: at, end: at, ...properties(at) }
  }
  const style = styles[event.style] ?? 'block'
  const quote = style === 'single' || style === 'double' ? 1 : 0
  const start = style === 'block' ? headerStart(builder.text, event.valueStart) : event.valueStart - quote
  const value = getScalarValue(builder.text, event)
  return { kind: 'scalar', style, value, start, end: event.valueEnd + quote, ...properties(start) }
}

/** Where the `|` or `>` of a block scalar is, on the line before its text. */
function headerStart(text: string, valueStart: number): number {
  const lineStart = text.lastIndexOf('\n', valueStart - 2) + 1
  const header = /[|>][-+\d]*[ \t]*(?:[ \t]#.*)?\r?\n?$/.exec(text.slice(lineStart, valueStart))
  return header === null ? valueStart : lineStart + header.index
}

type CollectionEvent = Extract<Event, { readonly style: number; readonly start: number }>

function collection(builder: Builder, event: CollectionEvent): MapNode | SequenceNode {
  const flow = event.style === COLLECTION_STYLE.FLOW
  const base = { flow, start: event.start, end: event.start, ...propertiesOf(builder, event)(event.start) }
  builder.last = Math.max(builder.last, flow ? event.start + 1 : event.start)
  const node: MapNode | SequenceNode =
    event.type === EVENT_ID.MAPPING ? { kind: 'map', entries: [], ...base } : { kind: 'sequence', items: [], ...base }
  while (builder.events[builder.at]?.type !== EVENT_ID.POP) addChild(builder, node)
  builder.at += 1
  if (flow) builder.last = closingBracket(builder.text, builder.last) + 1
  node.end = builder.last
  return node
}

function addChild(builder: Builder, node: MapNode | SequenceNode): void {
  if (node.kind === 'sequence') {
    node.items.push(nextNode(builder))
    return
  }
  const key = nextNode(builder)
  const colon = skipBlank(builder.text, key.end)
  if (builder.text[colon] === ':') builder.last = colon + 1
  node.entries.push({ key, value: nextNode(builder) })
}

function propertiesOf(
  builder: Builder,
  event: Pick<ScalarEvent, 'anchorStart' | 'anchorEnd' | 'tagStart'>,
): (start: number) => { outerStart: number; anchor?: string } {
  const starts = [event.anchorStart === -1 ? -1 : event.anchorStart - 1, event.tagStart].filter((at) => at !== -1)
  const anchor = event.anchorStart === -1 ? {} : { anchor: builder.text.slice(event.anchorStart, event.anchorEnd) }
  return (start) => ({ outerStart: Math.min(start, ...starts), ...anchor })
}

/** The bracket that ends a flow collection, from the end of its last child. */
function closingBracket(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '}' && text[at] !== ']') {
    const isComment = text[at] === '#' && /\s/.test(text[at - 1] ?? '')
    const lineEnd = isComment ? text.indexOf('\n', at) : at
    at = (lineEnd === -1 ? text.length : lineEnd) + 1
  }
  return at
}

/** The first offset that is no space or tab. */
export function skipBlank(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at += 1
  return at
}
