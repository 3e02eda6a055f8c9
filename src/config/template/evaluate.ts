import type { Command, Operand, Pipe } from './parse-pipe.ts'
import type { Branch, Template, TemplateNode } from './parser.ts'
import type { Call, TemplateFunction } from './function.ts'
import { TemplateError } from './template-error.ts'
import { formatValue, isList, isMap, isTrue, sortedEntries, startWork, typeOf, type Value } from './value.ts'

/** What a template runs with. */
export interface Scope {
  /** The value of `.` at the start, and of `$`. */
  readonly data: Value
  /** Whether a key that is missing is an error; else it prints `<no value>`. */
  readonly strict: boolean
  readonly findFunction: (name: string) => TemplateFunction | undefined
  readonly call: Call
  /** Says why a function is not there. */
  readonly explainMissing: (name: string) => string
}

/** Runs a parsed template. Throws {@link TemplateError}. */
export function evaluateTemplate({ nodes, definitions }: Template, scope: Scope): string {
  startWork()
  const run: Run = {
    scope,
    definitions,
    depth: 0,
    variables: [{ name: '$', value: scope.data }],
    progress: { printed: [], printedLength: 0, steps: 0 },
  }
  evaluateNodes(run, nodes, scope.data)
  return run.progress.printed.join('')
}

interface Run {
  readonly scope: Scope
  readonly definitions: Template['definitions']
  /** How many templates called one another. */
  readonly depth: number
  readonly variables: { readonly name: string; value: Value }[]
  readonly progress: Progress
}

interface Progress {
  readonly printed: string[]
  printedLength: number
  steps: number
}

type Flow = 'break' | 'continue' | 'on'

/** More than this is a mistake in the template: no tag, path or argument is that long. */
const maxPrintedLength = 16 * 1024 * 1024
const maxSteps = 500_000
const maxCalls = 100

function evaluateNodes(run: Run, nodes: readonly TemplateNode[], dot: Value): Flow {
  for (const node of nodes) {
    const flow = evaluateNode(run, node, dot)
    if (flow !== 'on') return flow
  }
  return 'on'
}

function evaluateNode(run: Run, node: TemplateNode, dot: Value): Flow {
  step(run)
  if (node.kind === 'text') return print(run, node.text, 0)
  if (node.kind === 'break' || node.kind === 'continue') return node.kind
  if (node.kind === 'template') return evaluateCall(run, node, dot)
  if (node.kind !== 'output') return evaluateBranch(run, node, dot)
  const value = evaluatePipe(run, node.pipe, dot)
  if (node.pipe.variables.length > 0) return 'on'
  return print(run, value === undefined ? '<no value>' : printed(value, node.pipe.at), node.pipe.at)
}

function printed(value: Value, at: number): string {
  try {
    return formatValue(value)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new TemplateError(error.message, at)
  }
}

/** A template that is called sees its own data as `.` and `$`, and no variables from outside. */
function evaluateCall(run: Run, call: Extract<TemplateNode, { kind: 'template' }>, dot: Value): Flow {
  const nodes = run.definitions.get(call.name)
  if (nodes === undefined) throw new TemplateError(`template ${JSON.stringify(call.name)} not defined`, call.at)
  if (run.depth >= maxCalls) throw new TemplateError(`exceeded maximum template depth (${maxCalls})`, call.at)
  const data = call.pipe === undefined ? undefined : evaluatePipe(run, call.pipe, dot)
  evaluateNodes({ ...run, depth: run.depth + 1, variables: [{ name: '$', value: data }] }, nodes, data)
  return 'on'
}

function step({ progress }: Run): void {
  progress.steps += 1
  if (progress.steps > maxSteps) throw new TemplateError('it takes too many steps', 0)
}

function print(run: Run, text: string, at: number): Flow {
  run.progress.printed.push(text)
  run.progress.printedLength += text.length
  if (run.progress.printedLength > maxPrintedLength) throw new TemplateError('it prints more than 16 MiB', at)
  return 'on'
}

function evaluateBranch(run: Run, branch: Branch, dot: Value): Flow {
  const known = run.variables.length
  try {
    if (branch.kind === 'range') return evaluateRange(run, branch, dot)
    const value = evaluatePipe(run, branch.pipe, dot)
    if (!isTrue(value)) return evaluateNodes(run, branch.otherwise, dot)
    return evaluateNodes(run, branch.body, branch.kind === 'with' ? value : dot)
  } finally {
    run.variables.length = known
  }
}

function evaluateRange(run: Run, branch: Branch, dot: Value): Flow {
  const { variables, assigns, at } = branch.pipe
  const entries = rangeEntries(evaluatePipe(run, { ...branch.pipe, variables: [] }, dot), at)
  if (entries.length === 0) return evaluateNodes(run, branch.otherwise, dot)
  const known = run.variables.length
  for (const [key, value] of entries) {
    step(run)
    const [first, second] = variables
    if (first !== undefined) setVariable(run, { name: first, assigns, at }, second === undefined ? value : key)
    if (second !== undefined) setVariable(run, { name: second, assigns, at }, value)
    const flow = evaluateNodes(run, branch.body, value)
    run.variables.length = known
    if (flow === 'break') break
  }
  return 'on'
}

