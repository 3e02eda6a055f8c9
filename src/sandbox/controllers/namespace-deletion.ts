import type { Entity } from '../kinds.ts'
import { namespacesKey } from '../keys.ts'
import { isDeleting, requestDeletion } from '../objects.ts'
import type { RevisionedStore } from '../store/index.ts'
import { createTable } from '../tables.ts'

const lookAgainMs = 20

/** Empties namespaces that are being deleted, and lets them go when nothing is left. The answer stops it. */
export function startNamespaceDeletion({ store, clock }: { store: RevisionedStore; clock: () => Date }): () => void {
  const namespaces = createTable<Entity>(store, namespacesKey)
  let planned: NodeJS.Timeout | undefined
  const look = (): void => {
    planned = undefined
    const doomed = namespaces.list().filter(isDeleting)
    for (const { metadata } of doomed) empty(store, metadata.name, clock)
    // Pods need their time, and what is on its way into a namespace arrives yet.
    if (namespaces.list().some(isDeleting)) plan()
  }
  const plan = (): void => {
    planned ??= setTimeout(look, lookAgainMs).unref()
  }
  const stop = namespaces.subscribe((_, namespace) => {
    if (isDeleting(namespace)) plan()
  })
  return () => {
    clearTimeout(planned)
    stop()
  }
}

function empty(store: RevisionedStore, namespace: string, clock: () => Date): void {
  const tables = store.keys().map((key) => createTable<Entity>(store, key))
  for (const table of tables) for (const object of table.list(namespace)) requestDeletion(table, object, clock())
  if (tables.some((table) => table.list(namespace).length > 0)) return
  store.update(namespacesKey, { name: namespace }, (current) => ({ ...current, spec: { finalizers: [] } }))
}
