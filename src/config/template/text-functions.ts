import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { failure, toText, type Arguments, type TemplateFunction } from './function.ts'
import { compareText, formatValue, isList, type Value } from './value.ts'
import { words } from './words.ts'

/** Sprig's functions on text. Longest possible result of `repeat` and of indentation: 16 MiB. */
export const textFunctions: Readonly<Record<string, TemplateFunction>> = {
  abbrev: { takes: 'ns', run: ({ integer, text }) => abbreviate(text(1), integer(0)) },
  b64dec: { takes: 's', run: ({ text }) => Buffer.from(text(0), 'base64').toString('utf8') },
  b64enc: { takes: 's', run: ({ text }) => Buffer.from(text(0)).toString('base64') },
  base: { takes: 's', run: ({ text }) => (text(0) === '' ? '.' : posix.basename(text(0)) || '/') },
  camelcase: { takes: 's', run: ({ text }) => words(text(0)).map(capitalize).join('') },
  cat: {
    takes: 'a*',
    run: ({ all }) =>
      all
        .filter((value) => toText(value) !== '')
        .map(toText)
        .join(' '),
  },
  clean: { takes: 's', run: ({ text }) => posix.normalize(text(0)).replace(/(.)\/$/, '$1') },
  contains: { takes: 'ss', run: ({ text }) => text(1).includes(text(0)) },
  dir: { takes: 's', run: ({ text }) => posix.dirname(text(0)) },
  ext: { takes: 's', run: ({ text }) => /\.[^./]*$/.exec(text(0))?.[0] ?? '' },
  hasPrefix: { takes: 'ss', run: ({ text }) => text(1).startsWith(text(0)) },
  hasSuffix: { takes: 'ss', run: ({ text }) => text(1).endsWith(text(0)) },
  hello: { takes: '', run: () => 'Hello!' },
  indent: { takes: 'ns', run: ({ integer, text }) => indent(text(1), integer(0)) },
  initials: {
    takes: 's',
    run: ({ text }) =>
      splitWords(text(0))
        .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0))
        .join(''),
  },
  isAbs: { takes: 's', run: ({ text }) => text(0).startsWith('/') },
  join: {
    takes: 'sa',
    run: ({ all: [, list], text }) => (isList(list) ? list.map(toText) : [toText(list)]).join(text(0)),
  },
  kebabcase: { takes: 's', run: ({ text }) => words(text(0)).map(toLower).join('-') },
  lower: { takes: 's', run: ({ text }) => text(0).toLowerCase() },
  nindent: { takes: 'ns', run: ({ integer, text }) => `\n${indent(text(1), integer(0))}` },
  nospace: { takes: 's', run: ({ text }) => text(0).replaceAll(/\s/gu, '') },
  plural: { takes: 'ssn', run: ({ integer, text }) => (integer(2) === 1 ? text(0) : text(1)) },
  quote: {
    takes: 'a*',
    run: ({ all }) =>
      all
        .filter(isPresent)
        .map((value) => JSON.stringify(toText(value)))
        .join(' '),
  },
  repeat: { takes: 'ns', run: ({ integer, text }) => repeat(text(1), integer(0)) },
  replace: { takes: 'sss', run: ({ text }) => text(2).replaceAll(text(0), () => text(1)) },
  sha1sum: { takes: 's', run: ({ text }) => createHash('sha1').update(text(0)).digest('hex') },
  sha256sum: { takes: 's', run: ({ text }) => createHash('sha256').update(text(0)).digest('hex') },
  snakecase: { takes: 's', run: ({ text }) => words(text(0)).map(toLower).join('_') },
  sortAlpha: {
    takes: 'a',
    run: ({ all: [list] }) => (isList(list) ? list.map(toText) : [toText(list)]).sort(compareText),
  },
  split: {
    takes: 'ss',
    run: ({ text }) =>
      new Map(
        text(1)
          .split(text(0))
          .map((part, index) => [`_${index}`, part] as const),
      ),
  },
  splitList: { takes: 'ss', run: ({ text }) => text(1).split(text(0)) },
  splitn: {
    takes: 'sns',
    run: ({ text, integer }) =>
      new Map(splitAtMost(text(2), text(0), integer(1)).map((part, index) => [`_${index}`, part] as const)),
  },
  squote: {
    takes: 'a*',
    run: ({ all }) =>
      all
        .filter(isPresent)
        .map((value) => `'${formatValue(value)}'`)
        .join(' '),
  },
  substr: { takes: 'nns', run: ({ integer, text }) => substring(text(2), integer(0), integer(1)) },
  swapcase: { takes: 's', run: ({ text }) => text(0).replaceAll(/\p{L}/gu, swapCase) },
  title: {
    takes: 's',
    run: ({ text }) => text(0).replaceAll(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase()),
  },
  toString: { takes: 'a', run: ({ all: [value] }: Arguments) => (isPresent(value) ? toText(value) : '<nil>') },
  toStrings: { takes: 'a', run: ({ all: [list] }) => (isList(list) ? list.map(toText) : [toText(list)]) },
  trim: { takes: 's', run: ({ text }) => text(0).trim() },
  trimAll: { takes: 'ss', run: ({ text }) => trimCharacters(text(1), text(0)) },
  trimPrefix: {
    takes: 'ss',
    run: ({ text }) => (text(1).startsWith(text(0)) ? text(1).slice(text(0).length) : text(1)),
  },
  trimSuffix: {
    takes: 'ss',
    run: ({ text }) => (text(1).endsWith(text(0)) ? text(1).slice(0, text(1).length - text(0).length) : text(1)),
  },
  trimall: { takes: 'ss', run: ({ text }) => trimCharacters(text(1), text(0)) },
  trunc: { takes: 'ns', run: ({ integer, text }) => truncate(text(1), integer(0)) },
  untitle: { takes: 's', run: ({ text }) => text(0).replaceAll(/(?<![\p{L}\p{N}_'])\p{L}/gu, toLower) },
  upper: { takes: 's', run: ({ text }) => text(0).toUpperCase() },
}

const maxLength = 16 * 1024 * 1024

function repeat(text: string, count: number): string {
  if (count < 0) throw failure('a negative count')
  if (text.length * count > maxLength) throw failure('the result is longer than 16 MiB')
  return text.repeat(count)
}

function indent(text: string, spaces: number): string {
  const pad = repeat(' ', Math.max(0, spaces))
  return pad + text.replaceAll('\n', `\n${pad}`)
}

function truncate(text: string, length: number): string {
  if (length >= 0) return text.slice(0, length)
  return -length < text.length ? text.slice(length) : text
}

function substring(text: string, start: number, end: number): string {
  if (start < 0) return text.slice(0, Math.max(0, end))
  return end < 0 || end > text.length ? text.slice(start) : text.slice(start, end)
}

function abbreviate(text: string, width: number): string {
  return width < 4 || text.length <= width ? text : `${text.slice(0, width - 3)}...`
}

function trimCharacters(text: string, characters: string): string {
  const cut = new Set(characters)
  const letters = Array.from(text)
  const first = letters.findIndex((letter) => !cut.has(letter))
  return first === -1 ? '' : letters.slice(first, letters.findLastIndex((letter) => !cut.has(letter)) + 1).join('')
}

function splitAtMost(text: string, separator: string, count: number): readonly string[] {
  const parts = text.split(separator)
  if (count < 0 || parts.length <= count) return parts
  return count === 0 ? [] : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

function splitWords(text: string): readonly string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}

function isPresent(value: Value): boolean {
  return value !== undefined && value !== null
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
}

function toLower(text: string): string {
  return text.toLowerCase()
}

function capitalize(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()
}
