export type {
  ApplyOptions,
  ApplyOutcome,
  KindRef,
  KubeClient,
  KubeObject,
  ListOptions,
  LogOptions,
  ObjectMeta,
  ObjectRef,
  WatchEvent,
} from './contract.ts'
