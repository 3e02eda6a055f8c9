import { valueOf, type Node } from './node.ts'
import { readBoolean, readItems, readText } from './read.ts'
import type { TagPolicy } from './types.ts'

type SimplePolicy = Exclude<TagPolicy, { kind: 'customTemplate' }>

/** The policy that a `tagPolicy` chooses; gitCommit when it chooses none. */
export function tagPolicyOf(policy: Node | undefined): TagPolicy {
  const custom = valueOf(policy, 'customTemplate')
  if (custom?.kind !== 'map') return simplePolicyOf(policy)
  const components = readItems(valueOf(custom, 'components')).map((component) => ({
    name: readText(valueOf(component, 'name')) ?? '',
    policy: simplePolicyOf(component),
  }))
  return { kind: 'customTemplate', template: readText(valueOf(custom, 'template')) ?? '', components }
}

function simplePolicyOf(policy: Node | undefined): SimplePolicy {
  const envTemplate = valueOf(policy, 'envTemplate')
  if (envTemplate?.kind === 'map') {
    return { kind: 'envTemplate', template: readText(valueOf(envTemplate, 'template')) ?? '' }
  }
  const dateTime = valueOf(policy, 'dateTime')
  if (dateTime?.kind === 'map') return dateTimeOf(dateTime)
  if (valueOf(policy, 'sha256')?.kind === 'map') return { kind: 'sha256' }
  if (valueOf(policy, 'inputDigest')?.kind === 'map') return { kind: 'inputDigest' }
  const gitCommit = valueOf(policy, 'gitCommit')
  return {
    kind: 'gitCommit',
    variant: variantOf(readText(valueOf(gitCommit, 'variant'))),
    prefix: readText(valueOf(gitCommit, 'prefix')) ?? '',
    ignoreChanges: readBoolean(valueOf(gitCommit, 'ignoreChanges')) ?? false,
  }
}

function dateTimeOf(node: Node): SimplePolicy {
  const format = readText(valueOf(node, 'format'))
  const timezone = readText(valueOf(node, 'timezone'))
  return {
    kind: 'dateTime',
    ...(format === undefined ? {} : { format }),
    ...(timezone === undefined ? {} : { timezone }),
  }
}

const variants = ['Tags', 'CommitSha', 'AbbrevCommitSha', 'TreeSha', 'AbbrevTreeSha', 'Branches'] as const

function variantOf(name: string | undefined): (typeof variants)[number] {
  return variants.find((variant) => variant === name) ?? 'Tags'
}
