export { completeObject } from './defaults/complete.ts'
export type { LoggedEvent } from './event-log.ts'
export { equalJson, isJsonObject, type JsonObject } from './json.ts'
export { createStore, type RevisionedStore } from './store.ts'
