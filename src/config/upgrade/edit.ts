import { isNull, valueOf, type Entry, type MapNode, type Node } from '../node.ts'
import { readItems } from '../read.ts'

/*
 * Changes of a document. Nodes are immutable; what is new stands where the value was that it was made from, so that a
 * message about it points into the user's file.
 */

/** A text, which stands at another node's place. */
export function textNode(text: string, at: number): Node {
  return { kind: 'scalar', text, plain: false, at }
}

/** `true` or `false`. */
export function booleanNode(value: boolean, at: number): Node {
  return { kind: 'scalar', text: String(value), plain: true, at }
}

/** A mapping of the members that are defined. */
export function mapNode(members: Readonly<Record<string, Node | undefined>>, at: number): MapNode {
  const entries = Object.entries(members).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, at: value.at, value }],
  )
  return { kind: 'map', entries, at }
}

export function listNode(items: readonly Node[], at: number): Node {
  return { kind: 'list', items, at }
}

/** The node with a member set, or, for undefined, without it. What is no mapping stays as it is. */
export function setMember(node: Node, key: string, value: Node | undefined): Node {
  if (node.kind !== 'map') return node
  if (value === undefined) return { ...node, entries: node.entries.filter((entry) => entry.key !== key) }
  const known = node.entries.find((entry) => entry.key === key)
  if (known === undefined) return { ...node, entries: [...node.entries, { key, at: value.at, value }] }
  return { ...node, entries: node.entries.map((entry) => (entry === known ? { ...entry, value } : entry)) }
}

export function removeMember(node: Node, ...keys: readonly string[]): Node {
  return keys.reduce((result, key) => setMember(result, key, undefined), node)
}

/** The same member under another name, at its place. */
export function renameMember(node: Node, from: string, to: string): Node {
  if (node.kind !== 'map') return node
  return { ...node, entries: node.entries.map((entry): Entry => (entry.key === from ? { ...entry, key: to } : entry)) }
}

/** The node with the value at a path of keys changed; a path that is not there changes nothing. */
export function changeAt(node: Node, path: readonly string[], change: (value: Node) => Node): Node {
  const [key, ...rest] = path
  if (key === undefined) return change(node)
  const value = valueOf(node, key)
  return value === undefined ? node : setMember(node, key, changeAt(value, rest, change))
}

/** The node with every item of the list at a path changed. */
export function changeItems(node: Node, path: readonly string[], change: (item: Node) => Node): Node {
  return changeAt(node, path, (list) =>
    list.kind === 'list' ? { ...list, items: list.items.map((item) => change(item)) } : list,
  )
}

/** The list at a key, absent and null being an empty one. */
export function itemsOf(node: Node | undefined, key: string): readonly Node[] {
  return readItems(valueOf(node, key))
}

/** The value at a path when it says something. */
export function givenAt(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  const found = path.reduce<Node | undefined>(valueOf, node)
  return found === undefined || isNull(found) ? undefined : found
}

/** Whether a member was written, null counting as written. */
export function hasMember(node: Node | undefined, key: string): boolean {
  return valueOf(node, key) !== undefined
}
