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

/** Whether a source is a pattern. */
export function hasWildcards(source: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(source)
}

const wellFormed = /^(?:[^\\[]|\\.|\[(?:\^|(?!\^))(?:(?:[^\\\]-]|\\.)(?:-(?:[^\\\]-]|\\.))?)+\])*$/su

/** Whether a source is a pattern that Go does not read: a class that is not ended or starts with `-` or `]`. */
export function isMalformed(source: string): boolean {
  return hasWildcards(source) && !wellFormed.test(source)
}

function matchParts(tree: FileTree, folder: string, parts: readonly string[]): readonly string[] {
  const [part, ...rest] = parts
  if (part === undefined) return [folder]
  const matcher = nameMatcher(part)
  const matches = tree.list(folder).filter((name) => matcher.test(name))
  return matches.flatMap((name) => {
    const path = joinPath(folder, name)
    if (rest.length === 0) return [path]
    return tree.get(path)?.kind === 'directory' ? matchParts(tree, path, rest) : []
  })
}

/** One component of a pattern of Go's `filepath.Match`. */
function nameMatcher(pattern: string): RegExp {
  const characters = Array.from(pattern)
  let regex = ''
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '*') regex += '[^/]*'
    else if (character === '?') regex += '[^/]'
    else if (character === '[') {
      const end = classEnd(characters, at)
      if (end === -1) return /^(?!)/u
      regex += classRegex(characters.slice(at + 1, end))
      at = end
    } else if (character === '\\' && at + 1 < characters.length) {
      at += 1
      regex += escapeRegex(characters[at] ?? '')
    } else regex += escapeRegex(character)
  }
  return new RegExp(`^${regex}$`, 'su')
}

function classEnd(characters: readonly string[], start: number): number {
  for (let at = start + (characters[start + 1] === '^' ? 3 : 2); at < characters.length; at += 1) {
    if (characters[at] === '\\') at += 1
    else if (characters[at] === ']') return at
  }
  return -1
}

function classRegex(inside: readonly string[]): string {
  const isNegated = inside[0] === '^'
  let regex = ''
  const body = isNegated ? inside.slice(1) : inside
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at] ?? ''
    if (character === '-' && at > 0 && at < body.length - 1) regex += '-'
    else if (character === '\\' && at + 1 < body.length) {
      at += 1
      regex += escapeClass(body[at] ?? '')
    } else regex += escapeClass(character)
  }
  return isNegated ? `[^/${regex}]` : `[${regex}]`
}

function escapeRegex(character: string): string {
  return /^[\\^$.*+?()[\]{}|/]$/.test(character) ? `\\${character}` : character
}

function escapeClass(character: string): string {
  return /^[\\^\]-]$/.test(character) ? `\\${character}` : character
}
