import type { LocalCluster, LocalRegistry } from '../load/index.ts'

/** A cluster on this machine, as images see it. */
export interface OwnCluster {
  readonly cluster: LocalCluster
  /** The registry that it says it has; asked once. Undefined: none, or nobody can say. */
  readonly registry: () => Promise<LocalRegistry | undefined>
}
