/** A YAML value that remembers where it stands. Aliases and merge keys are resolved. */
export type Node = ScalarNode | MapNode | ListNode

export interface ScalarNode {
  readonly kind: 'scalar'
  /** The decoded text; for a plain scalar, as written. */
  readonly text: string
  /** Unquoted: `1`, `true` and `null` mean more than their text. */
  readonly plain: boolean
  /** Offset in the file, as in every node. */
  readonly at: number
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: readonly Entry[]
  readonly at: number
}

export interface Entry {
  readonly key: string
  /** Offset of the key. */
  readonly at: number
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly Node[]
  readonly at: number
}

/** The value of a key; undefined when the node is no mapping or has no such key. */
export function valueOf(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}

/** Whether a node is YAML's null, written out or left out. */
export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.plain && /^(?:|~|null|Null|NULL)$/.test(node.text)
}

/** Whether a node says nothing: null, or a list without items. */
export function isBlank(node: Node): boolean {
  return isNull(node) || (node.kind === 'list' && node.items.length === 0)
}

/** What a node is, in the words of an error message. */
export function describeNode(node: Node): string {
  if (node.kind === 'map') return 'a mapping'
  if (node.kind === 'list') return 'a list'
  if (isNull(node)) return 'nothing'
  return JSON.stringify(node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text)
}

/** Whether two nodes mean the same value. */
export function sameValue(a: Node, b: Node): boolean {
  if (a.kind === 'scalar' && b.kind === 'scalar') return a.text === b.text
  if (a.kind === 'list' && b.kind === 'list') {
    return a.items.length === b.items.length && a.items.every((item, index) => isSameAs(item, b.items[index]))
  }
  if (a.kind !== 'map' || b.kind !== 'map' || a.entries.length !== b.entries.length) return false
  return a.entries.every((entry) => isSameAs(entry.value, valueOf(b, entry.key)))
}

function isSameAs(a: Node, b: Node | undefined): boolean {
  return b !== undefined && sameValue(a, b)
}