function rangeEntries(value: Value, at: number): readonly (readonly [Value, Value])[] {
  if (isList(value)) return value.map((item, index) => [index, item] as const)
  if (isMap(value)) return sortedEntries(value)
  if (typeof value === 'number' && Number.isInteger(value)) return countTo(value, at)
  if (value === undefined || value === null) return []
  throw new TemplateError(`range can't iterate over ${printed(value, at)}`, at)
}

/** A number stands for those below it, as in Go since 1.22. */
function countTo(end: number, at: number): readonly (readonly [Value, Value])[] {
  if (end > maxSteps) throw new TemplateError('it takes too many steps', at)
  return Array.from({ length: Math.max(0, end) }, (_, index) => [index, index] as const)
}

function setVariable(
  run: Run,
  variable: { readonly name: string; readonly assigns: boolean; readonly at: number },
  value: Value,
): void {
  if (!variable.assigns) {
    run.variables.push({ name: variable.name, value })
    return
  }
  findVariable(run, variable.name, variable.at).value = value
}

function findVariable(run: Run, name: string, at: number): { value: Value } {
  const found = run.variables.findLast((known) => known.name === name)
  if (found === undefined) throw new TemplateError(`undefined variable: ${name}`, at)
  return found
}

function evaluatePipe(run: Run, pipe: Pipe, dot: Value): Value {
  let value: Value
  for (const [index, command] of pipe.commands.entries()) {
    value = evaluateCommand(run, command, { dot, piped: index === 0 ? [] : [value] })
  }
  for (const name of pipe.variables) setVariable(run, { name, assigns: pipe.assigns, at: pipe.at }, value)
  return value
}

interface Input {
  readonly dot: Value
  /** The result of the command before, if there was one. */
  readonly piped: readonly Value[]
}

function evaluateCommand(run: Run, command: Command, input: Input): Value {
  const [first, ...rest] = command.operands
  if (first === undefined) throw new TemplateError('a value is missing', command.at)
  if (first.kind === 'function') return callFunction(run, { name: first.name, at: first.at, operands: rest }, input)
  if (rest.length > 0 || input.piped.length > 0) {
    throw new TemplateError('this is no function and takes no arguments', first.at)
  }
  return evaluateOperand(run, first, input.dot)
}

function callFunction(
  run: Run,
  call: { readonly name: string; readonly at: number; readonly operands: readonly Operand[] },
  { dot, piped }: Input,
): Value {
  const thunks = [
    ...call.operands.map((operand) => () => evaluateOperand(run, operand, dot)),
    ...piped.map((value) => () => value),
  ]
  if (call.name === 'and' || call.name === 'or') return shortCircuit(call.name, thunks, call.at)
  const found = run.scope.findFunction(call.name)
  if (found === undefined) throw new TemplateError(run.scope.explainMissing(call.name), call.at)
  try {
    return run.scope.call(
      found,
      thunks.map((thunk) => thunk()),
    )
  } catch (error) {
    if (!(error instanceof TemplateError) || error.at >= 0) throw error
    throw new TemplateError(`${call.name}: ${error.message}`, call.at)
  }
}

function shortCircuit(name: 'and' | 'or', thunks: readonly (() => Value)[], at: number): Value {
  if (thunks.length === 0) throw new TemplateError(`${name}: it takes at least one value`, at)
  let value: Value
  for (const thunk of thunks) {
    value = thunk()
    if (isTrue(value) === (name === 'or')) return value
  }
  return value
}

function evaluateOperand(run: Run, operand: Operand, dot: Value): Value {
  if (operand.kind === 'literal') return operand.value
  if (operand.kind === 'data') return followPath(run, dot, operand)
  if (operand.kind === 'variable') return followPath(run, findVariable(run, operand.name, operand.at).value, operand)
  if (operand.kind === 'group') return followPath(run, evaluatePipe(run, operand.pipe, dot), operand)
  return callFunction(run, { name: operand.name, at: operand.at, operands: [] }, { dot, piped: [] })
}

function followPath(
  run: Run,
  start: Value,
  { path, at }: { readonly path: readonly string[]; readonly at: number },
): Value {
  let value = start
  for (const key of path) {
    if (value === undefined || value === null) throw new TemplateError(`nil data; no entry for key "${key}"`, at)
    if (!isMap(value)) throw new TemplateError(`can't evaluate field ${key} in type ${typeOf(value)}`, at)
    if (run.scope.strict && !value.has(key)) throw new TemplateError(`there is no value for "${key}"`, at)
    value = value.get(key)
  }
  return value
}
