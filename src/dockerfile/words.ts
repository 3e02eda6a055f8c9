/**
 * Splits at spaces; quotes and escapes group and stay in the words, since variables are replaced later.
 */
export function splitWords(text: string, escape: '\\' | '`'): readonly string[] {
  const characters = Array.from(text)
  const words: string[] = []
  let word = ''
  let quote: string | undefined
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? ''
    if (quote === undefined && /^\s$/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    if (character === escape && quote !== "'") {
      index += 1
      if (index < characters.length) word += character + (characters[index] ?? '')
      continue
    }
    word += character
    quote = quoteAfter(character, quote)
  }
  return word === '' ? words : [...words, word]
}

function quoteAfter(character: string, quote: string | undefined): string | undefined {
  if (quote !== undefined) return character === quote ? undefined : quote
  return character === '"' || character === "'" ? character : undefined
}

/** The list, when the text is a JSON list of texts; `notTexts` when it is a list of something else. */
export function parseJsonForm(text: string): readonly string[] | 'notTexts' | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith('[')) return undefined
  const parsed = parseJson(trimmed)
  if (!Array.isArray(parsed)) return undefined
  const list: readonly unknown[] = parsed
  const texts = list.filter((member) => typeof member === 'string')
  return texts.length === list.length ? texts : 'notTexts'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Splits at runs of spaces and tabs. */
export function splitSpaces(text: string): readonly string[] {
  return text.split(/[\t\v\f\r ]+/).filter((word) => word !== '')
}
