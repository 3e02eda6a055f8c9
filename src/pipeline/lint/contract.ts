import type { ConfigDocument, LintFinding, SkaffoldConfig } from '../../config/index.ts'
import type { Platform } from '../../platform/index.ts'

/** What is looked through. */
export interface LintProject {
  /** Profiles applied, in the order of `configs`. */
  readonly documents: readonly ConfigDocument[]
  readonly configs: readonly SkaffoldConfig[]
  /** Absolute; files are named relative to it. */
  readonly cwd: string
  readonly host: Platform
  readonly signal: AbortSignal
}

/** A finding in another file than a configuration. */
export type FoundInFile = Pick<LintFinding, 'column' | 'explanation' | 'file' | 'line' | 'rule'>
