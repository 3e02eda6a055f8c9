import { randomBytes, randomUUID } from 'node:crypto'
import { ToolError } from '../../errors/index.ts'
import type { Store, StoredObject, StoreKey } from '../store-contract.ts'
import { completeObject } from './defaults/complete.ts'
import { createEventLog, type EventLog, type LoggedEvent } from './event-log.ts'
import { hasGeneration } from './generation.ts'
import { equalJson, freezeDeep, isJsonObject, type JsonObject } from './json.ts'

/** The store as the API server needs it: with revisions, and with what happened since one. */
export interface RevisionedStore extends Store {
  /** The newest resourceVersion of the whole store. */
  revision(): number
  /** The changes of a resource after a revision, oldest first; `expired` when some are forgotten. */
  since(key: StoreKey, revision: number): readonly LoggedEvent[] | 'expired'
  /** Every resource that ever had an object. */
  keys(): readonly StoreKey[]
  /** Like `subscribe`, with the object as it was before. */
  follow(key: StoreKey, listener: (event: LoggedEvent) => void): () => void
  /** Calls back for every later change of any resource. */
  followAll(listener: (event: LoggedEvent) => void): () => void
  /** What `create` would store, without storing it. */
  preview(key: StoreKey, object: JsonObject): StoredObject
}

export interface StoreOptions {
  readonly clock: () => Date
  /** How many changes of a resource are kept for watches, at least. */
  readonly historyLength?: number
}

interface Shelf {
  readonly key: StoreKey
  readonly objects: Map<string, StoredObject>
  readonly log: EventLog
  readonly listeners: Listeners
}

type Listeners = Set<(event: LoggedEvent) => void>

/** Revisions start here, so that a small one made up by a client is one long forgotten, as on a cluster with a past. */
const firstRevision = 1000

/**
 * An empty store. As in a real API server, an object that is being deleted goes for good with the update that takes its
 * last finalizer, unless it has a grace period left. Throws SANDBOX_OBJECT_EXISTS from `create`.
 */
export function createStore(options: StoreOptions): RevisionedStore {
  const state: State = {
    options,
    shelves: new Map(),
    listeners: new Set(),
    revision: firstRevision,
    undelivered: [],
    isDelivering: false,
  }
  const shelfOf = (key: StoreKey): Shelf => openShelf(state, key)
  return {
    get: (key, namespace, name) => shelfOf(key).objects.get(addressOf(namespace, name)),
    list: (key, namespace) => listShelf(shelfOf(key), namespace),
    create: (key, object) => create(state, shelfOf(key), object),
    update: (key, address, change) => update(state, shelfOf(key), { address, change }),
    remove(key, namespace, name) {
      const current = shelfOf(key).objects.get(addressOf(namespace, name))
      return current === undefined ? undefined : drop(state, shelfOf(key), { last: current, previous: current })
    },
    subscribe: (key, listener) => follow(shelfOf(key).listeners, ({ type, object }) => listener({ type, object })),
    follow: (key, listener) => follow(shelfOf(key).listeners, listener),
    followAll: (listener) => follow(state.listeners, listener),
    revision: () => state.revision,
    since: (key, from) => shelfOf(key).log.since(from),
    keys: () => [...state.shelves.values()].map(({ key }) => key),
    preview: (key, object) => build(state, key, object),
  }
}

interface State {
  readonly options: StoreOptions
  readonly shelves: Map<string, Shelf>
  /** Of those that follow all resources. */
  readonly listeners: Listeners
  revision: number
  readonly undelivered: (readonly [Shelf, LoggedEvent])[]
  isDelivering: boolean
}

function openShelf({ shelves, options }: State, key: StoreKey): Shelf {
  const id = `${key.group}/${key.resource}`
  const known = shelves.get(id)
  if (known !== undefined) return known
  const log = createEventLog(options.historyLength ?? 10_000, firstRevision)
  const shelf: Shelf = { key: { ...key }, objects: new Map(), log, listeners: new Set() }
  shelves.set(id, shelf)
  return shelf
}

function listShelf({ objects }: Shelf, namespace: string | undefined): readonly StoredObject[] {
  const prefix = namespace === undefined ? '' : `${namespace}/`
  const matching = [...objects].filter(([address]) => address.startsWith(prefix))
  return matching.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object)
}

function create(state: State, shelf: Shelf, draft: JsonObject): StoredObject {
  const object = build(state, shelf.key, draft)
  const address = addressOf(object.metadata.namespace, object.metadata.name)
  if (shelf.objects.has(address)) {
    throw new ToolError('SANDBOX_OBJECT_EXISTS', `${shelf.key.resource} "${object.metadata.name}" already exists`)
  }
  return write(state, shelf, { next: object, previous: undefined })
}

/** Whoever creates it, an object gets the defaults, and admission's additions, of a real API server. */
function build({ options }: State, key: StoreKey, draft: JsonObject): StoredObject {
  const metadata = isJsonObject(draft['metadata']) ? draft['metadata'] : {}
  const { name, uid } = metadata
  const identified = {
    ...draft,
    metadata: {
      ...metadata,
      name: typeof name === 'string' && name !== '' ? name : generateName(metadata),
      uid: typeof uid === 'string' && uid !== '' ? uid : randomUUID(),
    },
  }
  const object = completeObject(key, identified)
  return seal(object, {
    ...(object['metadata'] as StoredObject['metadata']),
    resourceVersion: '',
    ...(hasGeneration(key) && { generation: 1 }),
    creationTimestamp: `${options.clock().toISOString().slice(0, 19)}Z`,
  })
}

