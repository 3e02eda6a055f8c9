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
  DeleteOptions,
  ExecOptions,
  TerminalSize,
  ExecOutcome,
  KindRef,
  KubeClient,
  KubeObject,
  ListOptions,
  LogOptions,
  ObjectMeta,
  ObjectRef,
  PodRef,
  WatchEvent,
} from './contract.ts'
export { KubeRefusal, type RefusalCause } from './api/kube-refusal.ts'
export { waitForObject, type WaitOptions } from './wait.ts'
export { createSpdySession, type SpdyOptions, type SpdySession, type SpdyStream } from './stream/spdy.ts'
