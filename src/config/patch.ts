import { sameValue, valueOf, type Entry, type Node } from './node.ts'
import { readText } from './read.ts'

/** A patch could not be applied; the message says why. Never leaves this room. */
export class PatchError extends Error {
  override readonly name = 'PatchError'
}

/**
 * Applies one entry of a profile's `patches`: JSON Patch with `replace` as its default, and with `key=value` in a path
 * for the items of a list that have that value. Throws {@link PatchError}.
 * @see https://datatracker.ietf.org/doc/html/rfc6902
 */
export function applyPatch(config: Node, patch: Node): Node {
  const operation = readText(valueOf(patch, 'op')) ?? 'replace'
  const path = readText(valueOf(patch, 'path')) ?? ''
  return findPlaces(config, path).reduce((root, place) => applyAt(root, { operation, place, patch }), config)
}

interface Step {
  readonly operation: string
  readonly place: readonly string[]
  readonly patch: Node
}

const nothing: Node = { kind: 'scalar', text: '', plain: true, at: 0 }

function applyAt(root: Node, { operation, place, patch }: Step): Node {
  const value = valueOf(patch, 'value') ?? { ...nothing, at: patch.at }
  switch (operation) {
    case 'add':
      return change(root, place, (node, key) => add(node, key, value))
    case 'remove':
      // As in Skaffold, removing below something that is not there changes nothing.
      return lookUp(root, place.slice(0, -1)) === undefined ? root : change(root, place, remove)
    case 'replace':
      return change(root, place, (node, key) => replace(node, key, value))
    case 'test':
      return test(root, place, value)
    case 'copy':
    case 'move':
      return transfer(root, { operation, place, patch })
    default:
      throw new PatchError(`\`${operation}\` is no operation: add, copy, move, remove, replace and test are`)
  }
}

function transfer(root: Node, { operation, place, patch }: Step): Node {
  const [from] = findPlaces(root, readText(valueOf(patch, 'from')) ?? '')
  const value = from === undefined ? undefined : lookUp(root, from)
  if (from === undefined || value === undefined) throw new PatchError('there is nothing at `from`')
  const rest = operation === 'move' ? change(root, from, remove) : root
  return change(rest, place, (node, key) => set(node, key, value))
}

function test(root: Node, place: readonly string[], value: Node): Node {
  const found = lookUp(root, place)
  if (found === undefined || !sameValue(found, value)) throw new PatchError('the test fails')
  return root
}

/** The paths that a pointer means: more than one where `key=value` fits several items. */
function findPlaces(root: Node, pointer: string): readonly (readonly string[])[] {
  if (!pointer.startsWith('/') || pointer === '/') throw new PatchError('a path begins with `/` and names a field')
  let places: (readonly string[])[] = [[]]
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    places = places.flatMap((place) => selectKeys(lookUp(root, place), key).map((found) => [...place, found]))
  }
  if (places.length === 0) throw new PatchError('no item has that value')
  return places
}

function selectKeys(node: Node | undefined, key: string): readonly string[] {
  const cut = key.indexOf('=')
  if (cut <= 0 || node?.kind !== 'list') return [key]
  const [name, wanted] = [key.slice(0, cut), key.slice(cut + 1)]
  return node.items.flatMap((item, index) => (readText(valueOf(item, name)) === wanted ? [String(index)] : []))
}

function lookUp(root: Node, place: readonly string[]): Node | undefined {
  return place.reduce<Node | undefined>(
    (node, key) => (node?.kind === 'list' ? node.items[indexOf(key)] : valueOf(node, key)),
    root,
  )
}

/** Rebuilds the way from the root to a container, whose last key `edit` changes. */
function change(node: Node, place: readonly string[], edit: (container: Node, key: string) => Node): Node {
  const [key, ...rest] = place
  if (key === undefined) return node
  if (rest.length === 0) return edit(node, key)
  const below = lookUp(node, [key])
  if (below === undefined) throw new PatchError(`there is no \`${key}\``)
  return set(node, key, change(below, rest, edit))
}

function add(node: Node, key: string, value: Node): Node {
  if (node.kind !== 'list') return set(node, key, value)
  const index = key === '-' ? node.items.length : indexOf(key)
  if (!(index <= node.items.length)) throw new PatchError(`the list has only ${node.items.length} items`)
  return { ...node, items: node.items.toSpliced(index, 0, value) }
}

function replace(node: Node, key: string, value: Node): Node {
  if (lookUp(node, [key]) === undefined) throw new PatchError(`there is no \`${key}\` to replace; use \`op: add\``)
  return set(node, key, value)
}

function remove(node: Node, key: string): Node {
  if (lookUp(node, [key]) === undefined) throw new PatchError(`there is no \`${key}\` to remove`)
  if (node.kind === 'list') return { ...node, items: node.items.toSpliced(indexOf(key), 1) }
  return node.kind === 'map' ? { ...node, entries: node.entries.filter((entry) => entry.key !== key) } : node
}

function set(node: Node, key: string, value: Node): Node {
  if (node.kind === 'list') {
    const index = indexOf(key)
    if (!(index <= node.items.length)) throw new PatchError(`the list has only ${node.items.length} items`)
    return { ...node, items: node.items.toSpliced(index, 1, value) }
  }
  if (node.kind === 'scalar') throw new PatchError(`a field cannot be put into a plain value`)
  const entry: Entry = { key, at: value.at, value }
  const at = node.entries.findIndex((other) => other.key === key)
  return { ...node, entries: at === -1 ? [...node.entries, entry] : node.entries.with(at, entry) }
}

/** NaN for what is no index, which no list has. */
function indexOf(key: string): number {
  return /^\d+$/.test(key) ? Number(key) : Number.NaN
}
