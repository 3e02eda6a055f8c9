import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { anything, definitionOf, structType, type FieldType } from '../schema/definitions.ts'

/**
 * A set of paths into an object, as a tree. The keys are those of FieldsV1: `f:name` a member, `k:{…}` the item of a list
 * with those keys, `v:…` the value in a set. `isMember`: the path itself is in the set.
 */
export interface FieldSet {
  readonly isMember: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const emptySet: FieldSet = { isMember: false, children: new Map() }
const leaf: FieldSet = { isMember: true, children: new Map() }

export function isEmptySet({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0
}

/** The paths that an applied configuration claims. */
export function fieldSetOf(value: unknown, type: FieldType): FieldSet {
  if (isLeaf(value, type)) return leaf
  const children = new Map<string, FieldSet>()
  for (const { key, value: item, type: itemType } of childrenOf(value, type)) {
    const child = fieldSetOf(item, itemType)
    const isItem = !key.startsWith('f:') || type.form === 'map'
    const isHollow = item === null || (isJsonObject(item) && Object.keys(item).length === 0)
    children.set(key, { isMember: child.isMember || isItem || isHollow, children: child.children })
  }
  return { isMember: false, children: withoutEmpty(children) }
}

/** Whether a value has one owner: scalars, and what the schema calls atomic. */
export function isLeaf(value: unknown, type: FieldType): boolean {
  if (value === null || type.form === 'scalar') return true
  if (type.form === 'list') return type.merge === 'atomic'
  if (type.form === 'deduced') return !isJsonObject(value)
  return type.isAtomic
}

export interface Child {
  readonly key: string
  readonly value: unknown
  readonly type: FieldType
}

/** The members or items below a value that is no leaf, by the keys that field sets have for them. */
export function childrenOf(value: unknown, type: FieldType): readonly Child[] {
  if (isJsonObject(value)) {
    return Object.entries(value).map(([name, item]) => ({
      key: `f:${name}`,
      value: item,
      type: memberType(type, name),
    }))
  }
  if (!Array.isArray(value) || type.form !== 'list') return []
  return value.map((item: unknown) => ({ key: itemKey(item, type), value: item, type: type.element }))
}

/** The type of a member of a struct or map. */
export function memberType(type: FieldType, name: string): FieldType {
  if (type.form === 'map') return type.element
  if (type.form === 'deduced') {
    return type.isWhole && name === 'metadata' ? structType('ObjectMeta') : { form: 'deduced', isWhole: false }
  }
  if (type.form !== 'struct') return anything
  return definitionOf(type.name)?.fields.get(name)?.type ?? anything
}

/** What tells an item of a merging list from the others. */
export function itemKey(item: unknown, type: FieldType & { readonly form: 'list' }): string {
  if (type.merge !== 'map') return `v:${JSON.stringify(item)}`
  const fields = type.element.form === 'struct' ? definitionOf(type.element.name)?.fields : undefined
  const keys: Record<string, unknown> = {}
  for (const key of type.keys.toSorted()) {
    const value = isJsonObject(item) ? item[key] : undefined
    const known = value ?? fields?.get(key)?.fallback
    if (known !== undefined) keys[key] = known
  }
  return `k:${JSON.stringify(keys)}`
}

export function parseFieldsV1(fields: unknown): FieldSet {
  if (!isJsonObject(fields)) return emptySet
  const entries = Object.entries(fields).filter(([key]) => key !== '.')
  return {
    isMember: Object.hasOwn(fields, '.') || entries.length === 0,
    children: new Map(entries.map(([key, value]) => [key, parseFieldsV1(value)])),
  }
}

/** The FieldsV1 document of a set. */
export function formatFieldsV1({ isMember, children }: FieldSet): JsonObject {
  const entries = [...children].sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    ...(isMember && children.size > 0 && { '.': {} }),
    ...Object.fromEntries(entries.map(([key, child]) => [key, formatFieldsV1(child)])),
  }
}

export function unionOf(one: FieldSet, other: FieldSet): FieldSet {
  const children = new Map(one.children)
  for (const [key, child] of other.children) children.set(key, unionOf(children.get(key) ?? emptySet, child))
  return { isMember: one.isMember || other.isMember, children }
}

/** The paths of `one` that are not in `other`. */
export function differenceOf(one: FieldSet, other: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of one.children) children.set(key, differenceOf(child, other.children.get(key) ?? emptySet))
  return { isMember: one.isMember && !other.isMember, children: withoutEmpty(children) }
}

/** The paths that are in both. */
export function intersectionOf(one: FieldSet, other: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of one.children) children.set(key, intersectionOf(child, other.children.get(key) ?? emptySet))
  return { isMember: one.isMember && other.isMember, children: withoutEmpty(children) }
}

function withoutEmpty(children: ReadonlyMap<string, FieldSet>): ReadonlyMap<string, FieldSet> {
  return new Map([...children].filter(([, child]) => !isEmptySet(child)))
}

/** The paths of a set, as conflicts name them: `.spec.containers[name="web"].image`. */
export function pathsOf({ isMember, children }: FieldSet, prefix = ''): readonly string[] {
  const below = [...children]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, child]) => pathsOf(child, `${prefix}${formatStep(key)}`))
  return isMember ? [prefix, ...below] : below
}

function formatStep(key: string): string {
  const rest = key.slice(2)
  if (key.startsWith('f:')) return `.${rest}`
  if (key.startsWith('v:')) return `[=${rest}]`
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
}
