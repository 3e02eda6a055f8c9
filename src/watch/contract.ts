/** Paths that changed together. */
export interface ChangeSet {
  /** Absolute, sorted, each once: files that were written, created or deleted, and folders whose content changed. */
  readonly paths: readonly string[]
}

/** Follows changes of files until it is closed. */
export interface Watcher {
  /** What changed, gathered until there is quiet. For one reader. Ends when the watcher is closed or its signal aborted. */
  changes(): AsyncIterable<ChangeSet>
  close(): Promise<void>
}

/** What is watched, and how. */
export interface WatchOptions {
  /**
   * Absolute paths of files, and of folders where files may appear. Asked at the start and again after changes: what it
   * throws ends {@link Watcher.changes}.
   */
  readonly paths: () => Promise<readonly string[]>
  /** Quiet time that ends a change; 100 ms when absent. A change that never ends is given after ten times as long. */
  readonly debounceMs?: number
  readonly signal?: AbortSignal
  /** Ask the file system again and again instead of being told; chosen when telling is not possible. */
  readonly poll?: boolean
  /** Between two looks when polling; 500 ms when absent. */
  readonly pollMs?: number
}

/** Where news of changes come from. */
export interface ChangeSource {
  /** Watches exactly these paths from now on. */
  update(paths: readonly string[]): Promise<void>
  close(): void
}

/** How a source reports. `onRefused`: this machine cannot tell about more files; another source has to be used. */
export interface ChangeListener {
  onChange(path: string): void
  onRefused(): void
}
