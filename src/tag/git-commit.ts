import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import type { TagPolicy } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import { runForOutput } from '../subprocess/index.ts'
import type { MakeTag, TagOutside } from './contract.ts'

type GitPolicy = Extract<TagPolicy, { kind: 'gitCommit' }>
type Git = (...args: readonly string[]) => Promise<string>

/**
 * A tag after the commit that is checked out in the build context; `-dirty` when files below it differ from it.
 * Throws PROGRAM_FAILED outside of a repository and PROGRAM_MISSING without git.
 */
export function gitCommitTag(policy: GitPolicy, { runProcess, env }: TagOutside): MakeTag {
  return async ({ folder }, signal) => {
    const git: Git = async (...args) => {
      const spec = { command: 'git', args, cwd: folder, env, ...(signal === undefined ? {} : { signal }) }
      return (await runForOutput(runProcess, spec)).trim()
    }
    const name = sanitize(await nameOf(policy.variant, git, folder))
    if (policy.ignoreChanges) return policy.prefix + name
    const changes = await git('status', '.', '--porcelain')
    return `${policy.prefix}${name}${changes === '' ? '' : '-dirty'}`
  }
}

async function nameOf(variant: GitPolicy['variant'], git: Git, folder: string): Promise<string> {
  switch (variant) {
    case 'Tags':
      return git('describe', '--tags', '--always')
    case 'CommitSha':
      return git('rev-list', '-1', 'HEAD')
    case 'AbbrevCommitSha':
      return git('rev-list', '-1', 'HEAD', '--abbrev-commit')
    case 'TreeSha':
      return git('rev-parse', `HEAD:${await pathInRepository(git, folder)}/`)
    case 'AbbrevTreeSha':
      return git('rev-parse', '--short', `HEAD:${await pathInRepository(git, folder)}/`)
    case 'Branches': {
      const branch = await git('branch', '--show-current')
      // nothing is checked out by a branch's name, as on most CI systems
      return branch === '' ? git('rev-list', '-1', 'HEAD', '--abbrev-commit') : branch
    }
  }
}

/** With git's separators; `.` for the top. */
async function pathInRepository(git: Git, folder: string): Promise<string> {
  const top = await git('rev-parse', '--show-toplevel')
  const path = relative(top, await realFolder(folder))
  return path === '' ? '.' : path.split(sep).join('/')
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder)
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read the folder ${folder}`, { cause: error })
  }
}

/** What may stand in a tag, at most 128 characters of it. */
function sanitize(text: string): string {
  return text
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^[-.]+/, (lead) => '_'.repeat(lead.length))
    .slice(0, 128)
}
