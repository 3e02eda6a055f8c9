import type { Entity } from '../kinds.ts'
import type { Recorder } from '../recorder.ts'
import type { Table, Tables } from '../tables.ts'

/** What every controller works with. */
export interface ControllerContext {
  readonly tables: Tables
  readonly clock: () => Date
  readonly recorder: Recorder
  /** Told of what went wrong; the controller goes on with the next object. */
  readonly onError: (error: unknown) => void
}

/** One controller: what it looks after, and what it does about one object. */
export interface Controller<Kind extends Entity> {
  /** Its name in events. */
  readonly component: string
  readonly table: (tables: Tables) => Table<Kind>
  /** Resources whose objects make the controller look at their owners again. */
  readonly dependants?: (tables: Tables) => readonly Pick<Table<Entity>, 'subscribe'>[]
  /** Resources any change of which concerns all objects in its namespace, or all when it has none. */
  readonly surroundings?: (tables: Tables) => readonly Pick<Table<Entity>, 'subscribe'>[]
  /** Moves the cluster one step towards the object's spec; gives the milliseconds after which to look again. */
  reconcile(object: Kind, context: ControllerContext): number | undefined
}

/**
 * Runs a controller until the answer is called. Changes are gathered and handled after the write that caused them, one
 * object at a time, so that a controller always reads what is stored now.
 */
export function startController<Kind extends Entity>(
  controller: Controller<Kind>,
  context: ControllerContext,
): () => void {
  const table = controller.table(context.tables)
  const due = new Map<string, Kind>()
  const timers = new Map<string, NodeJS.Timeout>()
  let planned: NodeJS.Immediate | undefined
  const enqueue = (object: Kind): void => {
    due.set(object.metadata.uid, object)
    planned ??= setImmediate(run)
  }
  const run = (): void => {
    planned = undefined
    const batch = [...due.values()]
    due.clear()
    for (const { metadata } of batch) {
      const current = table.get(metadata.namespace, metadata.name)
      if (current?.metadata.uid === metadata.uid) look(current)
    }
  }
  const look = (object: Kind): void => {
    clearTimeout(timers.get(object.metadata.uid))
    const againMs = reconcile(controller, object, context)
    if (againMs === undefined) return
    timers.set(object.metadata.uid, setTimeout(() => enqueue(object), Math.max(againMs, 1)).unref())
  }
  const stops = [
    table.subscribe((type, object) => {
      if (type !== 'DELETED') enqueue(object)
    }),
    ...(controller.dependants?.(context.tables) ?? []).map((one) =>
      one.subscribe((_, object) => ownersOf(object, table).forEach(enqueue)),
    ),
    ...(controller.surroundings?.(context.tables) ?? []).map((one) =>
      one.subscribe((_, object) => table.list(object.metadata.namespace).forEach(enqueue)),
    ),
  ]
  table.list().forEach(enqueue)
  return () => {
    clearImmediate(planned)
    timers.forEach((timer) => clearTimeout(timer))
    stops.forEach((stop) => stop())
  }
}

function reconcile<Kind extends Entity>(
  controller: Controller<Kind>,
  object: Kind,
  context: ControllerContext,
): number | undefined {
  try {
    return controller.reconcile(object, context)
  } catch (error) {
    context.onError(error)
    return undefined
  }
}

function ownersOf<Kind extends Entity>({ metadata }: Entity, table: Table<Kind>): readonly Kind[] {
  const uids = (metadata.ownerReferences ?? []).map(({ uid }) => uid)
  return uids.length === 0 ? [] : table.list(metadata.namespace).filter((owner) => uids.includes(owner.metadata.uid))
}
