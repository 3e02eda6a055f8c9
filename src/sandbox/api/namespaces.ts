import type { RevisionedStore } from '../store/index.ts'
import { metadataOf } from './metadata.ts'
import type { Route } from './route.ts'
import { forbidden, notFound } from './status.ts'

export const namespaceKey = { group: '', resource: 'namespaces' } as const

/** Refuses a new object in a namespace that is not there (404) or going away (403). */
export function checkNamespace(store: RevisionedStore, { resource, namespace }: Route, name: string): void {
  if (namespace === undefined) return
  const found = store.get(namespaceKey, undefined, namespace)
  if (found === undefined) throw notFound(namespaceKey, namespace)
  if (metadataOf(found)['deletionTimestamp'] === undefined) return
  throw forbidden(resource, name, {
    why: `unable to create new content in namespace ${namespace} because it is being terminated`,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  })
}
