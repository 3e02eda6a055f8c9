import type { KubeObject } from '../contract.ts'

/** An entry of `metadata.managedFields`, of which nothing is dropped. */
interface ManagedFields {
  readonly manager: string
  readonly operation: string
  readonly apiVersion?: string
  readonly subresource?: string
  readonly fieldsV1?: unknown
  readonly [member: string]: unknown
}

/** What hands the fields of client-side apply over to server-side apply. */
export interface FieldHandover {
  /** A JSON patch that fails with 409 when the object has changed in between. */
  readonly patch: readonly object[]
  /** Who had them: `kubectl-client-side-apply`, as a rule. */
  readonly from: readonly string[]
}

/**
 * Hands over what `kubectl apply`, and Skaffold through it, wrote on the client's side, so that fields that have left the
 * manifest since are removed by the next server-side apply: without that they would stay for ever, owned by a manager that
 * never writes again. Whoever owns kubectl's annotation has applied in that way. Undefined when nobody has.
 * @see https://github.com/kubernetes/client-go/blob/master/util/csaupgrade/upgrade.go
 */
export function handoverOf({ metadata }: KubeObject, fieldManager: string): FieldHandover | undefined {
  const entries = entriesOf(metadata['managedFields'])
  const from = [...new Set(entries.filter(ownsAnnotation).map(({ manager }) => manager))]
  if (from.length === 0) return undefined
  const managedFields = mergeEntries(entries, { from, fieldManager })
  return {
    from,
    patch: [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ],
  }
}

function entriesOf(value: unknown): readonly ManagedFields[] {
  return Array.isArray(value) ? (value as readonly ManagedFields[]) : []
}

const annotationPath = ['f:metadata', 'f:annotations', 'f:kubectl.kubernetes.io/last-applied-configuration']

function ownsAnnotation(entry: ManagedFields): boolean {
  if (!isUpdate(entry)) return false
  let at = entry.fieldsV1
  for (const step of annotationPath) at = isTree(at) ? at[step] : undefined
  return at !== undefined
}

function isUpdate({ operation, subresource = '' }: ManagedFields): boolean {
  return operation === 'Update' && subresource === ''
}

interface Merging {
  readonly from: readonly string[]
  readonly fieldManager: string
}

/**
 * The applier gets what the old managers of its API version have; without an applier the newest of them becomes it. The
 * others of their names go.
 */
function mergeEntries(entries: readonly ManagedFields[], { from, fieldManager }: Merging): readonly ManagedFields[] {
  const isOld = (entry: ManagedFields): boolean => isUpdate(entry) && from.includes(entry.manager)
  const isOwn = ({ operation, manager, subresource = '' }: ManagedFields): boolean =>
    operation === 'Apply' && manager === fieldManager && subresource === ''
  const heir = entries.find(isOwn) ?? entries.find(isOld)
  if (heir === undefined) return entries
  const given = entries.filter((entry) => entry !== heir && isOld(entry) && entry.apiVersion === heir.apiVersion)
  const fieldsV1 = given.reduce((all: unknown, entry) => unionOf(all, entry.fieldsV1), heir.fieldsV1)
  return entries.flatMap((entry) => {
    if (entry === heir) return [{ ...heir, operation: 'Apply', manager: fieldManager, fieldsV1 }]
    return isOld(entry) ? [] : [entry]
  })
}

type Tree = Readonly<Record<string, unknown>>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Of two sets of fields: `{}` is a field itself; one with members is one itself only where `.` says so. */
function unionOf(one: unknown, other: unknown): Tree {
  const [left, right] = [membersOf(one), membersOf(other)]
  const merged: Record<string, unknown> = { ...left }
  for (const [key, value] of Object.entries(right)) {
    merged[key] = key === '.' || !(key in left) ? value : unionOf(left[key], value)
  }
  const { '.': _itself, ...below } = merged
  return Object.keys(below).length === 0 ? {} : merged
}

function membersOf(fields: unknown): Tree {
  if (!isTree(fields)) return {}
  return Object.keys(fields).length === 0 ? { '.': {} } : fields
}
