import { splitTemplate, type Token } from './lexer.ts'
import { unquote } from './literal.ts'
import { TemplateError } from './template-error.ts'
import type { Value } from './value.ts'

/** A part of a parsed template. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly pipe: Pipe }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  | Branch

/** `if`, `with` or `range`. */
export interface Branch {
  readonly kind: 'if' | 'range' | 'with'
  readonly pipe: Pipe
  readonly body: readonly TemplateNode[]
  readonly otherwise: readonly TemplateNode[]
}

/** Commands whose result is the last argument of the next one, and the variables that take the last result. */
export interface Pipe {
  readonly variables: readonly string[]
  /** True for `=`, which changes a variable that is there; false for `:=`. */
  readonly assigns: boolean
  readonly commands: readonly Command[]
  readonly at: number
}

/** The first operand, called with the others when it is a function. */
export interface Command {
  readonly operands: readonly Operand[]
  readonly at: number
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: Value; readonly at: number }
  | { readonly kind: 'data'; readonly path: readonly string[]; readonly at: number }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[]; readonly at: number }
  | { readonly kind: 'function'; readonly name: string; readonly at: number }
  | { readonly kind: 'group'; readonly pipe: Pipe; readonly path: readonly string[]; readonly at: number }

/** Parses a Go template. Throws {@link TemplateError}. */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const root: TemplateNode[] = []
  const open: OpenBranch[] = []
  let nodes: TemplateNode[] = root
  for (const segment of splitTemplate(text)) {
    if (segment.kind === 'text') nodes.push(segment)
    else nodes = takeAction({ open, nodes }, new TokenReader(segment.tokens, segment.at))
  }
  const last = open.at(-1)
  if (last !== undefined) throw new TemplateError(`\`${last.kind}\` has no \`end\``, last.at)
  return root
}

interface OpenBranch {
  readonly kind: Branch['kind']
  readonly at: number
  readonly otherwise: TemplateNode[]
  /** The list that goes on after `end`. */
  readonly after: TemplateNode[]
  /** Opened by `else if`: closed by the same `end` as the branch around it. */
  readonly chained: boolean
  hasElse: boolean
}

interface Place {
  readonly open: OpenBranch[]
  readonly nodes: TemplateNode[]
}

/** Adds one action; gives the list that the next segment belongs to. */
function takeAction(place: Place, reader: TokenReader): TemplateNode[] {
  const word = reader.peek()
  const keyword = word?.kind === 'word' ? keywords.get(word.text) : undefined
  if (keyword === undefined) {
    place.nodes.push({ kind: 'output', pipe: parsePipe(reader) })
    reader.expectEnd()
    return place.nodes
  }
  reader.next()
  return keyword(place, reader)
}

type Keyword = (place: Place, reader: TokenReader) => TemplateNode[]

const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['block', (_place, reader) => reader.fail('`block` is not supported')],
  ['break', (place, reader) => leaveLoop(place, reader, 'break')],
  ['continue', (place, reader) => leaveLoop(place, reader, 'continue')],
  ['define', (_place, reader) => reader.fail('`define` is not supported')],
  ['else', takeElse],
  ['end', closeBranch],
  ['if', (place, reader) => openBranch(place, 'if', { reader, chained: false })],
  ['range', (place, reader) => openBranch(place, 'range', { reader, chained: false })],
  ['template', (_place, reader) => reader.fail('`template` is not supported')],
  ['with', (place, reader) => openBranch(place, 'with', { reader, chained: false })],
])

function leaveLoop(place: Place, reader: TokenReader, kind: 'break' | 'continue'): TemplateNode[] {
  reader.expectEnd()
  if (!place.open.some((branch) => branch.kind === 'range')) reader.fail(`\`${kind}\` stands outside of \`range\``)
  place.nodes.push({ kind })
  return place.nodes
}

function openBranch(
  place: Place,
  kind: Branch['kind'],
  { reader, chained }: { readonly reader: TokenReader; readonly chained: boolean },
): TemplateNode[] {
  const pipe = parsePipe(reader, kind === 'range' ? 2 : 1)
  reader.expectEnd()
  const body: TemplateNode[] = []
  const otherwise: TemplateNode[] = []
  place.nodes.push({ kind, pipe, body, otherwise })
  place.open.push({ kind, at: reader.at, otherwise, after: place.nodes, chained, hasElse: false })
  return body
}

