import type { ConfigDocument } from './documents.ts'
import { valueOf } from './node.ts'
import { newestVersion } from './versions.ts'

/** Something that works, and could be better. */
export interface LintFinding {
  readonly rule: string
  readonly explanation: string
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The line that it is about. */
  readonly text: string
}

/** Finds what could be better in configurations, before profiles are applied. */
export function lintConfigs(documents: readonly ConfigDocument[]): readonly LintFinding[] {
  return documents.flatMap((document) => [...lintVersion(document), ...lintProfiles(document)])
}

function lintVersion({ source, root }: ConfigDocument): readonly LintFinding[] {
  const at = valueOf(root, 'apiVersion')?.at ?? root.at
  const [, written] = /^["']?([^\s"'#,}]+)/.exec(source.text.slice(at)) ?? []
  if (written === undefined || written === newestVersion || !written.startsWith('skaffold/')) return []
  const explanation = `Found 'apiVersion' field with value that is not the latest skaffold apiVersion. Modify the apiVersion to the latest version: \`apiVersion: ${newestVersion}\` or run the 'catamaran fix' command to have it upgraded for you.`
  return [findingAt({ source, root }, at, { rule: 'ID000001', explanation })]
}

/** A profile with neither content nor name is a slip; one that nothing can activate but -p is not. */
function lintProfiles({ source, root }: ConfigDocument): readonly LintFinding[] {
  const profiles = valueOf(root, 'profiles')
  if (profiles?.kind !== 'list') return []
  return profiles.items.flatMap((profile) => {
    if (profile.kind !== 'map') return []
    const changes = profile.entries.filter(({ key }) => !['name', 'activation', 'requiresAllActivations'].includes(key))
    if (changes.length > 0) return []
    const explanation = 'The profile changes nothing. Give it a section or patches, or remove it.'
    return [findingAt({ source, root }, profile.at, { rule: 'SKAFFOLD_YAML_PROFILE_EMPTY', explanation })]
  })
}

function findingAt(
  { source }: ConfigDocument,
  at: number,
  said: Pick<LintFinding, 'explanation' | 'rule'>,
): LintFinding {
  const lineStart = source.text.lastIndexOf('\n', at - 1) + 1
  const [text = ''] = source.text.slice(lineStart).split('\n')
  return {
    ...said,
    file: source.file,
    line: source.text.slice(0, lineStart).split('\n').length,
    column: at - lineStart + 1,
    text,
  }
}
