/** One line of an ignore file, ready to match paths. */
export interface IgnorePattern {
  /** It was written with `!`: what matches is not ignored after all. */
  readonly isException: boolean
  /** The pattern without `!`. */
  readonly text: string
  /** Whether it matches the path itself; its parents are somebody else's matter. */
  readonly matches: (path: string) => boolean
}

/** Characters that mean something in a regular expression and nothing in these patterns. */
const special = /[.+()|{}$]/

/**
 * Compiles a pattern as Docker's matcher does, its odd sides included: `**` in front means "ends with", `**` at the end
 * means "begins with", and `*` and `?` do not match a slash while `[^a]` does. Undefined when it is malformed.
 * @see https://github.com/moby/patternmatcher
 */
export function compilePattern(text: string): ((path: string) => boolean) | undefined {
  if (!isWellFormed(text)) return undefined
  const { kind, source } = translate(Array.from(text))
  if (kind === 'exact') return (path) => path === text
  if (kind === 'prefix') return (path) => path.startsWith(text.slice(0, -2))
  if (kind === 'suffix') {
    const suffix = text.slice(2)
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1))
  }
  try {
    const expression = new RegExp(`^${toScript(source)}$`, 'u')
    return (path) => expression.test(path)
  } catch {
    return undefined
  }
}

interface Translation {
  kind: 'exact' | 'prefix' | 'suffix' | 'expression'
  /** A regular expression in Go's syntax. */
  source: string
}

/** Goes through the pattern's characters; which kind of match it is turns out on the way. */
function translate(characters: readonly string[]): Translation {
  const result: Translation = { kind: 'exact', source: '' }
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '*') at = translateStar(characters, at, result)
    else if (character === '\\') {
      at += 1
      result.kind = 'expression'
      result.source += `\\${characters[at] ?? ''}`
    } else if (character === '[' || character === ']' || character === '?') {
      result.kind = 'expression'
      result.source += character === '?' ? '[^/]' : character
    } else result.source += special.test(character) ? `\\${character}` : character
  }
  return result
}

/** Gives the place of the last character that belongs to it. */
function translateStar(characters: readonly string[], at: number, result: Translation): number {
  if (characters[at + 1] !== '*') {
    result.source += '[^/]*'
    result.kind = 'expression'
    return at
  }
  const end = characters[at + 2] === '/' ? at + 2 : at + 1
  const isLast = end === characters.length - 1
  if (isLast && result.kind === 'exact') result.kind = 'prefix'
  else {
    result.source += isLast ? '.*' : '(.*/)?'
    result.kind = 'expression'
  }
  if (at === 0) result.kind = 'suffix'
  return end
}

/** The same in JavaScript's syntax: brackets that mean themselves and needless backslashes are errors there. */
function toScript(source: string): string {
  let result = ''
  let isInClass = false
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? ''
    if (character === '\\') {
      at += 1
      result += escaped(source[at] ?? '', isInClass)
    } else if (character === '[') {
      result += isInClass ? '\\[' : '['
      isInClass = true
    } else if (character === ']') {
      result += isInClass ? ']' : '\\]'
      isInClass = false
    } else result += character
  }
  return result
}

function escaped(character: string, isInClass: boolean): string {
  const isSyntax = /[\\^$.*+?()[\]{}|/]/.test(character) || (isInClass && character === '-')
  return isSyntax ? `\\${character}` : character
}

/** As Go's filepath.Match: classes are closed and not empty, ranges have both ends, and a backslash is not the last. */
function isWellFormed(text: string): boolean {
  const characters = Array.from(text)
  for (let at = 0; at < characters.length; at += 1) {
    if (characters[at] === '\\') {
      at += 1
      if (at >= characters.length) return false
    } else if (characters[at] === '[') {
      const end = classEnd(characters, at)
      if (end === undefined) return false
      at = end
    }
  }
  return true
}

/** Where the class that begins at `start` is closed. */
function classEnd(characters: readonly string[], start: number): number | undefined {
  let at = start + (characters[start + 1] === '^' ? 2 : 1)
  for (let ranges = 0; ; ranges += 1) {
    if (characters[at] === ']' && ranges > 0) return at
    const low = classCharacter(characters, at)
    if (low === undefined) return undefined
    at = low
    if (characters[at] !== '-') continue
    const high = classCharacter(characters, at + 1)
    if (high === undefined) return undefined
    at = high
  }
}

/** The place after one character of a class, which may be escaped. */
function classCharacter(characters: readonly string[], at: number): number | undefined {
  const character = characters[at]
  if (character === undefined || character === '-' || character === ']') return undefined
  const next = character === '\\' ? at + 2 : at + 1
  return next < characters.length ? next : undefined
}
