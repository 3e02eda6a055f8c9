import { splitHeredocWords, type HeredocWord } from './heredoc.ts'
import { invalid } from './invalid.ts'
import type { Location } from './types.ts'

/** One instruction: its lines joined, and the documents that follow them. */
export interface LogicalLine {
  readonly text: string
  readonly at: Location
  /** Documents in the order of their words, content as written. */
  readonly documents: readonly { readonly word: HeredocWord; readonly content: string }[]
}

/** What the comments at the very top say. */
export interface Directives {
  readonly escape: '\\' | '`'
  readonly syntax?: { readonly image: string; readonly at: Location }
}

/**
 * Splits a Dockerfile into instructions: joins continued lines, drops comments (also between continued lines) and takes
 * heredocs off.
 * @throws DOCKERFILE_INVALID
 */
export function splitLines(
  text: string,
  file: string,
): { readonly directives: Directives; readonly lines: readonly LogicalLine[] } {
  const source = text.replace(/^\uFEFF/, '').split('\n')
  const directives = readDirectives(source, file)
  const reader: Reader = { source, file, next: 0, continued: continuationOf(directives.escape) }
  const lines: LogicalLine[] = []
  for (let line = readLine(reader); line !== undefined; line = readLine(reader)) lines.push(line)
  return { directives, lines }
}

interface Reader {
  readonly source: readonly string[]
  readonly file: string
  readonly continued: RegExp
  next: number
}

const directivePattern = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/
const knownDirectives = new Set(['escape', 'syntax', 'check'])

function readDirectives(source: readonly string[], file: string): Directives {
  const seen = collectDirectives(source, file)
  const [escape, syntax] = [seen.get('escape'), seen.get('syntax')]
  if (escape !== undefined && !/^[\\`]$/.test(escape.value)) {
    throw invalid(escape.at, `"${escape.value}" cannot be the escape character; \\ and \` can`)
  }
  return {
    escape: escape?.value === '`' ? '`' : '\\',
    ...(syntax === undefined ? {} : { syntax: { image: syntax.value, at: syntax.at } }),
  }
}

type DirectiveMap = ReadonlyMap<string, { readonly value: string; readonly at: Location }>

/** The zone ends at the first line that is no known directive. */
function collectDirectives(source: readonly string[], file: string): DirectiveMap {
  const seen = new Map<string, { readonly value: string; readonly at: Location }>()
  for (const [index, line] of source.entries()) {
    const [, name = '', value = ''] = directivePattern.exec(line.trimStart()) ?? []
    const key = name.toLowerCase()
    if (!knownDirectives.has(key)) break
    const at = { file, line: index + 1, endLine: index + 1 }
    if (seen.has(key)) throw invalid(at, `only one ${key} parser directive can be used`)
    seen.set(key, { value, at })
  }
  return seen
}

function continuationOf(escape: '\\' | '`'): RegExp {
  return escape === '\\' ? /([^\\])\\[ \t]*$|^\\[ \t]*$/ : /([^`])`[ \t]*$|^`[ \t]*$/
}

/** The next instruction; undefined at the end. */
function readLine(reader: Reader): LogicalLine | undefined {
  skipBlank(reader)
  if (reader.next >= reader.source.length) return undefined
  const line = reader.next + 1
  const text = readContinued(reader)
  if (text === '') return readLine(reader)
  const documents = readDocuments(reader, text, line)
  return { text, at: { file: reader.file, line, endLine: reader.next }, documents }
}

function skipBlank(reader: Reader): void {
  while (reader.next < reader.source.length && isSkipped(reader.source[reader.next] ?? '')) reader.next += 1
}

function isSkipped(line: string): boolean {
  const trimmed = line.trimStart()
  return trimmed === '' || trimmed.startsWith('#')
}

function readContinued(reader: Reader): string {
  let text = ''
  let isFirst = true
  while (reader.next < reader.source.length) {
    const line = (reader.source[reader.next] ?? '').replace(/\r$/, '')
    reader.next += 1
    if (!isFirst && isSkipped(line)) continue
    const part = isFirst ? line.trimStart() : line
    isFirst = false
    if (!reader.continued.test(part)) return text + part
    text += part.replace(reader.continued, '$1')
  }
  return text
}

/** Only these may have documents, ONBUILD in front of them or not. */
const mayHaveDocuments = /^(?:onbuild\s+)?(?:add|copy|run)\s/i

function readDocuments(reader: Reader, text: string, line: number): LogicalLine['documents'] {
  if (!text.includes('<<') || !mayHaveDocuments.test(text) || hasJsonForm(text)) return []
  return splitHeredocWords(text).map((word) => ({ word, content: readDocument(reader, word, line) }))
}

function hasJsonForm(text: string): boolean {
  const rest = text.replace(/^(?:onbuild\s+)?\S+\s+(?:--\S+\s+)*/i, '')
  try {
    return Array.isArray(JSON.parse(rest))
  } catch {
    return false
  }
}

function readDocument(reader: Reader, word: HeredocWord, line: number): string {
  const content: string[] = []
  while (reader.next < reader.source.length) {
    const text = reader.source[reader.next] ?? ''
    reader.next += 1
    if (text.replace(/\r$/, '').replace(word.chomps ? /^\t+/ : '', '') === word.name) return content.join('')
    content.push(`${text}\n`)
  }
  const at = { file: reader.file, line, endLine: reader.next }
  throw invalid(at, `the document <<${word.name} is not ended`, `add a line that holds only ${word.name}`)
}
