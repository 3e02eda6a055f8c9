import { replaceMatches, trimPrefix, trimSuffix } from './shell-pattern.ts'
import { SubstitutionError } from './substitution-error.ts'

/** How a text is read. */
export interface LexerOptions {
  readonly escape: '\\' | '`'
  /** Quotes stay in the result. */
  readonly keepQuotes?: boolean
  /** Escape characters stay in the result. */
  readonly keepEscapes?: boolean
  /** Quotes have no meaning: bodies of heredocs. */
  readonly ignoreQuotes?: boolean
  /** `$name` stays as it is where there is no such variable. */
  readonly keepUnset?: boolean
}

/** A text with its variables replaced. */
export interface Expanded {
  readonly text: string
  /** The text split at spaces that are not quoted; values of variables outside quotes are split as well. */
  readonly words: readonly string[]
}

/** Names and values that a text may use. */
export type Variables = ReadonlyMap<string, string>

/**
 * Makes a function that replaces variables as BuildKit does: `$v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v?e} ${v:?e} ${v#p}
 * ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}`; quotes group and are taken off.
 * @throws SubstitutionError
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function createLexer(options: LexerOptions): (text: string, variables: Variables) => Expanded {
  return (text, variables) => {
    const cursor: Cursor = { characters: Array.from(text), at: 0, options, variables }
    const { result, words } = readUntil(cursor, undefined, options.keepEscapes === true)
    return { text: result, words: words.finish() }
  }
}

interface Cursor {
  readonly characters: readonly string[]
  readonly options: LexerOptions
  readonly variables: Variables
  at: number
}

function peek(cursor: Cursor): string | undefined {
  return cursor.characters[cursor.at]
}

function take(cursor: Cursor): string | undefined {
  const character = cursor.characters[cursor.at]
  if (character !== undefined) cursor.at += 1
  return character
}

/** Reads to the end, or past `stop`. */
function readUntil(
  cursor: Cursor,
  stop: string | undefined,
  keepEscapes: boolean,
): { readonly result: string; readonly words: WordCollector } {
  const words = collectWords()
  let result = ''
  for (let next = peek(cursor); next !== undefined; next = peek(cursor)) {
    if (next === stop) {
      cursor.at += 1
      return { result, words }
    }
    result += readPiece(cursor, words, keepEscapes)
  }
  if (stop !== undefined) throw new SubstitutionError(`the end of the text comes before the matching ${stop}`)
  return { result, words }
}

/** One quoted text, one variable or one character. */
function readPiece(cursor: Cursor, words: WordCollector, keepEscapes: boolean): string {
  const next = peek(cursor)
  if (next === '$') {
    const value = readDollar(cursor)
    words.addText(value)
    return value
  }
  if ((next === "'" || next === '"') && cursor.options.ignoreQuotes !== true) {
    const value = next === "'" ? readSingleQuoted(cursor) : readDoubleQuoted(cursor, keepEscapes)
    words.addWhole(value)
    return value
  }
  if (next === '<' && cursor.options.keepQuotes === true) return readAngles(cursor, words)
  take(cursor)
  if (next === cursor.options.escape) return readEscaped(cursor, words, keepEscapes)
  words.addText(next ?? '')
  return next ?? ''
}

function readEscaped(cursor: Cursor, words: WordCollector, keepEscapes: boolean): string {
  const kept = keepEscapes ? cursor.options.escape : ''
  const value = kept + (take(cursor) ?? '')
  if (value !== '') words.addWhole(value)
  return value
}

/** `<<` keeps the spaces after it: they belong to the word of a heredoc. */
function readAngles(cursor: Cursor, words: WordCollector): string {
  take(cursor)
  let value = '<'
  if (peek(cursor) === '<') {
    value += take(cursor) ?? ''
    while (/^[ \t]$/.test(peek(cursor) ?? '')) value += take(cursor) ?? ''
  }
  words.addWhole(value)
  return value
}

function readSingleQuoted(cursor: Cursor): string {
  const quote = cursor.options.keepQuotes === true ? "'" : ''
  take(cursor)
  let result = quote
  for (let next = take(cursor); next !== "'"; next = take(cursor)) {
    if (next === undefined) throw new SubstitutionError("the matching ' is missing")
    result += next
  }
  return result + quote
}

function readDoubleQuoted(cursor: Cursor, keepEscapes: boolean): string {
  const quote = cursor.options.keepQuotes === true ? '"' : ''
  take(cursor)
  let result = quote
  for (let next = peek(cursor); next !== '"'; next = peek(cursor)) {
    if (next === undefined) throw new SubstitutionError('the matching " is missing')
    result += next === '$' ? readDollar(cursor) : readQuotedCharacter(cursor, keepEscapes)
  }
  take(cursor)
  return result + quote
}

