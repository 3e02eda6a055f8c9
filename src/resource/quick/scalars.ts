import { CHOMPING_MODE, EVENT_ID, getScalarValue, SCALAR_STYLE } from 'js-yaml'
import { plainValue } from './plain.ts'
import { code, isGap, noteScalar, skipSpaces, type Scanner } from './scanner.ts'

/** Reads a scalar in quotes, on one line. */
export function readQuoted(scanner: Scanner): boolean {
  return scanner.text[scanner.at] === '"' ? readDouble(scanner) : readSingle(scanner)
}

const singleQuoted = /'((?:[^'\n]|'')*)'/y

function readSingle(scanner: Scanner): boolean {
  const start = scanner.at
  singleQuoted.lastIndex = start
  const inside = singleQuoted.exec(scanner.text)?.[1]
  if (inside === undefined) return false
  scanner.at = singleQuoted.lastIndex
  const text = inside.includes("'") ? inside.replaceAll("''", "'") : inside
  scanner.value = text
  noteScalar(scanner, 'single', { start, text })
  return true
}

const doubleQuoted = /"((?:[^"\\\n]|\\[0abtnvfre "/\\N_LP]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4})*)"/y
const unscalar = { anchorStart: -1, anchorEnd: -1, tagStart: -1, tagEnd: -1, fast: false } as const

function readDouble(scanner: Scanner): boolean {
  const start = scanner.at
  doubleQuoted.lastIndex = start
  const inside = doubleQuoted.exec(scanner.text)?.[1]
  if (inside === undefined) return false
  scanner.at = doubleQuoted.lastIndex
  const text = inside.includes('\\')
    ? getScalarValue(scanner.text, {
        ...unscalar,
        type: EVENT_ID.SCALAR,
        valueStart: start + 1,
        valueEnd: scanner.at - 1,
        style: SCALAR_STYLE.DOUBLE_QUOTED,
        chomping: CHOMPING_MODE.CLIP,
        indent: -1,
      })
    : inside
  scanner.value = text
  noteScalar(scanner, 'double', { start, text })
  return true
}

/** What a plain scalar may start with, as far as this parser goes; a dash only before something. */
const plainStart = /[^\s,[\]{}#&*!|>'"%@`:?-]|-[^\s,[\]{}]/y

/** Reads a plain scalar up to the end of its line, or of what is inside brackets. */
export function readPlain(scanner: Scanner, { inFlow }: { readonly inFlow: boolean }): boolean {
  const { text, at: start } = scanner
  plainStart.lastIndex = start
  if (!plainStart.test(text)) return false
  const end = inFlow ? endInBrackets(text, start) : endOnLine(text, start)
  if (end === undefined) return false
  scanner.at = end
  const found = text.slice(start, end)
  scanner.value = plainValue(found)
  noteScalar(scanner, 'plain', { start, text: found })
  return true
}

const pairOnLine = /: |:$/
const trailingSpaces = / +$/

/** Undefined where a colon would make a key of it. */
function endOnLine(text: string, start: number): number | undefined {
  const newline = text.indexOf('\n', start)
  let found = text.slice(start, newline === -1 ? text.length : newline)
  const comment = found.indexOf(' #')
  if (comment !== -1) found = found.slice(0, comment)
  if (found.endsWith(' ')) found = found.replace(trailingSpaces, '')
  return pairOnLine.test(found) ? undefined : start + found.length
}

const flowIndicators = new Set([',', '[', ']', '{', '}'].map((character) => character.charCodeAt(0)))

function endInBrackets(text: string, start: number): number {
  let end = start
  for (let at = start; at < text.length; at += 1) {
    const found = text.charCodeAt(at)
    if (found === code.newline || flowIndicators.has(found)) break
    if (found === code.colon && (isGap(text, at + 1) || flowIndicators.has(text.charCodeAt(at + 1)))) break
    if (found === code.hash && text.charCodeAt(at - 1) === code.space) break
    if (found !== code.space) end = at + 1
  }
  return end
}

const plainKey = /[A-Za-z0-9_./$(][^\s:#"'{}[\],&*!|>%@`]*/y

/**
 * Reads a key and goes behind its colon; false, and nothing is read, where there is none. Its text is the scanner's value.
 */
export function readKey(scanner: Scanner, { inFlow }: { readonly inFlow: boolean }): boolean {
  const { text, at: start } = scanner
  const first = text[start]
  const isQuoted = first === '"' || first === "'"
  const isRead = isQuoted ? readQuoted(scanner) : readPlainKey(scanner)
  if (isRead) {
    skipSpaces(scanner)
    const { at } = scanner
    // right behind quotes in brackets the colon needs no blank
    const isColon = text.charCodeAt(at) === code.colon && ((inFlow && isQuoted) || isGap(text, at + 1))
    if (isColon && scanner.value !== '__proto__') {
      scanner.at = at + 1
      return true
    }
  }
  scanner.at = start
  return false
}

/** Keys that mean something else than their text are left to the other parser. */
function readPlainKey(scanner: Scanner): boolean {
  const { text, at: start } = scanner
  plainKey.lastIndex = start
  const found = plainKey.exec(text)?.[0]
  if (found === undefined || plainValue(found) !== found) return false
  scanner.at = start + found.length
  scanner.value = found
  noteScalar(scanner, 'plain', { start, text: found })
  return true
}

const blockHeader = /([|>])([+-]?)(?: +#[^\n]*| *)\n/y

/** Reads a block scalar below a key or dash at a column; not one that starts with an empty line, or has none at all. */
export function readBlockScalar(scanner: Scanner, parentColumn: number): boolean {
  const { text, at: start } = scanner
  blockHeader.lastIndex = start
  const header = blockHeader.exec(text)
  if (header === null) return false
  const valueStart = blockHeader.lastIndex
  const indent = spacesAt(text, valueStart, Number.POSITIVE_INFINITY)
  if (indent <= parentColumn || isGap(text, valueStart + indent)) return false
  scanner.at = endOfBlock(text, valueStart, indent)
  const chomping = chompings[header[2] ?? ''] ?? CHOMPING_MODE.CLIP
  const block = { valueStart, valueEnd: scanner.at, chomping, indent }
  const value =
    header[1] === '|'
      ? literalValue(text, block)
      : getScalarValue(text, { ...unscalar, ...block, type: EVENT_ID.SCALAR, style: SCALAR_STYLE.FOLDED_BLOCK })
  scanner.value = value
  noteScalar(scanner, 'block', { start, text: value })
  return true
}

const chompings: Readonly<Record<string, typeof CHOMPING_MODE.KEEP | typeof CHOMPING_MODE.STRIP>> = {
  '+': CHOMPING_MODE.KEEP,
  '-': CHOMPING_MODE.STRIP,
}

interface Block {
  readonly valueStart: number
  readonly valueEnd: number
  readonly chomping: number
  readonly indent: number
}

/** Lines that are shorter than the margin are empty. */
function literalValue(text: string, { valueStart, valueEnd, chomping, indent }: Block): string {
  const lines = text.slice(valueStart, valueEnd).split('\n')
  const whole = lines.map((line) => line.slice(indent)).join('\n')
  if (chomping === CHOMPING_MODE.KEEP) return whole.endsWith('\n') ? whole : `${whole}\n`
  let end = whole.length
  while (whole.charCodeAt(end - 1) === code.newline) end -= 1
  return chomping === CHOMPING_MODE.STRIP ? whole.slice(0, end) : `${whole.slice(0, end)}\n`
}

function endOfBlock(text: string, start: number, indent: number): number {
  let line = start
  while (line < text.length) {
    const spaces = spacesAt(text, line, indent)
    if (spaces < indent && text.charCodeAt(line + spaces) !== code.newline) return line
    const newline = text.indexOf('\n', line + spaces)
    if (newline === -1) return text.length
    line = newline + 1
  }
  return line
}

function spacesAt(text: string, start: number, most: number): number {
  let count = 0
  while (count < most && text.charCodeAt(start + count) === code.space) count += 1
  return count
}
