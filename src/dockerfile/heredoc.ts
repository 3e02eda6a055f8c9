import { createLexer } from './expand.ts'

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
  const { words } = createLexer({ escape: '\\', keepQuotes: true, keepEscapes: true, keepUnset: true })(line, nothing)
  return words.flatMap((word) => parseHeredocWord(word) ?? [])
}

/** Undefined when the word announces no document. */
export function parseHeredocWord(text: string): HeredocWord | undefined {
  const [, , dash = '', rest = ''] = pattern.exec(text) ?? []
  if (rest === '') return undefined
  const plain = createLexer({ escape: '\\', keepUnset: true })(rest, nothing).words
  const raw = createLexer({ escape: '\\', keepQuotes: true, keepUnset: true })(rest, nothing).words
  const [name] = plain
  if (plain.length !== 1 || name === undefined || raw.length !== 1) return undefined
  return { name, chomps: dash === '-', expands: countQuotes(name) === countQuotes(raw[0] ?? '') }
}

/** Takes the leading tabs of every line off. */
export function chomp(content: string): string {
  return content.replace(/^\t+/gm, '')
}

function countQuotes(text: string): number {
  return Array.from(text).filter((character) => character === '"' || character === "'").length
}