function takeElse(place: Place, reader: TokenReader): TemplateNode[] {
  const branch = place.open.at(-1)
  if (branch === undefined) return reader.fail('`else` stands outside of `if`, `with` and `range`')
  if (branch.hasElse) return reader.fail('a second `else`')
  branch.hasElse = true
  const next = reader.peek()
  if (next?.kind !== 'word' || (next.text !== 'if' && next.text !== 'with')) {
    reader.expectEnd()
    return branch.otherwise
  }
  reader.next()
  return openBranch({ ...place, nodes: branch.otherwise }, next.text, { reader, chained: true })
}

function closeBranch(place: Place, reader: TokenReader): TemplateNode[] {
  reader.expectEnd()
  let branch = place.open.pop()
  if (branch === undefined) return reader.fail('`end` closes nothing')
  while (branch.chained) {
    const above = place.open.pop()
    if (above === undefined) break
    branch = above
  }
  return branch.after
}

function parsePipe(reader: TokenReader, mostVariables = 1): Pipe {
  const at = reader.peek()?.at ?? reader.at
  const { variables, assigns } = parseVariables(reader, mostVariables)
  const commands: Command[] = [parseCommand(reader)]
  while (reader.takeMark('|')) commands.push(parseCommand(reader))
  const literal = commands.slice(1).find((command) => command.operands[0]?.kind === 'literal')
  if (literal !== undefined) throw new TemplateError('a value cannot take what comes through `|`', literal.at)
  return { variables, assigns, commands, at }
}

function parseVariables(reader: TokenReader, most: number): Pick<Pipe, 'assigns' | 'variables'> {
  const [first, second, third, fourth] = reader.ahead(4)
  if (first?.kind !== 'variable') return { variables: [], assigns: false }
  if (second?.kind === 'assign') {
    reader.skip(2)
    return { variables: [first.text], assigns: second.text === '=' }
  }
  if (second?.text !== ',' || third?.kind !== 'variable' || fourth?.kind !== 'assign') {
    return { variables: [], assigns: false }
  }
  if (most < 2) return reader.fail('two variables are for `range` only')
  reader.skip(4)
  return { variables: [first.text, third.text], assigns: fourth.text === '=' }
}

function parseCommand(reader: TokenReader): Command {
  const at = reader.peek()?.at ?? reader.at
  const operands: Operand[] = []
  for (let operand = parseOperand(reader); operand !== undefined; operand = parseOperand(reader)) operands.push(operand)
  if (operands.length === 0) return reader.fail('a value is missing')
  return { operands, at }
}

function parseOperand(reader: TokenReader): Operand | undefined {
  const token = reader.peek()
  if (token === undefined) return undefined
  if (token.kind === 'mark') return token.text === '(' ? groupOperand(reader) : undefined
  if (token.kind === 'assign') return reader.fail(`unexpected \`${token.text}\``)
  reader.next()
  const { at } = token
  if (token.kind === 'dot') return { kind: 'data', path: [], at }
  if (token.kind === 'field') return { kind: 'data', path: fieldPath(token), at }
  if (token.kind === 'variable') return { kind: 'variable', name: token.text, path: reader.gluedPath(), at }
  if (token.kind === 'word') return wordOperand(token)
  return { kind: 'literal', value: unquote(token), at }
}

const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['nil', null],
])

function wordOperand(token: Token): Operand {
  if (constants.has(token.text)) return { kind: 'literal', value: constants.get(token.text), at: token.at }
  return { kind: 'function', name: token.text, at: token.at }
}

function groupOperand(reader: TokenReader): Operand {
  const at = reader.peek()?.at ?? reader.at
  reader.next()
  const pipe = parsePipe(reader)
  if (!reader.takeMark(')')) return reader.fail('`(` is not closed')
  return { kind: 'group', pipe, path: reader.gluedPath(), at }
}

function fieldPath(token: Token): readonly string[] {
  return token.text.slice(1).split('.')
}

class TokenReader {
  readonly at: number
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[], at: number) {
    this.#tokens = tokens
    this.at = at
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  ahead(count: number): readonly Token[] {
    return this.#tokens.slice(this.#next, this.#next + count)
  }

  skip(count: number): void {
    this.#next += count
  }

  next(): void {
    this.#next += 1
  }

  takeMark(text: string): boolean {
    const token = this.peek()
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.next()
    return true
  }

  gluedPath(): readonly string[] {
    const token = this.peek()
    if (token?.kind !== 'field' || !token.glued) return []
    this.next()
    return fieldPath(token)
  }

  expectEnd(): void {
    const token = this.peek()
    if (token !== undefined) this.fail(`unexpected \`${token.text}\``)
  }

  fail(reason: string): never {
    throw new TemplateError(reason, this.peek()?.at ?? this.at)
  }
}
