import { equalJson, isJsonObject, type JsonObject } from '../../store/index.ts'
import type { FieldType } from '../schema/definitions.ts'
import { childrenOf, emptySet, isEmptySet, isLeaf, type Child, type FieldSet } from './field-set.ts'

export interface Comparison {
  /** Paths that are new or have another value. */
  readonly changed: FieldSet
  /** Paths that are no longer there. */
  readonly removed: FieldSet
}

const none: Comparison = { changed: emptySet, removed: emptySet }

/** What differs between two states of a value. */
export function compareValues(before: unknown, after: unknown, type: FieldType): Comparison {
  if (equalJson(before, after)) return none
  if (before === undefined) return { changed: everyPath(after, type), removed: emptySet }
  if (after === undefined) return { changed: emptySet, removed: everyPath(before, type) }
  if (isLeaf(before, type) || isLeaf(after, type)) {
    return { changed: { isMember: true, children: new Map() }, removed: emptySet }
  }
  return compareChildren(childrenOf(before, type), childrenOf(after, type))
}

function compareChildren(before: readonly Child[], after: readonly Child[]): Comparison {
  const old = new Map(before.map((child) => [child.key, child.value]))
  const fresh = new Map(after.map((child) => [child.key, child.value]))
  const changed = new Map<string, FieldSet>()
  const removed = new Map<string, FieldSet>()
  for (const { key, type } of [...after, ...before.filter((child) => !fresh.has(child.key))]) {
    const below = compareValues(old.get(key), fresh.get(key), type)
    if (!isEmptySet(below.changed)) changed.set(key, unlessAlwaysThere(key, below.changed))
    if (!isEmptySet(below.removed)) removed.set(key, below.removed)
  }
  return { changed: { isMember: false, children: changed }, removed: { isMember: false, children: removed } }
}

/**
 * Members whose Go fields are structs, not pointers: they are there even when nobody wrote them, so nobody owns them
 * by having been the first to write below them.
 */
const alwaysThere = new Set(
  ['metadata', 'spec', 'status', 'template', 'containers', 'strategy', 'updateStrategy', 'jobTemplate'].map(
    (name) => `f:${name}`,
  ),
)

function unlessAlwaysThere(key: string, set: FieldSet): FieldSet {
  return alwaysThere.has(key) && set.children.size > 0 ? { isMember: false, children: set.children } : set
}

function everyPath(value: unknown, type: FieldType): FieldSet {
  if (isLeaf(value, type)) return { isMember: true, children: new Map() }
  const children = childrenOf(value, type).map((child): [string, FieldSet] => [
    child.key,
    unlessAlwaysThere(child.key, everyPath(child.value, child.type)),
  ])
  return { isMember: true, children: new Map(children) }
}

/** The configuration merged into the live value, as server-side apply does it: live values stay where it is silent. */
export function mergeConfiguration(live: unknown, config: unknown, type: FieldType): unknown {
  if (config === undefined) return live
  if (live === undefined || isLeaf(config, type)) return config
  if (isJsonObject(config) && isJsonObject(live)) return mergeMembers(live, config, type)
  if (Array.isArray(config) && Array.isArray(live)) return mergeItems(live, config, type)
  return config
}

function mergeMembers(live: JsonObject, config: JsonObject, type: FieldType): JsonObject {
  const result: Record<string, unknown> = { ...live }
  for (const { key, value, type: memberType } of childrenOf(config, type)) {
    const name = key.slice(2)
    result[name] = mergeConfiguration(live[name], value, memberType)
  }
  return result
}

/** The configuration's items keep its order; items that are only live stay where they are among them. */
function mergeItems(live: readonly unknown[], config: readonly unknown[], type: FieldType): readonly unknown[] {
  const wanted = childrenOf(config, type)
  const existing = new Map(childrenOf(live, type).map(({ key, value }) => [key, value]))
  const wantedKeys = new Set(wanted.map(({ key }) => key))
  const merged = new Map(
    wanted.map(({ key, value, type: itemType }) => [key, mergeConfiguration(existing.get(key), value, itemType)]),
  )
  const order: string[] = []
  const waiting = wanted.map(({ key }) => key)
  for (const key of existing.keys()) {
    if (!wantedKeys.has(key)) order.push(key)
    else if (waiting.includes(key)) order.push(...waiting.splice(0, waiting.indexOf(key) + 1))
  }
  return [...order, ...waiting].map((key) => merged.get(key) ?? existing.get(key))
}

/** The value without what the members of a set point to. */
export function pruneValue(value: unknown, type: FieldType, set: FieldSet): unknown {
  if (set.children.size === 0) return value
  if (Array.isArray(value)) {
    return childrenOf(value, type).flatMap((child) => {
      const below = set.children.get(child.key)
      if (below?.isMember === true) return []
      return [below === undefined ? child.value : pruneValue(child.value, child.type, below)]
    })
  }
  if (!isJsonObject(value)) return value
  const kept = childrenOf(value, type).filter(({ key }) => set.children.get(key)?.isMember !== true)
  return Object.fromEntries(
    kept.map((child) => [
      child.key.slice(2),
      pruneValue(child.value, child.type, set.children.get(child.key) ?? emptySet),
    ]),
  )
}
