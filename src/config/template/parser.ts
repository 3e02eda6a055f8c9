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
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly at: number }
  | Branch

/** A template with those that it defines for itself. */
export interface Template {
  readonly nodes: readonly TemplateNode[]
  readonly definitions: ReadonlyMap<string, readonly TemplateNode[]>
}

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
export function parseTemplate(text: string): Template {
  const root: TemplateNode[] = []
  const open: OpenBranch[] = []
  const definitions = new Map<string, readonly TemplateNode[]>()
  let nodes: TemplateNode[] = root
  for (const segment of splitTemplate(text)) {
    if (segment.kind === 'text') nodes.push(segment)
    else nodes = takeAction({ open, nodes, definitions }, new TokenReader(segment.tokens, segment.at))
    if (open.length > mostNested) throw new TemplateError('it is nested too deeply', open.at(-1)?.at ?? 0)
  }
  const last = open.at(-1)
  if (last !== undefined) throw new TemplateError(`unexpected EOF: \`${last.kind}\` has no \`end\``, last.at)
  return { nodes: root, definitions }
}

/** Every level is one on the stack of the evaluation, too. */
const mostNested = 200

interface OpenBranch {
  readonly kind: Branch['kind'] | 'block' | 'define'
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
  readonly definitions: Map<string, readonly TemplateNode[]>
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
  ['block', (place, reader) => openDefinition(place, 'block', reader)],
  ['break', (place, reader) => leaveLoop(place, reader, 'break')],
  ['continue', (place, reader) => leaveLoop(place, reader, 'continue')],
  ['define', (place, reader) => openDefinition(place, 'define', reader)],
  ['else', takeElse],
  ['end', closeBranch],
  ['if', (place, reader) => openBranch(place, 'if', { reader, chained: false })],
  ['range', (place, reader) => openBranch(place, 'range', { reader, chained: false })],
  ['template', callTemplate],
  ['with', (place, reader) => openBranch(place, 'with', { reader, chained: false })],
])

function leaveLoop(place: Place, reader: TokenReader, kind: 'break' | 'continue'): TemplateNode[] {
  reader.expectEnd()
  const inside = place.open.slice(place.open.findLastIndex(({ kind }) => kind === 'define' || kind === 'block') + 1)
  if (!inside.some((branch) => branch.kind === 'range')) reader.fail(`\`${kind}\` stands outside of \`range\``)
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

/** `define` stands alone; `block` also calls what it defines. */
function openDefinition(place: Place, kind: 'block' | 'define', reader: TokenReader): TemplateNode[] {
  if (kind === 'define' && place.open.length > 0) return reader.fail('unexpected {{define}}')
  const name = takeName(reader, kind)
  const pipe = kind === 'block' ? parsePipe(reader) : undefined
  reader.expectEnd()
  const body: TemplateNode[] = []
  if (!isEmpty(place.definitions.get(name))) {
    return reader.fail(`multiple definition of template ${JSON.stringify(name)}`)
  }
  place.definitions.set(name, body)
  if (kind === 'block') place.nodes.push({ kind: 'template', name, pipe, at: reader.at })
  place.open.push({ kind, at: reader.at, otherwise: [], after: place.nodes, chained: false, hasElse: false })
  return body
}

function isEmpty(nodes: readonly TemplateNode[] | undefined): boolean {
  return nodes === undefined || nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}

function callTemplate(place: Place, reader: TokenReader): TemplateNode[] {
  const name = takeName(reader, 'template')
  const pipe = reader.peek() === undefined ? undefined : parsePipe(reader)
  reader.expectEnd()
  place.nodes.push({ kind: 'template', name, pipe, at: reader.at })
  return place.nodes
}

function takeName(reader: TokenReader, kind: string): string {
  const token = reader.peek()
  if (token?.kind !== 'string' && token?.kind !== 'raw') return reader.fail(`\`${kind}\` takes a name in quotes`)
  reader.next()
  return String(unquote(token))
}

function takeElse(place: Place, reader: TokenReader): TemplateNode[] {
  const branch = place.open.at(-1)
  if (branch === undefined || branch.kind === 'define' || branch.kind === 'block') {
    return reader.fail('unexpected {{else}}: it stands outside of `if`, `with` and `range`')
  }
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
  if (branch === undefined) return reader.fail('unexpected {{end}}: it closes nothing')
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
  const [first] = operands
  if (first === undefined) return reader.fail('a value is missing')
  if (first.kind === 'literal' && first.value === null) throw new TemplateError('nil is not a command', first.at)
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
  reader.enter()
  const pipe = parsePipe(reader)
  if (!reader.takeMark(')')) return reader.fail('`(` is not closed')
  reader.leave()
  return { kind: 'group', pipe, path: reader.gluedPath(), at }
}

function fieldPath(token: Token): readonly string[] {
  return token.text.slice(1).split('.')
}

class TokenReader {
  readonly at: number
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

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

  /** Into a group. */
  enter(): void {
    this.#depth += 1
    if (this.#depth > mostNested) this.fail('it is nested too deeply')
  }

  leave(): void {
    this.#depth -= 1
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
