import { TemplateError } from './template-error.ts'

/** One word of an action. `glued` tells that no space stands before it: `$x.A` is one operand, `$x .A` are two. */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
  readonly glued: boolean
}

export type TokenKind =
  | 'assign'
  | 'char'
  | 'dot'
  | 'field'
  | 'mark'
  | 'number'
  | 'raw'
  | 'space'
  | 'string'
  | 'variable'
  | 'word'

/** Text that is copied, or the tokens between one pair of braces. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly at: number }

const space = '[ \\t\\r\\n]'
const openPattern = new RegExp(`\\{\\{(?:-(?=${space}))?`, 'g')
const closePattern = new RegExp(`(?:${space}+-)?\\}\\}`, 'y')
const commentPattern = new RegExp(`${space}*/\\*([\\s\\S]*?)\\*/(?:${space}+-)?\\}\\}`, 'y')
const leadingSpace = new RegExp(`^${space}+`)
const trailingSpace = new RegExp(`${space}+$`)

/** In the order in which they are tried. */
const tokenPatterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', new RegExp(`${space}+`, 'y')],
  ['assign', /:=|=/y],
  ['mark', /[|(),]/y],
  [
    'number',
    /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_])/uy,
  ],
  ['field', /(?:\.[\p{L}_][\p{L}\p{N}_]*)+/uy],
  ['dot', /\./y],
  ['variable', /\$[\p{L}\p{N}_]*/uy],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['string', /"(?:[^"\\\n]|\\.)*"/uy],
  ['raw', /`[^`]*`/y],
  ['char', /'(?:[^'\\\n]|\\[^\n][^'\n]*)'/uy],
]

/** Splits a Go template into text and actions; `{{-` and `-}}` have taken the space beside them already. */
export function splitTemplate(text: string): readonly Segment[] {
  const segments: Segment[] = []
  let at = 0
  let trimNext = false
  while (at <= text.length) {
    openPattern.lastIndex = at
    const open = openPattern.exec(text)
    let plain = text.slice(at, open?.index)
    if (trimNext) plain = plain.replace(leadingSpace, '')
    if (open?.[0].endsWith('-') === true) plain = plain.replace(trailingSpace, '')
    if (plain !== '') segments.push({ kind: 'text', text: plain })
    if (open === null) break
    const action = readAction(text, open.index, openPattern.lastIndex)
    if (action.tokens !== undefined) segments.push({ kind: 'action', tokens: action.tokens, at: open.index })
    at = action.end
    trimNext = action.trims
  }
  return segments
}

interface Action {
  /** Absent for a comment. */
  readonly tokens?: readonly Token[]
  readonly end: number
  readonly trims: boolean
}

function readAction(text: string, start: number, from: number): Action {
  const comment = matchAt(commentPattern, text, from)
  if (comment !== undefined) return { end: from + comment.length, trims: comment.endsWith('-}}') }
  const tokens: Token[] = []
  let at = from
  let glued = false
  for (;;) {
    const close = matchAt(closePattern, text, at)
    if (close !== undefined) return { tokens, end: at + close.length, trims: close.endsWith('-}}') }
    if (at >= text.length) throw new TemplateError('`{{` is not closed by `}}`', start)
    const token = readToken(text, at, glued)
    glued = token.kind !== 'space'
    if (glued) tokens.push(token)
    at += token.text.length
  }
}

function readToken(text: string, at: number, glued: boolean): Token {
  for (const [kind, pattern] of tokenPatterns) {
    const found = matchAt(pattern, text, at)
    if (found !== undefined) return { kind, text: found, at, glued }
  }
  const found = text[at] ?? ''
  const reason = '"\'`'.includes(found) ? `the quote ${found} is not closed` : `unexpected ${JSON.stringify(found)}`
  throw new TemplateError(reason, at)
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
