import { compileGoPattern, hasWildcards } from '../../../support/index.ts'
import { compilePattern } from '../../../workspace/index.ts'
import { cleanPath, joinPath, type FileTree } from './file-tree.ts'
import { resolvePath } from './resolve-path.ts'

/**
 * The paths that a source of COPY means: itself, or what its wildcards match, in the order of a walk. The links of what comes
 * before the first wildcard are followed. Undefined when that is not there.
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function matchSources(tree: FileTree, source: string): readonly string[] | undefined {
  const { folder, pattern } = splitPattern(source)
  if (pattern.length === 0) return [folder]
  const start = resolvePath(tree, folder)
  if (tree.get(start) === undefined) return undefined
  return pattern.some(mayMatchSlash) ? walk(tree, start, pattern) : matchParts(tree, start, pattern)
}

/** The components before the first wildcard, and the others. */
export function splitPattern(source: string): { readonly folder: string; readonly pattern: readonly string[] } {
  const parts = cleanPath(source).split('/')
  const first = parts.findIndex(hasWildcards)
  if (first === -1) return { folder: parts.join('/'), pattern: [] }
  return { folder: parts.slice(0, first).join('/'), pattern: parts.slice(first) }
}

/**
 * Whether a source is a pattern that Go does not read: a class that is not ended or starts with `-` or `]`. In a build context
 * BuildKit matches by a regular expression first, in which a reversed range is an error as well.
 */
export function isMalformed(source: string, isInContext: boolean): boolean {
  if (!hasWildcards(source)) return false
  return compileGoPattern(source) === undefined || (isInContext && compilePattern(cleanPath(source)) === undefined)
}

/** A class can match a slash, or have one in it, so that what is deeper than the pattern counts. */
function mayMatchSlash(part: string): boolean {
  return /\[(?:\^|.*-)/s.test(part) || compileGoPattern(part) === undefined
}

function walk(tree: FileTree, start: string, parts: readonly string[]): readonly string[] {
  const isMatch = compileGoPattern(parts.join('/')) ?? (() => false)
  const deepest = parts.join('/').split(/[/[]/).length
  const visit = (below: string, depth: number): readonly string[] =>
    tree.list(below === '' ? start : joinPath(start, below)).flatMap((name) => {
      const path = joinPath(below, name)
      const own = isMatch(path) ? [joinPath(start, path)] : []
      const isDirectory = depth < deepest && tree.get(joinPath(start, path))?.kind === 'directory'
      return isDirectory ? [...own, ...visit(path, depth + 1)] : own
    })
  return visit('', 1)
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
