/** Characters from the first to the last, by code point; those of a reversed range are none. */
export interface CharacterRange {
  readonly first: string
  readonly last: string
}

/** `[a-z_]`, or `[^a-z_]` when it is negated. */
export interface CharacterClass {
  readonly isNegated: boolean
  readonly ranges: readonly CharacterRange[]
}

/** Whether the class has the character, which is one code point. */
export function hasCharacter({ isNegated, ranges }: CharacterClass, character: string): boolean {
  const code = codeOf(character)
  return ranges.some(({ first, last }) => codeOf(first) <= code && code <= codeOf(last)) !== isNegated
}

/**
 * A class by what stands between its brackets, for globs in which nothing there is an error: a `-` that has no neighbour on one
 * side is itself.
 * @param negation the characters that negate when they stand first
 */
export function readCharacterClass(inside: string, negation: string): CharacterClass {
  const characters = Array.from(inside)
  const isNegated = negation.includes(characters[0] ?? ' ')
  const members = isNegated ? characters.slice(1) : characters
  const ranges: CharacterRange[] = []
  for (let at = 0; at < members.length; at += 1) {
    const first = members[at] ?? ''
    const last = members[at + 1] === '-' ? members[at + 2] : undefined
    ranges.push({ first, last: last ?? first })
    if (last !== undefined) at += 2
  }
  return { isNegated, ranges }
}

/** A regular expression, for the flag `u`, that matches one character of the class, but never a slash. */
export function classExpression({ isNegated, ranges }: CharacterClass): string {
  const inside = ranges
    .filter(({ first, last }) => codeOf(first) <= codeOf(last))
    .map(({ first, last }) => `${escapeCode(first)}-${escapeCode(last)}`)
  // without members the one matches nothing and the other everything
  return `(?!/)[${isNegated ? '^' : ''}${inside.join('')}]`
}

function escapeCode(character: string): string {
  return String.raw`\u{${codeOf(character).toString(16)}}`
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
