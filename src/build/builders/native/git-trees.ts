import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { parseGitUrl } from '../../../dockerfile/index.ts'
import { isToolError, redact, ToolError } from '../../../errors/index.ts'
import type { Reference } from '../../../reference/index.ts'
import { runForOutput, type RunProcess } from '../../../subprocess/index.ts'
import { fetchGitModule, openFileDigests, parseIgnorePatterns, walkContext } from '../../../workspace/index.ts'
import { createFileContents } from './contents.ts'
import { contextTree } from './context-tree.ts'
import type { FileNode, FileTree } from './file-tree.ts'

/** What ADD wants of a repository. */
export interface GitRequest {
  /** `URL#REF:FOLDER` */
  readonly url: string
  readonly keepsGitFolder: boolean
  /** The commit that it has to be, or how its id begins. */
  readonly checksum?: string
  /** Seconds: of everything. */
  readonly mtimeSeconds: number
}

/** Repositories, which are fetched once for all platforms of a build. */
export interface GitTrees {
  /**
   * The files of a repository, or of a folder of it, with its submodules, as git checks them out with the usual umask.
   * @throws BUILD_DOWNLOAD_FAILED, BUILD_CHECKSUM_MISMATCH; DOCKERFILE_NEEDS_GIT without git
   */
  load(request: GitRequest, of: { readonly reference?: Reference; readonly signal: AbortSignal }): Promise<FileTree>
}

/** What repositories are fetched with. */
export interface GitOutside {
  /** A folder of its own is made in it for each repository. */
  readonly workFolder: string
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

export function createGitTrees(outside: GitOutside): GitTrees {
  const fetched = new WeakMap<Reference, Map<string, Promise<string>>>()
  return {
    async load(request, { reference, signal }) {
      const own = (reference === undefined ? undefined : fetched.get(reference)) ?? new Map<string, Promise<string>>()
      if (reference !== undefined) fetched.set(reference, own)
      const fetching = own.get(request.url) ?? fetchRepository(request.url, outside, signal)
      own.set(request.url, fetching)
      fetching.catch(() => own.delete(request.url))
      const clone = await fetching
      await checkCommit(clone, request, { ...outside, signal })
      return treeIn(clone, request, { ...outside, signal })
    },
  }
}

interface Fetching extends GitOutside {
  readonly signal: AbortSignal
}

async function fetchRepository(url: string, outside: GitOutside, signal: AbortSignal): Promise<string> {
  const { repo, ref } = parseGitUrl(url)
  const { runProcess, env, workFolder } = outside
  const cacheFolder = join(workFolder, `git-${randomUUID()}`)
  try {
    const source = ref === undefined ? { repo } : { repo, ref }
    const clone = await fetchGitModule(source, { cacheFolder, policy: 'missing', runProcess, env, signal })
    if (existsSync(join(clone, '.gitmodules'))) {
      await git(clone, ['submodule', 'update', '--init', '--recursive', '--depth=1', '--quiet'], { ...outside, signal })
    }
    return clone
  } catch (error) {
    throw fetchError(error, url)
  }
}

function fetchError(error: unknown, url: string): unknown {
  if (isToolError(error, 'PROGRAM_MISSING')) {
    const hint = 'install git'
    return new ToolError('DOCKERFILE_NEEDS_GIT', `ADD ${redact(url)} needs git, which is not there`, {
      hint,
      cause: error,
    })
  }
  if (!isToolError(error, 'GIT_MODULE_FAILED', 'PROGRAM_FAILED')) return error
  return new ToolError('BUILD_DOWNLOAD_FAILED', `ADD ${redact(url)}: ${redact(error.message)}`, {
    hint: 'check the URL, and that `git clone` of it works without questions',
    cause: error,
  })
}

async function git(cwd: string, args: readonly string[], { runProcess, env, signal }: Fetching): Promise<string> {
  const safe = ['-c', 'protocol.ext.allow=never', ...args]
  const output = await runForOutput(runProcess, {
    command: 'git',
    args: safe,
    cwd,
    env: { ...env, GIT_TERMINAL_PROMPT: '0' },
    signal,
  })
  return output.trim()
}

async function checkCommit(clone: string, { url, checksum }: GitRequest, outside: Fetching): Promise<void> {
  if (checksum === undefined) return
  const commit = await git(clone, ['rev-parse', 'HEAD'], outside)
  if (commit.startsWith(checksum)) return
  throw new ToolError(
    'BUILD_CHECKSUM_MISMATCH',
    `ADD ${redact(url)} is commit ${commit}, and --checksum is ${checksum}`,
    {
      hint: 'check where the repository comes from, then write its commit into --checksum',
    },
  )
}

async function treeIn(clone: string, request: GitRequest, { now, signal }: Fetching): Promise<FileTree> {
  const { folder = '' } = parseGitUrl(request.url)
  const path = await folderIn(clone, folder)
  if (path === undefined) {
    const problem = `ADD ${redact(request.url)}: there is no folder ${folder} in it`
    throw new ToolError('BUILD_SOURCE_MISSING', problem, { hint: 'correct the part after the last colon' })
  }
  const ignore = parseIgnorePatterns(request.keepsGitFolder ? [] : ['**/.git'], 'ADD')
  const listing = await walkContext(path, { ignore, signal })
  const contents = createFileContents(openFileDigests({ now }).in(path))
  return withGitModes(contextTree(listing, { contents, mtimeSeconds: request.mtimeSeconds }))
}

/** Links on the way are followed, as long as they stay in the repository. */
async function folderIn(clone: string, folder: string): Promise<string | undefined> {
  const root = await realpath(clone)
  const path = await realpath(join(root, folder)).catch(() => undefined)
  return path === root || path?.startsWith(root + sep) === true ? path : undefined
}

/** Git knows whether a file is executable, and nothing else of modes: the umask here is nobody's business. */
function withGitModes(tree: FileTree): FileTree {
  const modeOf = ({ kind, mode }: FileNode): number => {
    if (kind === 'symlink') return mode
    return kind === 'directory' || (mode & 0o100) !== 0 ? 0o755 : 0o644
  }
  const withMode = (node: FileNode): FileNode => ({ ...node, mode: modeOf(node) })
  const nodes = new Map<string, FileNode>()
  return {
    get(path) {
      const node = nodes.get(path) ?? tree.get(path)
      if (node === undefined || nodes.has(path)) return node
      nodes.set(path, withMode(node))
      return nodes.get(path)
    },
    list: (path) => tree.list(path),
  }
}
