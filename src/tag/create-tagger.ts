import type { TagPolicy } from '../config/index.ts'
import { isToolError, ToolError } from '../errors/index.ts'
import { parseReference } from '../reference/index.ts'
import type { MakeTag, Tagger, TagOutside } from './contract.ts'
import { customTemplateTag } from './custom-template.ts'
import { dateTimeTag } from './date-time.ts'
import { envTemplateTag } from './env-template.ts'
import { gitCommitTag } from './git-commit.ts'
import { inputDigestTag } from './input-digest.ts'
import { sha256Tag } from './sha256.ts'

/**
 * The tagger of a policy. A policy that fails, as git does outside of a repository, is reported as a warning and gives way
 * to `sha256`, as in Skaffold: the image is then called `latest`.
 *
 * @throws REFERENCE_INVALID when what comes out is no image name
 * @see https://skaffold.dev/docs/taggers/
 */
export function createTagger(policy: TagPolicy, outside: TagOutside): Tagger {
  const make = makerOf(policy, outside)
  return {
    async tag(subject, signal) {
      return fullName(subject.image, await orSha256(make, { subject, signal, outside, policy }))
    },
  }
}

/** The maker for a policy, also for the parts of a custom template. */
function makerOf(policy: TagPolicy, outside: TagOutside): MakeTag {
  if (policy.kind === 'gitCommit') return gitCommitTag(policy, outside)
  if (policy.kind === 'sha256') return sha256Tag
  if (policy.kind === 'envTemplate') return envTemplateTag(policy.template, outside)
  if (policy.kind === 'dateTime') return dateTimeTag(policy, outside.now)
  if (policy.kind === 'inputDigest') return inputDigestTag
  return customTemplateTag(policy, { make: (component) => makerOf(component, outside), outside })
}

interface Attempt {
  readonly subject: Parameters<MakeTag>[0]
  readonly signal: AbortSignal | undefined
  readonly outside: TagOutside
  readonly policy: TagPolicy
}

async function orSha256(make: MakeTag, { subject, signal, outside, policy }: Attempt): Promise<string> {
  try {
    return await make(subject, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isToolError(error)) throw error
    outside.emit({
      type: 'warning',
      text: `Some taggers failed: the ${policy.kind} tagger could not tag ${subject.image}, so it is tagged "latest": ${error.message}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
    return sha256Tag(subject, signal)
  }
}

/** Templates may write the image's name themselves. */
function fullName(image: string, tag: string): string {
  const name = tag === '' || tag.startsWith(`${image}:`) ? tag : `${image}:${tag}`
  const full = name === '' ? image : name
  try {
    parseReference(full.toLowerCase().startsWith('ko://') ? full.slice('ko://'.length) : full)
  } catch (error) {
    if (!isToolError(error, 'REFERENCE_INVALID')) throw error
    throw new ToolError('REFERENCE_INVALID', `the tag policy makes "${full}" of ${image}, which is no image name`, {
      hint: 'use letters, digits, "_", "." and "-" in tags, at most 128 of them',
      cause: error,
    })
  }
  return full
}
