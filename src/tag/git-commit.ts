import type { TagPolicy } from '../config/index.ts'
import { gitFacts, type GitFacts } from '../workspace/index.ts'
import type { MakeTag, TagOutside } from './contract.ts'

type GitPolicy = Extract<TagPolicy, { kind: 'gitCommit' }>

/**
 * A tag after the commit that is checked out in the build context; `-dirty` when files below it differ from it.
 * Throws PROGRAM_FAILED outside of a repository and PROGRAM_MISSING without git.
 */
export function gitCommitTag(policy: GitPolicy, { runProcess, env }: TagOutside): MakeTag {
  return async ({ folder }, signal) => {
    const git = gitFacts(folder, { runProcess, env, signal })
    const name = sanitize(await names[policy.variant](git))
    const isDirty = !policy.ignoreChanges && (await git.hasChanges())
    return `${policy.prefix}${name}${isDirty ? '-dirty' : ''}`
  }
}

const names: Readonly<Record<GitPolicy['variant'], (git: GitFacts) => Promise<string>>> = {
  Tags: (git) => git.description(),
  CommitSha: (git) => git.commit(),
  AbbrevCommitSha: (git) => git.abbreviatedCommit(),
  TreeSha: (git) => git.tree(),
  AbbrevTreeSha: (git) => git.abbreviatedTree(),
  Branches: async (git) => (await git.branch()) ?? git.abbreviatedCommit(),
}

/** What may stand in a tag, at most 128 characters of it. */
function sanitize(text: string): string {
  return text
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^[-.]+/, (lead) => '_'.repeat(lead.length))
    .slice(0, 128)
}
