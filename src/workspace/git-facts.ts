import { isToolError } from '../errors/index.ts'
import { runForOutput, type RunProcess } from '../subprocess/index.ts'

/** What git is run with. */
export interface GitOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

/** Questions to git about one folder of a repository. Each runs git when it is asked, and throws PROGRAM_FAILED. */
export interface GitFacts {
  /** Path of the folder below the repository's root, with a slash at its end; `''` is the root. */
  readonly prefix: string
  commit(): Promise<string>
  abbreviatedCommit(): Promise<string>
  /** `git describe --tags --always`. */
  description(): Promise<string>
  /** Of the folder's content in the last commit. */
  tree(): Promise<string>
  abbreviatedTree(): Promise<string>
  /** Undefined when no branch is checked out. */
  branch(): Promise<string | undefined>
  /** Whether anything in the folder differs from the last commit, files that git does not know included. */
  hasChanges(): Promise<boolean>
}

/**
 * What git knows about a folder; undefined when it is in no repository, or there is no git.
 */
export async function gitFacts(folder: string, outside: GitOutside): Promise<GitFacts | undefined> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { runProcess, env, signal } = outside
    const output = await runForOutput(runProcess, {
      command: 'git',
      args,
      cwd: folder,
      // Messages are read by people, never by code; the optional lock would disturb the user's own git.
      env: { ...env, GIT_OPTIONAL_LOCKS: '0' },
      ...(signal === undefined ? {} : { signal }),
    })
    return output.trim()
  }
  try {
    const prefix = await git('rev-parse', '--show-prefix')
    return {
      prefix,
      commit: () => git('rev-list', '-1', 'HEAD'),
      abbreviatedCommit: () => git('rev-list', '-1', 'HEAD', '--abbrev-commit'),
      description: () => git('describe', '--tags', '--always'),
      tree: () => git('rev-parse', `HEAD:${prefix}`),
      abbreviatedTree: () => git('rev-parse', '--short', `HEAD:${prefix}`),
      branch: async () => (await git('branch', '--show-current')) || undefined,
      hasChanges: async () => (await git('status', '.', '--porcelain')) !== '',
    }
  } catch (error) {
    if (isToolError(error, 'PROGRAM_FAILED', 'PROGRAM_MISSING')) return undefined
    throw error
  }
}
