/** A mutable-by-replacement API object inside the sandbox: every write stores a new frozen value. */
export interface StoredObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly creationTimestamp: string
    readonly [member: string]: unknown
  }
  readonly [member: string]: unknown
}

export type StoreEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: StoredObject }

/** Which objects of the sandbox's store: `resource` is the plural, `pods`; `group` is '' for the core group. */
export interface StoreKey {
  readonly group: string
  readonly resource: string
}

/**
 * The sandbox cluster's objects, in memory, with one growing resourceVersion. The API server writes what users send, the
 * controllers, the scheduler and the nodes read and write the same store.
 */
export interface Store {
  get(key: StoreKey, namespace: string | undefined, name: string): StoredObject | undefined
  list(key: StoreKey, namespace?: string): readonly StoredObject[]
  /** Fills in uid, resourceVersion and creationTimestamp; `generateName` is honoured; throws on an existing name. */
  create(key: StoreKey, object: Record<string, unknown>): StoredObject
  /**
   * Replaces the object by what `change` makes of the current one; undefined when it is gone. Returning the same value
   * writes nothing. `spec` changes raise `metadata.generation`.
   */
  update(
    key: StoreKey,
    address: { readonly namespace?: string; readonly name: string },
    change: (current: StoredObject) => Record<string, unknown>,
  ): StoredObject | undefined
  /** Removes at once and tells the watchers; the caller deals with grace periods and dependants. */
  remove(key: StoreKey, namespace: string | undefined, name: string): StoredObject | undefined
  /** Calls back for every later change of the resource, synchronously after the write. */
  subscribe(key: StoreKey, listener: (event: StoreEvent) => void): () => void
}
