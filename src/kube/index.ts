export { connectKube, openKube, type ConnectOutside, type OpenOptions } from './client.ts'
export type { KubeconfigOptions } from './config/load-kubeconfig.ts'
export { loadKubeconfig } from './config/load-kubeconfig.ts'
export type {
  ClientCertificate,
  ExecPlugin,
  Impersonation,
  KubeOutside,
  KubeTarget,
  KubeUser,
  ServerTrust,
} from './config/target.ts'
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
export { KubeRefusal, type RefusalCause } from './api/kube-refusal.ts'
export { waitForObject, type WaitOptions } from './wait.ts'
