import { compileGoPattern, hasWildcards } from '../../../support/index.ts'
import { cleanPath, joinPath, type FileTree } from './file-tree.ts'
import { resolvePath } from './resolve-path.ts'

/**
 * The paths that a source of COPY means: itself, or what its wildcards match, in code unit order. The links of what comes
 * before the first wildcard are followed.
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function matchSources(tree: FileTree, source: string): readonly string[] {
  const parts = cleanPath(source).split('/')
  const first = parts.findIndex(hasWildcards)
  if (first === -1) return [parts.join('/')]
  const start = resolvePath(tree, parts.slice(0, first).join('/'))
  return matchParts(tree, start, parts.slice(first))
}

/** Whether a source is a pattern that Go does not read: a class that is not ended or starts with `-` or `]`. */
export function isMalformed(source: string): boolean {
  return hasWildcards(source) && compileGoPattern(source) === undefined
}

function matchParts(tree: FileTree, folder: string, parts: readonly string[]): readonly string[] {
  const [part, ...rest] = parts
  if (part === undefined) return [folder]
  const isMatch = compileGoPattern(part) ?? (() => false)
  const matches = tree.list(folder).filter(isMatch)
  return matches.flatMap((name) => {
    const path = joinPath(folder, name)
    if (rest.length === 0) return [path]
    return tree.get(path)?.kind === 'directory' ? matchParts(tree, path, rest) : []
  })
}
