/** Files of a build context that changed, relative to it: `src/app.js`. */
export interface ChangedFiles {
  readonly written: readonly string[]
  readonly deleted: readonly string[]
}

/** What to do in containers instead of building. */
export interface SyncPlan {
  readonly copies: readonly SyncCopy[]
  /** Paths in the container; a relative one starts from the image's working directory. */
  readonly deletions: readonly string[]
}

/** One file and where it goes. */
export interface SyncCopy {
  /** Relative to the context. */
  readonly source: string
  /** A path in the container; a relative one starts from the image's working directory. */
  readonly destination: string
}

/** A container that takes files. */
export interface SyncTarget {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}
