import type { TagPolicy } from '../config/index.ts'
import { isToolError } from '../errors/index.ts'
import type { MakeTag, TagOutside, TagSubject } from './contract.ts'
import { dateTimeTag } from './date-time.ts'
import { renderTag } from './env-template.ts'
import { gitCommitTag } from './git-commit.ts'
import { inputDigestTag } from './input-digest.ts'
import { sha256Tag } from './sha256.ts'

type CustomPolicy = Extract<TagPolicy, { kind: 'customTemplate' }>

/** How the parts of a template are made. */
export interface ComponentOptions {
  readonly make: (policy: CustomPolicy['components'][number]['policy']) => MakeTag
  readonly outside: TagOutside
}

/** A template over named tags and the built-in ones: GIT, DATE, SHA and INPUT_DIGEST. */
export function customTemplateTag(
  { template, components }: CustomPolicy,
  { make, outside }: ComponentOptions,
): MakeTag {
  const builtIn: Readonly<Record<string, MakeTag>> = {
    GIT: gitCommitTag({ kind: 'gitCommit', variant: 'Tags', prefix: '', ignoreChanges: false }, outside),
    DATE: dateTimeTag({}, outside.now),
    SHA: sha256Tag,
    INPUT_DIGEST: inputDigestTag,
  }
  return async (subject, signal) => {
    const used = Object.entries(builtIn).filter(([name]) => template.includes(name))
    const data = Object.fromEntries([
      ...(await Promise.all(used.map(async ([name, tag]) => [name, await orNothing(tag, subject, signal)] as const))),
      ...(await Promise.all(
        components.map(async ({ name, policy }) => [name, await make(policy)(subject, signal)] as const),
      )),
    ])
    return renderTag(template, { data, outside, signal })
  }
}

/** A built-in part that cannot be made is empty, as in Skaffold. */
async function orNothing(tag: MakeTag, subject: TagSubject, signal?: AbortSignal): Promise<string> {
  try {
    return await tag(subject, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isToolError(error)) throw error
    return ''
  }
}
