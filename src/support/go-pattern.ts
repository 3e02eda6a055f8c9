import { hasCharacter, type CharacterClass, type CharacterRange } from './character-class.ts'

/**
 * A pattern as Go's `path.Match` reads it, which is `filepath.Match` on Unix: `*` and `?` do not match a slash, `[a-z]` and
 * `[^a-z]` are classes, and a backslash takes the meaning away. A reversed range holds nothing. Undefined for what Go calls a
 * bad pattern: a class that is not ended, is empty or has a range without an end, or a backslash at the end.
 * @see https://pkg.go.dev/path#Match
 */
export function compileGoPattern(pattern: string): ((text: string) => boolean) | undefined {
  const chunks = readChunks(Array.from(pattern))
  return chunks === undefined ? undefined : (text) => matchChunks(chunks, Array.from(text))
}

/** Whether a text means more than itself to Go's globs: an unescaped `*`, `?` or `[` is in it. */
export function hasWildcards(text: string): boolean {
  return /^(?:[^*?[\\]|\\.|\\$)*[*?[]/s.test(text)
}

/** Matches one character. */
type Token = (character: string) => boolean

/** What stands between two stars. */
interface Chunk {
  readonly hasStar: boolean
  readonly tokens: readonly Token[]
}

function readChunks(characters: readonly string[]): readonly Chunk[] | undefined {
  const chunks: { hasStar: boolean; tokens: Token[] }[] = [{ hasStar: false, tokens: [] }]
  for (let at = 0; at < characters.length;) {
    const chunk = chunks.at(-1)
    if (characters[at] === '*') {
      chunks.push({ hasStar: true, tokens: [] })
      at += 1
      continue
    }
    const read = readToken(characters, at)
    if (read === undefined) return undefined
    chunk?.tokens.push(read.token)
    at = read.next
  }
  return chunks.filter(({ tokens }, index) => tokens.length > 0 || index === chunks.length - 1)
}

function readToken(characters: readonly string[], at: number): { token: Token; next: number } | undefined {
  const character = characters[at]
  if (character === '?') return { token: (one) => one !== '/', next: at + 1 }
  if (character === '[') return readClass(characters, at + 1)
  const start = character === '\\' ? at + 1 : at
  const literal = characters[start]
  return literal === undefined ? undefined : { token: (one) => one === literal, next: start + 1 }
}

function readClass(characters: readonly string[], start: number): { token: Token; next: number } | undefined {
  const isNegated = characters[start] === '^'
  const ranges: CharacterRange[] = []
  for (let at = isNegated ? start + 1 : start; ;) {
    if (characters[at] === ']' && ranges.length > 0) {
      const found: CharacterClass = { isNegated, ranges }
      return { token: (one) => hasCharacter(found, one), next: at + 1 }
    }
    const range = readRange(characters, at)
    if (range === undefined) return undefined
    ranges.push(range)
    at = range.next
  }
}

function readRange(characters: readonly string[], at: number): (CharacterRange & { next: number }) | undefined {
  const first = readMember(characters, at)
  if (first === undefined || characters[first.next] !== '-') {
    return first && { first: first.character, last: first.character, next: first.next }
  }
  const last = readMember(characters, first.next + 1)
  return last && { first: first.character, last: last.character, next: last.next }
}

/** One character of a class; what ends the pattern cannot be one. */
function readMember(characters: readonly string[], at: number): { character: string; next: number } | undefined {
  if (characters[at] === '-' || characters[at] === ']') return undefined
  const start = characters[at] === '\\' ? at + 1 : at
  const character = characters[start]
  return character === undefined || start + 1 >= characters.length ? undefined : { character, next: start + 1 }
}

/** As Go: every chunk takes the first place where it fits, and none is tried at another one later. */
function matchChunks(chunks: readonly Chunk[], text: readonly string[]): boolean {
  let at = 0
  for (const [index, { hasStar, tokens }] of chunks.entries()) {
    const isLast = index === chunks.length - 1
    if (hasStar && tokens.length === 0) return !text.includes('/', at)
    const fits = (start: number): boolean =>
      tokens.every((token, offset) => start + offset < text.length && token(text[start + offset] ?? '')) &&
      (!isLast || start + tokens.length === text.length)
    let start = at
    while (!fits(start)) {
      if (!hasStar || start >= text.length || text[start] === '/') return false
      start += 1
    }
    at = start + tokens.length
  }
  return at === text.length
}