function update(
  state: State,
  shelf: Shelf,
  { address, change }: { readonly address: Address; readonly change: (current: StoredObject) => JsonObject },
): StoredObject | undefined {
  const current = shelf.objects.get(addressOf(address.namespace, address.name))
  if (current === undefined) return undefined
  const changed = change(current)
  if (changed === current) return current
  const next = succeed(shelf.key, current, changed)
  if (equalJson(next, current)) return current
  return isGone(next)
    ? drop(state, shelf, { last: next, previous: current })
    : write(state, shelf, { next, previous: current })
}

interface Address {
  readonly namespace?: string
  readonly name: string
}

function write(
  state: State,
  shelf: Shelf,
  { next, previous }: { readonly next: StoredObject; readonly previous: StoredObject | undefined },
): StoredObject {
  state.revision += 1
  const object = seal(next, { ...next.metadata, resourceVersion: String(state.revision) })
  shelf.objects.set(addressOf(object.metadata.namespace, object.metadata.name), object)
  publish(state, shelf, {
    revision: state.revision,
    type: previous === undefined ? 'ADDED' : 'MODIFIED',
    object,
    previous,
  })
  return object
}

function drop(
  state: State,
  shelf: Shelf,
  { last, previous }: { readonly last: StoredObject; readonly previous: StoredObject },
): StoredObject {
  state.revision += 1
  const object = seal(last, { ...last.metadata, resourceVersion: String(state.revision) })
  shelf.objects.delete(addressOf(object.metadata.namespace, object.metadata.name))
  publish(state, shelf, { revision: state.revision, type: 'DELETED', object, previous })
  return object
}

/** A listener may write; what it writes is told after the change at hand, so that everyone hears the same order. */
function publish(state: State, shelf: Shelf, event: LoggedEvent): void {
  shelf.log.append(event)
  state.undelivered.push([shelf, event])
  if (state.isDelivering) return
  state.isDelivering = true
  try {
    for (let next = state.undelivered.shift(); next !== undefined; next = state.undelivered.shift()) {
      for (const listener of [...next[0].listeners, ...state.listeners]) listener(next[1])
    }
  } finally {
    state.isDelivering = false
  }
}

function follow(listeners: Listeners, listener: (event: LoggedEvent) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The new state with what only the store decides: identity, and the generation that follows spec and deletion. */
function succeed(key: StoreKey, current: StoredObject, changed: JsonObject): StoredObject {
  const { name, namespace, uid, creationTimestamp, resourceVersion } = current.metadata
  const metadata = isJsonObject(changed['metadata']) ? changed['metadata'] : {}
  const before = current.metadata['generation']
  const isRaised =
    !equalJson(countedSpec(key, changed['spec']), countedSpec(key, current['spec'])) ||
    (current.metadata['deletionTimestamp'] === undefined && metadata['deletionTimestamp'] !== undefined)
  return seal(changed, {
    ...metadata,
    name,
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion,
    ...(typeof before === 'number' && { generation: isRaised ? before + 1 : before }),
    creationTimestamp,
  })
}

/** Being bound to a node does not make a pod another one. */
function countedSpec({ group, resource }: StoreKey, spec: unknown): unknown {
  if (group !== '' || resource !== 'pods' || !isJsonObject(spec)) return spec
  const { nodeName: _node, ...rest } = spec
  return rest
}

function isGone({ metadata, spec }: JsonObject & { readonly metadata: JsonObject }): boolean {
  if (metadata['deletionTimestamp'] === undefined) return false
  const grace = metadata['deletionGracePeriodSeconds']
  return (
    isEmptyList(metadata['finalizers']) &&
    (isJsonObject(spec) ? isEmptyList(spec['finalizers']) : true) &&
    (typeof grace === 'number' ? grace === 0 : true)
  )
}

function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0
}

function seal(object: JsonObject, metadata: StoredObject['metadata']): StoredObject {
  const { kind, apiVersion, metadata: replaced, ...rest } = object
  const { name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp, ...others } = metadata
  void replaced
  const ordered = { name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp, ...others }
  const whole = { kind, apiVersion, metadata: withoutEmpty(ordered), ...rest }
  return freezeDeep(structuredClone(whole)) as unknown as StoredObject
}

/** Empty lists and maps of metadata are not written. */
function withoutEmpty(metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(
      ([, value]) => value !== undefined && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
    ),
  )
}

function addressOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}

/** The letters that Kubernetes appends to a `generateName`: no vowels, and nothing that looks like another. */
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

function generateName(metadata: JsonObject): string {
  const prefix = metadata['generateName']
  if (typeof prefix !== 'string') return ''
  const suffix = [...randomBytes(5)].map((byte) => suffixLetters[byte % suffixLetters.length]).join('')
  return `${prefix.slice(0, 58)}${suffix}`
}
