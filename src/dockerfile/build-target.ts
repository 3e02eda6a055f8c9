import type { Platform } from '../platform/index.ts'

/** What is to be built of a Dockerfile. */
export interface BuildTarget {
  /** A stage's name; the last stage when absent. */
  readonly target?: string
  readonly platform: Platform
  /** This machine's, for `BUILDPLATFORM`. */
  readonly buildPlatform: Platform
  readonly buildArgs: Readonly<Record<string, string>>
}
