export type { ChangeSet, Watcher, WatchOptions } from './contract.ts'
export { createWatcher } from './create-watcher.ts'
