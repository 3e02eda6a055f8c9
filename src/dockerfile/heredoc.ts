import { createLexer, type LexerOptions } from './expand.ts'
import { SubstitutionError } from './substitution-error.ts'

/** The word that announces a document: `<<EOF`, `<<-"EOF"`. */
export interface HeredocWord {
  readonly name: string
  /** `<<-`: leading tabs are taken off. */
  readonly chomps: boolean
  readonly expands: boolean
}

const pattern = /^(\d*)<<(-?)\s*([^<]*)$/
const nothing: ReadonlyMap<string, string> = new Map()

/** The documents that a line announces, in order. */
export function splitHeredocWords(line: string): readonly HeredocWord[] {
  const words = splitWith({ escape: '\\', keepQuotes: true, keepEscapes: true, keepUnset: true }, line)
  return words.flatMap((word) => parseHeredocWord(word) ?? [])
}

/** Undefined when the word announces no document. */
export function parseHeredocWord(text: string): HeredocWord | undefined {
  const [, , dash = '', rest = ''] = pattern.exec(text) ?? []
  if (rest === '') return undefined
  const plain = splitWith({ escape: '\\', keepUnset: true }, rest)
  const raw = splitWith({ escape: '\\', keepQuotes: true, keepUnset: true }, rest)
  const [name] = plain
  if (plain.length !== 1 || name === undefined || raw.length !== 1) return undefined
  return { name, chomps: dash === '-', expands: countQuotes(name) === countQuotes(raw[0] ?? '') }
}

/** No words where the quotes do not match. */
function splitWith(options: LexerOptions, text: string): readonly string[] {
  try {
    return createLexer(options)(text, nothing).words
  } catch (error) {
    if (error instanceof SubstitutionError) return []
    throw error
  }
}

/** Takes the leading tabs of every line off. */
export function chomp(content: string): string {
  return content.replace(/^\t+/gm, '')
}

function countQuotes(text: string): number {
  return Array.from(text).filter((character) => character === '"' || character === "'").length
}
