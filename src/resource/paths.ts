import { isMapping, type ResourcePath } from './resource.ts'

/** A place in an object and what is there. */
export interface Found {
  readonly path: ResourcePath
  readonly value: unknown
}

/** All values that a dotted pattern leads to; `*` is every item of a list or map. */
export function findAll(value: unknown, pattern: string): readonly Found[] {
  const found: Found[] = []
  collect({ path: [], value }, { keys: keysOf(pattern), found }, 0)
  return found
}

/** There are as many patterns as the table of kinds has. */
const split = new Map<string, readonly string[]>()

function keysOf(pattern: string): readonly string[] {
  const known = split.get(pattern)
  if (known !== undefined) return known
  const keys = pattern.split('.')
  split.set(pattern, keys)
  return keys
}

interface Collection {
  readonly keys: readonly string[]
  readonly found: Found[]
}

function collect(at: Found, collection: Collection, depth: number): void {
  const { path, value } = at
  const key = collection.keys[depth]
  if (key === undefined) collection.found.push(at)
  else if (key === '*') {
    for (const [name, member] of members(value)) {
      collect({ path: [...path, name], value: member }, collection, depth + 1)
    }
  } else if (isMapping(value) && Object.hasOwn(value, key)) {
    collect({ path: [...path, key], value: value[key] }, collection, depth + 1)
  }
}

/** Every non-empty string below a key `image`. */
export function findImageKeys(value: unknown, path: ResourcePath = []): readonly Found[] {
  return members(value).flatMap(([key, member]) =>
    key === 'image' && typeof member === 'string'
      ? [{ path: [...path, key], value: member }]
      : findImageKeys(member, [...path, key]),
  )
}

function members(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()]
  return isMapping(value) ? Object.entries(value) : []
}
