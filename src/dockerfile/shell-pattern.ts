import { SubstitutionError } from './substitution-error.ts'

/** Takes the part off the start that the pattern matches: the shortest, or the longest. */
export function trimPrefix(value: string, pattern: string, isLongest: boolean): string {
  const match = new RegExp(`^(?:${toRegex(pattern, isLongest)})`, 'su').exec(value)
  return match === null ? value : value.slice(match[0].length)
}

/** Takes the part off the end that the pattern matches: the shortest, or the longest. */
export function trimSuffix(value: string, pattern: string, isLongest: boolean): string {
  const whole = new RegExp(`^(?:${toRegex(pattern, true)})$`, 'su')
  const starts = Array.from({ length: value.length + 1 }, (_, index) => (isLongest ? index : value.length - index))
  const start = starts.find((index) => whole.test(value.slice(index)))
  return start === undefined ? value : value.slice(0, start)
}

/** Replaces the first match of the pattern, or all of them. */
export function replaceMatches(
  value: string,
  by: { readonly pattern: string; readonly replacement: string; readonly isAll: boolean },
): string {
  const regex = new RegExp(toRegex(by.pattern, true), by.isAll ? 'gsu' : 'su')
  return value.replace(regex, () => by.replacement)
}

/** `*` and `?` are wildcards; there are no brackets. `\` escapes them, `}` and `/`. */
function toRegex(pattern: string, isGreedy: boolean): string {
  const characters = Array.from(pattern)
  let regex = ''
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? ''
    if (character === '*') regex += isGreedy ? '.*' : '.*?'
    else if (character === '?') regex += '.'
    else if (character === '\\') {
      index += 1
      regex += escapeRegex(escaped(characters[index]))
    } else regex += escapeRegex(character)
  }
  return regex
}

function escaped(character: string | undefined): string {
  if (character !== undefined && '*?\\}/'.includes(character)) return character
  throw new SubstitutionError(`"\\${character ?? ''}" cannot be escaped in a pattern`)
}

function escapeRegex(character: string): string {
  return /^[\\^$.*+?()[\]{}|/]$/.test(character) ? `\\${character}` : character
}
