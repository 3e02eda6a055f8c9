import { isMapping, type ResourcePath } from './resource.ts'

/** A place in an object and what is there. */
export interface Found {
  readonly path: ResourcePath
  readonly value: unknown
}

/** All values that a dotted pattern leads to; `*` is every item of a list or map. */
export function findAll(value: unknown, pattern: string): readonly Found[] {
  let found: readonly Found[] = [{ path: [], value }]
  for (const key of pattern.split('.')) found = found.flatMap((at) => step(at, key))
  return found
}

/** Every non-empty string below a key `image`. */
export function findImageKeys(value: unknown, path: ResourcePath = []): readonly Found[] {
  return members(value).flatMap(([key, member]) =>
    key === 'image' && typeof member === 'string'
      ? [{ path: [...path, key], value: member }]
      : findImageKeys(member, [...path, key]),
  )
}

function step(at: Found, key: string): readonly Found[] {
  if (key !== '*') {
    return isMapping(at.value) && Object.hasOwn(at.value, key)
      ? [{ path: [...at.path, key], value: at.value[key] }]
      : []
  }
  return members(at.value).map(([name, value]) => ({ path: [...at.path, name], value }))
}

function members(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()]
  return isMapping(value) ? Object.entries(value) : []
}
