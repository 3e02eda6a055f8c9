import type { Entity } from '../kinds.ts'
import { isDeleting, requestDeletion, timestamp } from '../objects.ts'
import type { RevisionedStore } from '../store/index.ts'
import { createTable } from '../tables.ts'
import type { CustomDefinition } from '../workloads.ts'
import type { Controller } from './loop.ts'

const cleanup = 'customresourcecleanup.apiextensions.k8s.io'

/** Establishes CustomResourceDefinitions at once, and takes their objects away before they go. */
export function customDefinitionController(store: RevisionedStore): Controller<CustomDefinition> {
  return {
    component: 'customresourcedefinition-controller',
    table: ({ customDefinitions }) => customDefinitions,
    reconcile(definition, { tables, clock }) {
      if (!isDeleting(definition)) {
        tables.customDefinitions.update(definition, (current) => established(current, timestamp(clock())))
        return undefined
      }
      const { group, names } = definition.spec
      const objects = createTable<Entity>(store, { group, resource: names.plural })
      for (const object of objects.list()) requestDeletion(objects, object, clock())
      if (objects.list().length > 0) return 20
      tables.customDefinitions.update(definition, (current) => ({
        ...current,
        metadata: { ...current.metadata, finalizers: current.metadata.finalizers?.filter((one) => one !== cleanup) },
      }))
      return undefined
    },
  }
}

function established(definition: CustomDefinition, now: string): CustomDefinition {
  if ((definition.status?.conditions ?? []).length > 0) return definition
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    lastTransitionTime: now,
    reason,
    message,
  })
  return {
    ...definition,
    metadata: { ...definition.metadata, finalizers: [...(definition.metadata.finalizers ?? []), cleanup] },
    status: {
      ...definition.status,
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: definition.spec.names,
    },
  }
}