/** Between double quotes only `"`, `$` and the escape character itself can be escaped. */
function readQuotedCharacter(cursor: Cursor, keepEscapes: boolean): string {
  const { escape } = cursor.options
  const character = take(cursor) ?? ''
  if (character !== escape) return character
  const kept = keepEscapes ? escape : ''
  const next = peek(cursor)
  if (next === undefined) return kept
  if (next === '"' || next === '$' || next === escape) return kept + (take(cursor) ?? '')
  return kept + escape
}

function readDollar(cursor: Cursor): string {
  take(cursor)
  if (peek(cursor) !== '{') {
    const name = readName(cursor)
    return name === '' ? '$' : valueOr(cursor, name, `$${name}`)
  }
  take(cursor)
  const first = peek(cursor)
  if (first === undefined) throw new SubstitutionError("the matching '}' is missing")
  if (first === '{' || first === '}' || first === ':') throw new SubstitutionError('${…} needs the name of a variable')
  return readBraces(cursor, readName(cursor))
}

function readBraces(cursor: Cursor, name: string): string {
  const character = take(cursor)
  if (character === '}') return valueOr(cursor, name, `\${${name}}`)
  if (character === ':') return readDefault(cursor, name, `:${take(cursor) ?? ''}`)
  if (character === '/') return readReplacement(cursor, name)
  return readDefault(cursor, name, character ?? '')
}

function valueOr(cursor: Cursor, name: string, unset: string): string {
  const value = cursor.variables.get(name)
  if (value !== undefined) return value
  return cursor.options.keepUnset === true ? unset : ''
}

/** `${name:-word}` and the other forms with one operator. */
function readDefault(cursor: Cursor, name: string, operator: string): string {
  const substitute = Object.hasOwn(substitutes, operator.slice(-1)) ? substitutes[operator.slice(-1)] : undefined
  if (substitute === undefined) throw new SubstitutionError(`\${${name}${operator}…} is no form of substitution`)
  const word = readInside(cursor, '}', /[#%]$/.test(operator))
  const value = cursor.variables.get(name)
  if (value === undefined && cursor.options.keepUnset === true) return `\${${name}${operator}${word}}`
  return substitute(operator.startsWith(':') && value === '' ? undefined : value, word, name)
}

/** By the operator: what comes of a value, undefined when it is missing, and the word behind the operator. */
const substitutes: Readonly<Record<string, (value: string | undefined, word: string, name: string) => string>> = {
  '-': (value, word) => value ?? word,
  '+': (value, word) => (value === undefined ? '' : word),
  '?': (value, word, name) => required(name, value, word),
  '#': (value = '', word) =>
    word.startsWith('#') ? trimPrefix(value, word.slice(1), true) : trimPrefix(value, word, false),
  '%': (value = '', word) =>
    word.startsWith('%') ? trimSuffix(value, word.slice(1), true) : trimSuffix(value, word, false),
}

function required(name: string, value: string | undefined, message: string): string {
  if (value !== undefined) return value
  throw new SubstitutionError(`${name}: ${message === '' ? 'must be set' : message}`)
}

function readReplacement(cursor: Cursor, name: string): string {
  const isAll = peek(cursor) === '/'
  if (isAll) take(cursor)
  const pattern = readInside(cursor, '/', true)
  const replacement = readInside(cursor, '}', true)
  const value = cursor.variables.get(name)
  if (value === undefined && cursor.options.keepUnset === true) return `\${${name}/${pattern}/${replacement}}`
  return replaceMatches(value ?? '', { pattern, replacement, isAll })
}

function readInside(cursor: Cursor, stop: string, keepEscapes: boolean): string {
  return readUntil(cursor, stop, keepEscapes).result
}

/** A name, a number, or one of the shell's special parameters. */
function readName(cursor: Cursor): string {
  const first = peek(cursor)
  if (first === undefined) return ''
  if (/^[@*#?\-$!]$/.test(first)) return take(cursor) ?? ''
  const allowed = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u
  let name = ''
  while (allowed.test(peek(cursor) ?? '')) name += take(cursor) ?? ''
  return name
}

interface WordCollector {
  /** Splits at spaces. */
  addText(text: string): void
  addWhole(text: string): void
  finish(): readonly string[]
}

function collectWords(): WordCollector {
  const words: string[] = []
  let word = ''
  const end = (): void => {
    if (word !== '') words.push(word)
    word = ''
  }
  return {
    addText(text) {
      for (const character of text) {
        if (/^\s$/.test(character)) end()
        else word += character
      }
    },
    addWhole(text) {
      word += text
    },
    finish() {
      end()
      return words
    },
  }
}
