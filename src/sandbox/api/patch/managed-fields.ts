import { equalJson, isJsonObject, type JsonObject } from '../../store/index.ts'
import { compareValues, type Comparison } from './compare.ts'
import {
  differenceOf,
  emptySet,
  formatFieldsV1,
  isEmptySet,
  parseFieldsV1,
  unionOf,
  type FieldSet,
} from './field-set.ts'
import type { FieldType } from '../schema/definitions.ts'

/** One manager's share of an object: an entry of `metadata.managedFields`. */
export interface ManagedEntry {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time?: string
  readonly fields: FieldSet
}

/** Who writes, and through what. */
export type Writer = Pick<ManagedEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>

export function readManagedFields(object: JsonObject | undefined): readonly ManagedEntry[] {
  const metadata = object !== undefined && isJsonObject(object['metadata']) ? object['metadata'] : {}
  const entries: unknown = metadata['managedFields']
  if (!Array.isArray(entries)) return []
  return entries.filter(isJsonObject).map((entry) => ({
    manager: String(entry['manager']),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry['apiVersion']),
    subresource: typeof entry['subresource'] === 'string' ? entry['subresource'] : '',
    ...(typeof entry['time'] === 'string' && { time: entry['time'] }),
    fields: parseFieldsV1(entry['fieldsV1']),
  }))
}

/** The object with those managers; in the order that the API server keeps: appliers first, then by time. */
export function withManagedFields(object: JsonObject, entries: readonly ManagedEntry[]): JsonObject {
  const kept = entries.filter(({ fields }) => !isEmptySet(fields)).toSorted(compareEntries)
  const { managedFields: _replaced, ...metadata } = isJsonObject(object['metadata']) ? object['metadata'] : {}
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { managedFields: kept.map(formatEntry) }) } }
}

function compareEntries(one: ManagedEntry, other: ManagedEntry): number {
  const sortKey = ({ operation, time, manager, subresource }: ManagedEntry): string =>
    [operation, time ?? '', manager, subresource].join('\0')
  return sortKey(one) < sortKey(other) ? -1 : 1
}

function formatEntry({ manager, operation, apiVersion, time, fields, subresource }: ManagedEntry): JsonObject {
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFieldsV1(fields),
    ...(subresource !== '' && { subresource }),
  }
}

export function isSameWriter(one: Writer, other: Writer): boolean {
  return one.manager === other.manager && one.operation === other.operation && one.subresource === other.subresource
}

/** What the server alone writes belongs to no manager. */
const unowned: FieldSet = parseFieldsV1({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:deletionTimestamp': {},
    'f:deletionGracePeriodSeconds': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:resourceVersion': {},
    'f:managedFields': {},
  },
})

export function withoutUnowned(fields: FieldSet): FieldSet {
  const kept = differenceOf(withoutSubtree(fields), unowned)
  return { isMember: false, children: kept.children }
}

function withoutSubtree(fields: FieldSet): FieldSet {
  const metadata = fields.children.get('f:metadata')
  if (metadata === undefined) return fields
  const { children } = metadata
  const others = new Map([...children].filter(([key]) => key !== 'f:managedFields'))
  return {
    isMember: fields.isMember,
    children: new Map(fields.children).set('f:metadata', { isMember: metadata.isMember, children: others }),
  }
}

export interface ObjectChange {
  readonly before: JsonObject | undefined
  readonly after: JsonObject
  readonly type: FieldType
  /** Those that hold before it; absent: those of `before`. */
  readonly entries?: readonly ManagedEntry[]
}

/**
 * The managers that a writer may give an object itself: one empty entry takes all away; none, or what cannot be read,
 * leaves those that there are.
 * @see https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go (decodeLiveOrNew)
 */
export function managersGiven(sent: JsonObject, live: JsonObject): readonly ManagedEntry[] {
  const metadata = isJsonObject(sent['metadata']) ? sent['metadata'] : {}
  const given: unknown = metadata['managedFields']
  const isReset = Array.isArray(given) && given.length === 1 && equalJson(given[0] as unknown, {})
  const entries = readManagedFields(sent).filter(({ fields }) => !isEmptySet(fields))
  return isReset || entries.length > 0 ? entries : readManagedFields(live)
}

/** The object as it will be stored after an ordinary write: the writer owns what it changed, nobody what it removed. */
export function recordUpdate(change: ObjectChange, writer: Writer, time: string): JsonObject {
  const { before, after, type } = change
  const difference = compareValues(before ?? {}, after, type)
  const changed = withoutUnowned(difference.changed)
  const entries = change.entries ?? readManagedFields(before)
  const others = entries
    .filter((entry) => !isSameWriter(entry, writer))
    .map((entry) => ({ ...entry, fields: differenceOf(differenceOf(entry.fields, changed), difference.removed) }))
  const own = entries.find((entry) => isSameWriter(entry, writer))
  const fields = unionOf(differenceOf(own?.fields ?? emptySet, difference.removed), changed)
  const ownTime = isEmptySet(changed) ? own?.time : time
  return withManagedFields(after, [...others, { ...writer, fields, ...(ownTime !== undefined && { time: ownTime }) }])
}

/** The others' entries after a change that was allowed to take fields from them. */
export function dispossess(
  entries: readonly ManagedEntry[],
  { changed, removed }: Comparison,
): readonly ManagedEntry[] {
  return entries.map((entry) => ({
    ...entry,
    fields: differenceOf(differenceOf(entry.fields, changed), removed),
  }))
}
