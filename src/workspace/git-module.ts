import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isToolError, redact, ToolError } from '../errors/index.ts'
import { runForOutput, type RunProcess } from '../subprocess/index.ts'

/** A repository, and what of it. */
export interface GitSource {
  /** URL or path, as git clone takes it. */
  readonly repo: string
  /** A branch, tag or commit; absent: the default branch. */
  readonly ref?: string
  /** False: a copy that is there stays as it is. */
  readonly sync?: boolean
}

/** When git is asked: at every run, when there is no copy yet, or never. */
export type SyncPolicy = 'always' | 'missing' | 'never'

/** What fetching a repository needs from outside. */
export interface FetchGitOptions {
  /** Absolute path of the folder that copies are kept in. */
  readonly cacheFolder: string
  readonly policy: SyncPolicy
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

/**
 * Gives the folder with a shallow copy of a repository, made or brought up to date as `sync` and the policy say. Copies are
 * kept per repository and ref; a copy is moved into its place whole, so that runs at the same time do no harm.
 * @throws GIT_MODULE_FAILED with git's words, PROGRAM_MISSING without git
 */
export async function fetchGitModule(source: GitSource, options: FetchGitOptions): Promise<string> {
  checkArguments(source)
  const folder = join(options.cacheFolder, keyOf(source))
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  const git = gitIn(source, options)
  if (!isThere && options.policy === 'never') throw notFetched(source, folder)
  if (!isThere) await cloneTo(folder, source, { git, cacheFolder: options.cacheFolder })
  else if (source.sync !== false && options.policy === 'always') await update(folder, source, git)
  return folder
}

type Git = (folder: string, ...args: readonly string[]) => Promise<string>

function gitIn({ repo, ref }: GitSource, { runProcess, env, signal }: FetchGitOptions): Git {
  return async (cwd, ...args) => {
    try {
      return await runForOutput(runProcess, {
        command: 'git',
        // a configuration does not get to run programs through a transport
        args: ['-c', 'protocol.ext.allow=never', ...args],
        cwd,
        // nobody is there to answer
        env: { ...env, GIT_TERMINAL_PROMPT: '0' },
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      if (!isToolError(error, 'PROGRAM_FAILED')) throw error
      const what = ref === undefined ? repo : `${ref} of ${repo}`
      throw new ToolError('GIT_MODULE_FAILED', `cannot fetch ${redact(what)}: ${redact(error.message)}`, {
        hint: 'check `requires[].git`, and that `git clone` of it works without questions',
      })
    }
  }
}

interface Cloning {
  readonly git: Git
  readonly cacheFolder: string
}

async function cloneTo(folder: string, { repo, ref }: GitSource, { git, cacheFolder }: Cloning): Promise<void> {
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 })
  const temporary = join(cacheFolder, `.new-${randomUUID()}`)
  try {
    await git(cacheFolder, 'init', '--quiet', '--', temporary)
    await git(temporary, 'remote', 'add', '--', 'origin', repo)
    await checkOut(temporary, ref, git)
    await rename(temporary, folder)
  } catch (error) {
    // somebody else was faster
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function update(folder: string, { repo, ref }: GitSource, git: Git): Promise<void> {
  await git(folder, 'remote', 'set-url', '--', 'origin', repo)
  await checkOut(folder, ref, git)
}

/** Fetches one commit. A server that gives only branches and tags is asked for everything. */
async function checkOut(folder: string, ref: string | undefined, git: Git): Promise<void> {
  try {
    await git(folder, 'fetch', '--quiet', '--depth=1', 'origin', ref ?? 'HEAD')
    await git(folder, 'reset', '--quiet', '--hard', 'FETCH_HEAD')
  } catch (error) {
    // an abbreviated commit, or a server that gives no commit by its id
    if (ref === undefined || !/^[\da-f]{4,64}$/i.test(ref) || !isToolError(error, 'GIT_MODULE_FAILED')) throw error
    await git(
      folder,
      'fetch',
      '--quiet',
      '--tags',
      ...(await unshallow(folder, git)),
      'origin',
      '+refs/heads/*:refs/remotes/origin/*',
    )
    await git(folder, 'reset', '--quiet', '--hard', ref)
  }
}

async function unshallow(folder: string, git: Git): Promise<readonly string[]> {
  return (await git(folder, 'rev-parse', '--is-shallow-repository')).trim() === 'true' ? ['--unshallow'] : []
}

function keyOf({ repo, ref }: GitSource): string {
  return createHash('sha256')
    .update(JSON.stringify([repo, ref ?? '']))
    .digest('base64url')
    .slice(0, 32)
    .replace(/^-/, '_')
}

function checkArguments({ repo, ref }: GitSource): void {
  const wrong = [repo, ref ?? 'HEAD'].find((text) => text === '' || text.startsWith('-'))
  if (wrong === undefined) return
  throw new ToolError('GIT_MODULE_FAILED', `"${wrong}" is no repository or ref`, {
    hint: 'correct `requires[].git`',
  })
}

function notFetched({ repo }: GitSource, folder: string): ToolError {
  return new ToolError(
    'GIT_MODULE_FAILED',
    `${redact(repo)} is not in the cache (${folder}), and fetching is turned off by --sync-remote-cache=never`,
    { hint: 'run once with --sync-remote-cache=missing' },
  )
}
