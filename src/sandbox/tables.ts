import type { Entity, NodeObject, Pod } from './kinds.ts'
import * as keys from './keys.ts'
import type { Store, StoredObject, StoreKey } from './store-contract.ts'
import type {
  ConfigMap,
  CustomDefinition,
  DaemonSet,
  Deployment,
  DisruptionBudget,
  Job,
  ReplicaSet,
  Secret,
  Service,
  StatefulSet,
} from './workloads.ts'

/** One resource of the store, with the members of its objects known. */
export interface Table<Kind extends Entity> {
  readonly key: StoreKey
  get(namespace: string | undefined, name: string): Kind | undefined
  list(namespace?: string): readonly Kind[]
  create(object: object): Kind
  /** Writes what `change` makes of the stored object; undefined when it is gone, or another has taken its name. */
  update(object: Kind, change: (current: Kind) => object): Kind | undefined
  remove(object: Kind): void
  subscribe(listener: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Kind) => void): () => void
}

/** The store as scheduler, controllers and nodes use it. */
export interface Tables {
  readonly pods: Table<Pod>
  readonly nodes: Table<NodeObject>
  readonly events: Table<Entity>
  readonly services: Table<Service>
  readonly namespaces: Table<Entity>
  readonly configMaps: Table<ConfigMap>
  readonly secrets: Table<Secret>
  readonly serviceAccounts: Table<Entity>
  readonly claims: Table<Entity>
  readonly quotas: Table<Entity>
  readonly deployments: Table<Deployment>
  readonly replicaSets: Table<ReplicaSet>
  readonly daemonSets: Table<DaemonSet>
  readonly statefulSets: Table<StatefulSet>
  readonly jobs: Table<Job>
  readonly cronJobs: Table<Entity>
  readonly disruptionBudgets: Table<DisruptionBudget>
  readonly endpointSlices: Table<Entity>
  readonly customDefinitions: Table<CustomDefinition>
}

/** Typed views of one store. */
export function createTables(store: Store): Tables {
  return {
    pods: createTable(store, keys.podsKey),
    nodes: createTable(store, keys.nodesKey),
    events: createTable(store, keys.eventsKey),
    services: createTable(store, keys.servicesKey),
    namespaces: createTable(store, keys.namespacesKey),
    configMaps: createTable(store, keys.configMapsKey),
    secrets: createTable(store, keys.secretsKey),
    serviceAccounts: createTable(store, keys.serviceAccountsKey),
    claims: createTable(store, keys.claimsKey),
    quotas: createTable(store, keys.quotasKey),
    deployments: createTable(store, keys.deploymentsKey),
    replicaSets: createTable(store, keys.replicaSetsKey),
    daemonSets: createTable(store, keys.daemonSetsKey),
    statefulSets: createTable(store, keys.statefulSetsKey),
    jobs: createTable(store, keys.jobsKey),
    cronJobs: createTable(store, keys.cronJobsKey),
    disruptionBudgets: createTable(store, keys.disruptionBudgetsKey),
    endpointSlices: createTable(store, keys.endpointSlicesKey),
    customDefinitions: createTable(store, keys.customDefinitionsKey),
  }
}

/** A typed view of one resource. */
export function createTable<Kind extends Entity>(store: Store, key: StoreKey): Table<Kind> {
  // The API server validates what it stores, so that an object of a resource has its kind's members.
  const typed = (object: StoredObject): Kind => object as Kind
  return {
    key,
    get(namespace, name) {
      const found = store.get(key, namespace, name)
      return found === undefined ? undefined : typed(found)
    },
    list: (namespace) => store.list(key, namespace).map(typed),
    create: (object) => typed(store.create(key, { ...object })),
    update(object, change) {
      const { name, namespace, uid } = object.metadata
      const address = namespace === undefined ? { name } : { namespace, name }
      const updated = store.update(key, address, (current) =>
        current.metadata.uid === uid ? asDraft(change(typed(current))) : current,
      )
      return updated?.metadata.uid === uid ? typed(updated) : undefined
    },
    remove(object) {
      const { name, namespace, uid } = object.metadata
      if (store.get(key, namespace, name)?.metadata.uid === uid) store.remove(key, namespace, name)
    },
    subscribe: (listener) => store.subscribe(key, ({ type, object }) => listener(type, typed(object))),
  }
}

/** Keeps the identity, by which the store knows that nothing changed. */
function asDraft(object: object): Record<string, unknown> {
  return object as Record<string, unknown>
}
