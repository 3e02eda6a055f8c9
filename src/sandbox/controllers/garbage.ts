import type { Entity, OwnerReference } from '../kinds.ts'
import { isDeleting, requestDeletion } from '../objects.ts'
import type { RevisionedStore } from '../store/index.ts'
import { createTable, type Table } from '../tables.ts'

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/**
 * Deletes what belongs to owners that are gone, and sees to the finalizers that `propagationPolicy` Foreground and Orphan
 * leave on an owner. The answer stops it.
 */
export function startGarbageCollector({ store, clock }: { store: RevisionedStore; clock: () => Date }): () => void {
  let planned: NodeJS.Immediate | undefined
  const collect = (): void => {
    planned = undefined
    for (const { table, object } of held(store)) tend(object, { table, store, now: clock() })
    const all = held(store)
    const alive = new Set(all.map(({ object }) => object.metadata.uid))
    for (const { table, object } of all) if (isLeftBehind(object, alive)) requestDeletion(table, object, clock())
  }
  const stop = store.followAll(({ type, object }) => {
    const { deletionTimestamp, ownerReferences } = object.metadata
    const concernsOwners = type === 'DELETED' || deletionTimestamp !== undefined
    if (concernsOwners || (type === 'ADDED' && ownerReferences !== undefined)) planned ??= setImmediate(collect)
  })
  return () => {
    clearImmediate(planned)
    stop()
  }
}

interface Held {
  readonly table: Table<Entity>
  readonly object: Entity
}

function held(store: RevisionedStore): readonly Held[] {
  return store
    .keys()
    .map((key) => createTable<Entity>(store, key))
    .flatMap((table) => table.list().map((object) => ({ table, object })))
}

interface Tending {
  readonly table: Table<Entity>
  readonly store: RevisionedStore
  readonly now: Date
}

/** An owner in deletion: its dependants are let go, or deleted first. */
function tend(owner: Entity, { table, store, now }: Tending): void {
  const finalizers = owner.metadata.finalizers ?? []
  if (!isDeleting(owner) || !finalizers.some((one) => one === orphan || one === foreground)) return
  const dependants = held(store).filter(({ object }) => referenceTo(owner, object) !== undefined)
  if (finalizers.includes(orphan)) {
    for (const dependant of dependants) dependant.table.update(dependant.object, (one) => withoutOwner(one, owner))
    table.update(owner, (current) => withoutFinalizer(current, orphan))
    return
  }
  for (const dependant of dependants) deleteDependant(dependant, { store, now })
  const isBlocked = held(store).some(({ object }) => referenceTo(owner, object)?.blockOwnerDeletion === true)
  if (!isBlocked) table.update(owner, (current) => withoutFinalizer(current, foreground))
}

/** What has dependants itself goes after them, too. */
function deleteDependant({ table, object }: Held, { store, now }: Pick<Tending, 'store' | 'now'>): void {
  const isOwner = held(store).some((one) => referenceTo(object, one.object) !== undefined)
  if (isOwner && !isDeleting(object)) table.update(object, (current) => withFinalizer(current, foreground))
  requestDeletion(table, object, now)
}

function withFinalizer(object: Entity, finalizer: string): Entity {
  const finalizers = object.metadata.finalizers ?? []
  if (finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

function referenceTo(owner: Entity, { metadata }: Entity): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid)
}

function isLeftBehind({ metadata }: Entity, alive: ReadonlySet<string>): boolean {
  const owners = metadata.ownerReferences ?? []
  return owners.length > 0 && owners.every(({ uid }) => !alive.has(uid))
}

function withoutOwner(object: Entity, owner: Entity): Entity {
  const kept = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
  const { ownerReferences: _, ...metadata } = object.metadata
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, ownerReferences: kept } }
}

function withoutFinalizer(object: Entity, finalizer: string): Entity {
  const kept = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer)
  const { finalizers: _, ...metadata } = object.metadata
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, finalizers: kept } }
}
