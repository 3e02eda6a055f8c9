import type { Token } from './lexer.ts'
import { unquote } from './literal.ts'
import { TemplateError } from './template-error.ts'
import { fieldPath, type TokenReader } from './token-reader.ts'
import type { Value } from './value.ts'

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

/** Parses what stands before the end of an action, of a group or of its operands. Throws {@link TemplateError}. */
export function parsePipe(reader: TokenReader, mostVariables = 1): Pipe {
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
