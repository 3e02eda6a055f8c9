/** Commands that run on this machine before and after something. */
export interface HostHooks {
  readonly before?: readonly HostHook[]
  readonly after?: readonly HostHook[]
}

/** A command that runs on this machine. */
export interface HostHook {
  readonly command: readonly string[]
  /** Absent: every system. */
  readonly os?: readonly string[]
  /** Absent: the build context. */
  readonly dir?: string
}
