import type { Token } from './lexer.ts'
import { TemplateError } from './template-error.ts'

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}
const escapePattern = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/gu

/** The value of a quoted text, a character or a number as Go writes them. */
export function unquote(token: Token): string | number {
  const inner = token.text.slice(1, -1)
  if (token.kind === 'raw') return inner.replaceAll('\r', '')
  if (token.kind === 'string') return unescape(inner, token.at)
  if (token.kind === 'char') return unescape(inner, token.at).codePointAt(0) ?? 0
  return parseNumber(token)
}

function unescape(text: string, at: number): string {
  return text.replaceAll(escapePattern, (whole, ...[x, u, big, octal, simple]: readonly (string | undefined)[]) => {
    if (simple !== undefined) return simpleEscapes[simple] ?? fail(`${whole} is no escape sequence`, at)
    const code = octal === undefined ? Number.parseInt(x ?? u ?? big ?? '', 16) : Number.parseInt(octal, 8)
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : fail(`${whole} is no character`, at)
  })
}

function parseNumber(token: Token): number {
  const text = token.text.replaceAll('_', '')
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[+-]/, '')
  const value = sign * Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return Number.isFinite(value) ? value : fail(`${token.text} is no number`, token.at)
}

function fail(reason: string, at: number): never {
  throw new TemplateError(reason, at)
}
