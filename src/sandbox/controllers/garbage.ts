import type { Entity } from '../kinds.ts'
import { isDeleting, requestDeletion } from '../objects.ts'
import type { Table, Tables } from '../tables.ts'

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/**
 * Deletes what belongs to owners that are gone, and sees to the finalizers that `propagationPolicy` Foreground and Orphan
 * leave on an owner. The answer stops it.
 */
export function startGarbageCollector({ tables, clock }: { tables: Tables; clock: () => Date }): () => void {
  const owned = ownedTables(tables)
  const collect = (): void => {
    planned = undefined
    for (const table of owned) for (const object of table.list()) tend(object, { table, owned, now: clock() })
    for (const table of owned) for (const object of table.list()) sweep(object, { table, owned, now: clock() })
  }
  let planned: NodeJS.Immediate | undefined
  const wake = (): void => {
    planned ??= setImmediate(collect)
  }
  const stops = owned.map((table) =>
    table.subscribe((type, object) => {
      const isOwner = type === 'DELETED' || isDeleting(object)
      if (isOwner || (type === 'ADDED' && object.metadata.ownerReferences !== undefined)) wake()
    }),
  )
  return () => {
    clearImmediate(planned)
    for (const stop of stops) stop()
  }
}

type Owned = Table<Entity>

interface Collection {
  readonly table: Owned
  readonly owned: readonly Owned[]
  readonly now: Date
}

function ownedTables(tables: Tables): readonly Owned[] {
  const { pods, replicaSets, deployments, daemonSets, statefulSets, jobs, cronJobs } = tables
  const { endpointSlices, services, configMaps, secrets, claims } = tables
  return [
    pods,
    replicaSets,
    deployments,
    daemonSets,
    statefulSets,
    jobs,
    cronJobs,
    endpointSlices,
    services,
    configMaps,
    secrets,
    claims,
  ]
}

/** An owner in deletion: its dependants are let go, or deleted first. */
function tend(owner: Entity, { table, owned, now }: Collection): void {
  const finalizers = owner.metadata.finalizers ?? []
  if (!isDeleting(owner)) return
  const dependants = owned.flatMap((one) =>
    one
      .list(owner.metadata.namespace)
      .filter(({ metadata }) => (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid))
      .map((object) => ({ table: one, object })),
  )
  if (finalizers.includes(orphan)) {
    for (const dependant of dependants) dependant.table.update(dependant.object, (one) => withoutOwner(one, owner))
    table.update(owner, (current) => withoutFinalizer(current, orphan))
    return
  }
  if (!finalizers.includes(foreground)) return
  for (const dependant of dependants) requestDeletion(dependant.table, dependant.object, now)
  const isBlocked = dependants.some(({ table, object }) => {
    const current = table.get(object.metadata.namespace, object.metadata.name)
    const reference = current?.metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid)
    return reference?.blockOwnerDeletion === true
  })
  if (!isBlocked) table.update(owner, (current) => withoutFinalizer(current, foreground))
}

/** Deletes an object all of whose owners are gone. Owners of kinds that are not kept here count as present. */
function sweep(object: Entity, { table, owned, now }: Collection): void {
  const references = object.metadata.ownerReferences ?? []
  if (references.length === 0 || isDeleting(object)) return
  const isGone = references.every(({ kind, name, uid }) => {
    const keeper = owned.find(({ key }) => key.resource === `${kind.toLowerCase()}s`)
    return keeper !== undefined && keeper.get(object.metadata.namespace, name)?.metadata.uid !== uid
  })
  if (isGone) requestDeletion(table, object, now)
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
