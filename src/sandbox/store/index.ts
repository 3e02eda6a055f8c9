export { completeObject } from './defaults/complete.ts'
export type { LoggedEvent } from './event-log.ts'
export { equalJson, freezeDeep, isJsonObject, type JsonObject } from './json.ts'
export { createStore, type RevisionedStore, type StoreOptions } from './store.ts'
