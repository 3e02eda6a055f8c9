import type { Duplex } from 'node:stream'

/** Any object of the Kubernetes API, with nothing dropped. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [member: string]: unknown
}

/** The metadata of an object; members that are not named here are kept. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[]
  readonly [member: string]: unknown
}

/** A kind, as manifests write it. */
export interface KindRef {
  readonly apiVersion: string
  readonly kind: string
}

/** One object's address. `namespace` absent: the client's default for namespaced kinds. */
export interface ObjectRef extends KindRef {
  readonly namespace?: string
  readonly name: string
}

/** Which objects of a kind. */
export interface ListOptions {
  /** Absent: the client's default namespace. `'*'`: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly signal?: AbortSignal
}

/** What happened to an object, or that all there was at the start has been told. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** The list that the watch starts from is complete. */
  | { readonly type: 'SYNCED' }

/** In whose name an object is applied, and how. */
export interface ApplyOptions {
  /** Who owns the fields from then on. */
  readonly fieldManager: string
  /** Takes fields from other managers instead of failing with KUBE_CONFLICT. */
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

/** What applying did. */
export interface ApplyOutcome {
  /** As it is now. */
  readonly object: KubeObject
  readonly action: 'created' | 'configured' | 'unchanged'
  /** `Warning` headers of the answer. */
  readonly warnings: readonly string[]
  /** Managers that had applied it on the client's side, as `kubectl apply` does, and whose fields were taken over. */
  readonly takenFrom: readonly string[]
}

/** Which part of a pod's log. */
export interface LogOptions {
  /** Needed when the pod has several. */
  readonly container?: string
  /** Goes on until the container ends. */
  readonly follow?: boolean
  /** Of the run before the present one. */
  readonly previous?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  /** As RFC 3339 writes it; kubelet takes whole seconds of it. */
  readonly sinceTime?: string
  /** Each line begins with its time and a blank: `2026-11-25T07:00:00.123456789Z text`. */
  readonly timestamps?: boolean
  readonly signal?: AbortSignal
}

/** How an object is deleted. */
export interface DeleteOptions {
  readonly isForeground?: boolean
  /** Seconds that a pod's programs have to end by themselves; absent: what the object says. */
  readonly graceSeconds?: number
  readonly signal?: AbortSignal
}

/** One pod. */
export interface PodRef {
  readonly namespace: string
  readonly name: string
}

/** A program to run in a container. */
export interface ExecOptions {
  readonly command: readonly string[]
  /** Needed when the pod has several. */
  readonly container?: string
  /**
   * What the program reads; its end is the input's end (API servers before 1.31 cannot pass that on: the program has to
   * know by itself, as tar does).
   */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** Nothing more is read from the cluster while a promise that it gave is open. */
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>
  readonly onStderr?: (chunk: Uint8Array) => void | Promise<void>
  /** Gives it a terminal of this size, and of each that comes later; its errors come with its output then. */
  readonly terminal?: AsyncIterable<TerminalSize>
  readonly signal?: AbortSignal
}

/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** How the program ended; 128 and the signal's number for one that was killed. */
export interface ExecOutcome {
  readonly exitCode: number
}

/**
 * One cluster, reached through one kubeconfig context. Knows the API, not workloads. Throws `ToolError`s with a
 * `KUBE_…` code: KUBE_UNREACHABLE, KUBE_UNAUTHORIZED, KUBE_FORBIDDEN, KUBE_CONFLICT, KUBE_INVALID, KUBE_NOT_FOUND …
 */
export interface KubeClient {
  readonly context: string
  readonly namespace: string
  readonly server: string
  get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | undefined>
  list(kind: KindRef, options?: ListOptions): Promise<readonly KubeObject[]>
  /**
   * Lists, then follows for ever (410, time-outs and cut connections are mended inside) until the signal aborts, whose
   * reason it throws.
   */
  watch(kind: KindRef, options?: ListOptions): AsyncIterable<WatchEvent>
  /** Server-side apply; takes over what was applied on the client's side before. */
  apply(object: KubeObject, options: ApplyOptions): Promise<ApplyOutcome>
  /**
   * False when there was nothing to delete. Dependants go in the background, or, with `isForeground`, before the object
   * itself does.
   */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>
  /** Log lines without their newline. */
  logs(pod: PodRef, options?: LogOptions): AsyncIterable<string>
  /** Runs a program in a container of a pod, to its end. Throws KUBE_FAILED when it could not be started. */
  exec(pod: PodRef, options: ExecOptions): Promise<ExecOutcome>
  /**
   * One connection to a port of a pod, as a stream whose directions end by themselves; that nothing listens there comes as
   * the stream's error.
   */
  connectPort(pod: PodRef, options: { readonly port: number; readonly signal?: AbortSignal }): Promise<Duplex>
  /** Whether objects of this kind live in namespaces; throws KUBE_UNKNOWN_KIND for a kind the cluster lacks. */
  isNamespaced(kind: KindRef, signal?: AbortSignal): Promise<boolean>
  close(): Promise<void>
}
