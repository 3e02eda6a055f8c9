const integerPattern = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/
const floatPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const longestWord = 5
const lastDigit = 57

const words = new Map<string, boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'yes', 'y', 'on'].flatMap((word) => spellings(word).map((one) => [one, true] as const)),
  ...['false', 'no', 'n', 'off'].flatMap((word) => spellings(word).map((one) => [one, false] as const)),
])

function spellings(word: string): readonly string[] {
  return [word, `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`, word.toUpperCase()]
}

const wordStarts = new Set([...words.keys()].map((word) => word.charCodeAt(0)))

/**
 * What kubectl takes a plain scalar for: null, a truth, a number or its text. `<<` is none of these.
 * @see kubectlSchema
 */
export function plainValue(text: string): boolean | number | string | null {
  const first = text.charCodeAt(0)
  if (text.length <= longestWord && wordStarts.has(first)) {
    const word = words.get(text)
    if (word !== undefined) return word
  }
  // `+`, `-`, `.` and digits come before the colon in ASCII, and nothing that a word starts with
  if (first > lastDigit) return text
  const digits = text.replaceAll('_', '')
  return parseInteger(digits) ?? parseFloating(digits) ?? text
}

/** `0644`, `0o644` and `0x1a4` are one number. */
export function parseInteger(plain: string): number | undefined {
  const match = integerPattern.exec(plain)
  if (match === null) return undefined
  const [, sign = '', digits = ''] = match
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return sign === '-' && value !== 0 ? -value : value
}

/** Numbers with a point or an exponent. */
export function parseFloating(plain: string): number | undefined {
  return floatPattern.test(plain) ? Number(plain) : undefined
}
