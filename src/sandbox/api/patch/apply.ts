import { equalJson, type JsonObject } from '../../store/index.ts'
import type { FieldType } from '../schema/definitions.ts'
import { StatusError, type StatusCause } from '../status.ts'
import { compareValues, mergeConfiguration, pruneValue } from './compare.ts'
import {
  differenceOf,
  emptySet,
  fieldSetOf,
  intersectionOf,
  isEmptySet,
  pathsOf,
  unionOf,
  type FieldSet,
} from './field-set.ts'
import {
  dispossess,
  isSameWriter,
  readManagedFields,
  withManagedFields,
  withoutUnowned,
  type ManagedEntry,
  type Writer,
} from './managed-fields.ts'

export interface ApplyRequest {
  readonly live: JsonObject | undefined
  readonly config: JsonObject
  readonly type: FieldType
  readonly writer: Writer
  readonly force: boolean
  readonly time: string
  /** Completes the merged object as the server would store it. */
  readonly complete: (object: JsonObject) => JsonObject
}

/**
 * Server-side apply. What the manager applied before and leaves out now is removed, unless others own it too.
 * Throws a 409 with one cause a field when others own what would change, unless forced.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyConfiguration(request: ApplyRequest): JsonObject {
  const { live, config, type, writer } = request
  const entries = readManagedFields(live)
  const others = entries.filter((entry) => !isSameWriter(entry, writer))
  const own = entries.find((entry) => isSameWriter(entry, writer))
  const claimed = withoutUnowned(fieldSetOf(config, type))
  const merged = mergeConfiguration(live ?? {}, config, type)
  const given = pruneValue(merged, type, abandonedBy(own?.fields ?? emptySet, claimed, others)) as JsonObject
  const difference = compareValues(live ?? {}, given, type)
  const conflicts = conflictsWith(others, difference.changed)
  if (conflicts.length > 0 && !request.force) throw applyConflict(conflicts)
  const completed = request.complete(given)
  const time =
    live !== undefined && equalJson(withoutManaged(live), withoutManaged(completed)) ? own?.time : request.time
  return withManagedFields(completed, [
    ...dispossess(others, difference),
    { ...writer, fields: claimed, ...(time !== undefined && { time }) },
  ])
}

function withoutManaged(object: JsonObject): JsonObject {
  return withManagedFields(object, [])
}

/** What the manager no longer claims and nobody else does. */
function abandonedBy(before: FieldSet, claimed: FieldSet, others: readonly ManagedEntry[]): FieldSet {
  const kept = others.reduce((all, { fields }) => unionOf(all, withParents(fields)), withParents(claimed))
  return differenceOf(withParents(before), kept)
}

/** With every path, the members that lead to it: one that loses all that was below it goes as a whole. */
function withParents({ children }: FieldSet): FieldSet {
  return {
    isMember: true,
    children: new Map([...children].map(([key, child]) => [key, withParents(child)])),
  }
}

interface ApplyConflict {
  readonly owner: string
  readonly paths: readonly string[]
}

function conflictsWith(others: readonly ManagedEntry[], changed: FieldSet): readonly ApplyConflict[] {
  return others
    .map((entry) => ({ owner: describeOwner(entry), taken: intersectionOf(entry.fields, changed) }))
    .filter(({ taken }) => !isEmptySet(taken))
    .map(({ owner, taken }) => ({ owner, paths: pathsOf(taken) }))
    .toSorted((one, other) => (one.owner < other.owner ? -1 : 1))
}

function describeOwner({ manager, operation, apiVersion, subresource }: ManagedEntry): string {
  const through = subresource === '' ? '' : ` with subresource "${subresource}"`
  return `"${manager}"${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}

function applyConflict(conflicts: readonly ApplyConflict[]): StatusError {
  const causes: readonly StatusCause[] = conflicts.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  )
  const [only] = causes
  const text =
    causes.length === 1 && only !== undefined
      ? `1 conflict: ${only.message}: ${only.field ?? ''}`
      : `${causes.length} conflicts: ${conflicts.map(describeConflict).join('\n')}`
  return new StatusError({ message: `Apply failed with ${text}`, reason: 'Conflict', details: { causes }, code: 409 })
}

function describeConflict({ owner, paths }: ApplyConflict): string {
  return `conflicts with ${owner}:${paths.map((path) => `\n- ${path}`).join('')}`
}
