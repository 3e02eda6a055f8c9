import { equalJson, isJsonObject, type JsonObject } from '../../store/index.ts'
import type { FieldType } from '../schema/definitions.ts'
import { memberType } from './field-set.ts'

/**
 * Kubernetes' strategic merge: like a merge patch, but lists whose items have a key merge item by item, and directives
 * (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`) say what else is to be done.
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function applyStrategicMerge(target: JsonObject, patch: JsonObject, typeName: string): JsonObject {
  return mergeObjects(target, patch, { form: 'struct', name: typeName, isAtomic: false })
}

const directive = /^\$/

function mergeObjects(target: JsonObject, patch: JsonObject, type: FieldType): JsonObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const result: Record<string, unknown> = retained(target, patch['$retainKeys'])
  for (const [name, value] of Object.entries(patch)) {
    if (directive.test(name)) continue
    if (value === null) delete result[name]
    else result[name] = mergeMember(result[name], value, { type: memberType(type, name), order: orderOf(patch, name) })
  }
  for (const [name, value] of Object.entries(patch)) applyListDirective(result, { name, value, patch, type })
  return result
}

function retained(target: JsonObject, keys: unknown): Record<string, unknown> {
  if (!Array.isArray(keys)) return { ...target }
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)))
}

function orderOf(patch: JsonObject, name: string): readonly unknown[] | undefined {
  const order = patch[`$setElementOrder/${name}`]
  return Array.isArray(order) ? order : undefined
}

interface Merge {
  readonly type: FieldType
  readonly order: readonly unknown[] | undefined
}

function mergeMember(current: unknown, value: unknown, { type, order }: Merge): unknown {
  if (Array.isArray(value)) {
    return mergeLists(Array.isArray(current) ? current : [], value, { type, order })
  }
  if (!isJsonObject(value)) return value
  return mergeObjects(isJsonObject(current) ? current : {}, value, type)
}

function mergeLists(
  current: readonly unknown[],
  patch: readonly unknown[],
  { type, order }: Merge,
): readonly unknown[] {
  if (type.form !== 'list' || type.merge === 'atomic') return patch.map(withoutDirectives)
  if (type.merge === 'set') return ordered([...new Set([...current, ...patch])], order, undefined)
  const [key = ''] = type.keys
  if (patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1)) {
    return patch.filter((item) => !isJsonObject(item) || item['$patch'] === undefined)
  }
  const result = [...current]
  for (const item of patch) {
    if (isJsonObject(item)) mergeItem(result, item, { key, element: type.element })
  }
  return ordered(result, order, key)
}

function mergeItem(result: unknown[], item: JsonObject, { key, element }: { key: string; element: FieldType }): void {
  const at = result.findIndex((one) => isJsonObject(one) && equalJson(one[key], item[key]))
  const existing = result[at]
  if (item['$patch'] === 'delete') {
    if (at >= 0) result.splice(at, 1)
  } else if (isJsonObject(existing)) {
    result[at] = item['$patch'] === 'replace' ? withoutDirectives(item) : mergeObjects(existing, item, element)
  } else {
    result.push(mergeObjects({}, item, element))
  }
}

/** Items that the order names come as it says; the others stay behind the item that they followed. */
function ordered(
  items: readonly unknown[],
  order: readonly unknown[] | undefined,
  key: string | undefined,
): readonly unknown[] {
  if (order === undefined) return items
  const idOf = (item: unknown): string => JSON.stringify(key !== undefined && isJsonObject(item) ? item[key] : item)
  const rank = new Map(order.map((item, at) => [idOf(item), at]))
  let last = -1
  return items
    .map((item, at) => {
      last = rank.get(idOf(item)) ?? last
      return { item, at, last }
    })
    .sort((one, other) => one.last - other.last || one.at - other.at)
    .map(({ item }) => item)
}

interface Directive {
  readonly name: string
  readonly value: unknown
  readonly patch: JsonObject
  readonly type: FieldType
}

/** Directives that stand beside the list that they are about. */
function applyListDirective(result: Record<string, unknown>, { name, value, patch, type }: Directive): void {
  const [verb, list = ''] = name.split('/', 2)
  const current = result[list]
  if (!Array.isArray(value) || !Array.isArray(current)) return
  if (verb === '$deleteFromPrimitiveList') result[list] = current.filter((item) => !value.includes(item))
  if (verb === '$setElementOrder' && patch[list] === undefined) {
    const member = memberType(type, list)
    result[list] = ordered(current, value, member.form === 'list' ? member.keys[0] : undefined)
  }
}

function withoutDirectives(value: unknown): JsonObject
function withoutDirectives(value: unknown): unknown {
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, item]) => !directive.test(name) && item !== null)
      .map(([name, item]) => [name, Array.isArray(item) ? item : withoutDirectives(item)]),
  )
}
