import { runForOutput, type RunProcess } from '../subprocess/index.ts'

/** What git is run with. */
export interface GitOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Questions to git about a folder of a repository; each runs git when it is asked. They throw PROGRAM_FAILED outside of a
 * repository or before the first commit, and PROGRAM_MISSING without git.
 */
export interface GitFacts {
  commit(): Promise<string>
  abbreviatedCommit(): Promise<string>
  /** The last tag and what came after it, else the abbreviated commit: `git describe --tags --always`. */
  description(): Promise<string>
  /** Id of what the last commit has in the folder. */
  tree(): Promise<string>
  abbreviatedTree(): Promise<string>
  /** Undefined when a commit is checked out and not a branch, as on most CI systems. */
  branch(): Promise<string | undefined>
  /** Whether anything in the folder differs from the last commit, files that git does not know included. */
  hasChanges(): Promise<boolean>
}

/** What git knows about a folder, given by its absolute path. */
export function gitFacts(folder: string, { runProcess, env, signal }: GitOutside): GitFacts {
  const git = async (...args: readonly string[]): Promise<string> => {
    const spec = { command: 'git', args, cwd: folder, env, ...(signal === undefined ? {} : { signal }) }
    return (await runForOutput(runProcess, spec)).trim()
  }
  const treeName = async (): Promise<string> => `HEAD:${await git('rev-parse', '--show-prefix')}`
  return {
    commit: () => git('rev-list', '-1', 'HEAD'),
    abbreviatedCommit: () => git('rev-list', '-1', 'HEAD', '--abbrev-commit'),
    description: () => git('describe', '--tags', '--always'),
    tree: async () => git('rev-parse', await treeName()),
    abbreviatedTree: async () => git('rev-parse', '--short', await treeName()),
    branch: async () => (await git('branch', '--show-current')) || undefined,
    hasChanges: async () => (await git('status', '.', '--porcelain')) !== '',
  }
}
