import { ToolError } from '../../errors/index.ts'

/** A value of a TOML document. */
type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable

/** A table, by key. */
export interface TomlTable {
  readonly [key: string]: TomlValue
}

/**
 * Reads the TOML that registry configurations are written in: tables, arrays of tables, dotted and quoted keys,
 * strings, integers, booleans, arrays and inline tables. Dates, floats and multi-line strings are not in them.
 * @throws FILE_UNREADABLE with `path` and the line
 * @see https://toml.io/en/v1.0.0
 */
export function parseToml(text: string, path: string): TomlTable {
  const reader: Reader = { text, path, at: 0 }
  const root: Table = newTable()
  let table = root
  for (;;) {
    skipBlank(reader)
    if (reader.at >= text.length) return root
    if (takeIf(reader, '[[')) {
      table = appendTable(reader, root, readKey(reader))
      expect(reader, ']]')
    } else if (takeIf(reader, '[')) {
      table = tableAt(reader, root, readKey(reader))
      expect(reader, ']')
    } else assign(reader, table)
    endLine(reader)
  }
}

interface Reader {
  readonly text: string
  readonly path: string
  at: number
}

type Table = { [key: string]: Value }
type Value = string | number | boolean | Value[] | Table

/** Without a prototype: `__proto__` is a key like any other. */
function newTable(): Table {
  return Object.create(null) as Table
}

function assign(reader: Reader, table: Table): void {
  const keys = readKey(reader)
  const last = keys.at(-1) ?? ''
  expect(reader, '=')
  const target = tableAt(reader, table, keys.slice(0, -1))
  if (last in target) throw invalid(reader, `"${last}" stands there twice`)
  target[last] = readValue(reader)
}

function readKey(reader: Reader): readonly string[] {
  const keys: string[] = []
  do {
    skipSpace(reader)
    const quote = reader.text[reader.at]
    if (quote === '"' || quote === "'") keys.push(readString(reader))
    else {
      const bare = match(reader, /[\w-]+/y)
      if (bare === undefined) throw invalid(reader, 'a key is expected')
      keys.push(bare)
    }
    skipSpace(reader)
  } while (takeIf(reader, '.'))
  return keys
}

function readValue(reader: Reader): Value {
  skipSpace(reader)
  const first = reader.text[reader.at]
  if (first === '"' || first === "'") return readString(reader)
  if (takeIf(reader, '[')) return readArray(reader)
  if (takeIf(reader, '{')) return readInlineTable(reader)
  const word = match(reader, /[\w+-]+/y)
  if (word === 'true' || word === 'false') return word === 'true'
  if (word !== undefined && /^[+-]?\d[\d_]*$/.test(word)) return Number(word.replaceAll('_', ''))
  throw invalid(reader, 'a value is expected')
}

function readArray(reader: Reader): Value[] {
  const values: Value[] = []
  for (;;) {
    skipBlank(reader)
    if (takeIf(reader, ']')) return values
    values.push(readValue(reader))
    skipBlank(reader)
    if (!takeIf(reader, ',')) {
      expect(reader, ']')
      return values
    }
  }
}

function readInlineTable(reader: Reader): Table {
  const table = newTable()
  skipSpace(reader)
  if (takeIf(reader, '}')) return table
  do assign(reader, table)
  while ((skipSpace(reader), takeIf(reader, ',')))
  expect(reader, '}')
  return table
}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' }

function readString(reader: Reader): string {
  const literal = match(reader, /'[^'\n]*'/y)
  if (literal !== undefined) return literal.slice(1, -1)
  const basic = match(reader, /"(?:[^"\\\n]|\\.)*"/y)
  if (basic === undefined) throw invalid(reader, 'a string does not end')
  return basic.slice(1, -1).replaceAll(/\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/g, (escape) => unescaped(reader, escape))
}

function unescaped(reader: Reader, escape: string): string {
  const code = Number.parseInt(escape.slice(2), 16)
  if (escape.length > 2 && code <= 0x10_ff_ff) return String.fromCodePoint(code)
  const character = escapes[escape.slice(1)]
  if (character === undefined) throw invalid(reader, `"${escape}" is no escape`)
  return character
}

function tableAt(reader: Reader, root: Table, keys: readonly string[]): Table {
  let table = root
  for (const key of keys) {
    const found = (table[key] ??= newTable())
    const next = Array.isArray(found) ? found.at(-1) : found
    if (typeof next !== 'object' || Array.isArray(next)) throw invalid(reader, `"${key}" is no table`)
    table = next
  }
  return table
}

function appendTable(reader: Reader, root: Table, keys: readonly string[]): Table {
  const parent = tableAt(reader, root, keys.slice(0, -1))
  const list = (parent[keys.at(-1) ?? ''] ??= [])
  if (!Array.isArray(list)) throw invalid(reader, `"${keys.join('.')}" is no list of tables`)
  const table = newTable()
  list.push(table)
  return table
}

function skipSpace(reader: Reader): void {
  match(reader, /[ \t]*/y)
}

/** Spaces, line ends and comments. */
function skipBlank(reader: Reader): void {
  match(reader, /(?:[ \t\r\n]|#[^\n]*)*/y)
}

function endLine(reader: Reader): void {
  if (match(reader, /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y) === undefined) throw invalid(reader, 'the line goes on')
}

function match(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  reader.at += found?.length ?? 0
  return found
}

function takeIf(reader: Reader, token: string): boolean {
  if (!reader.text.startsWith(token, reader.at)) return false
  reader.at += token.length
  return true
}

function expect(reader: Reader, token: string): void {
  skipSpace(reader)
  if (!takeIf(reader, token)) throw invalid(reader, `"${token}" is expected`)
}

function invalid({ text, path, at }: Reader, why: string): ToolError {
  const line = text.slice(0, at).split('\n').length
  return new ToolError('FILE_UNREADABLE', `${path} is not valid TOML: ${why}`, {
    where: `${path}:${line}`,
    hint: `mend line ${line} of ${path}`,
  })
}
