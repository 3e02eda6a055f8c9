import { createLexer, type LexerOptions, type Variables } from './expand.ts'
import { invalid } from './invalid.ts'
import { SubstitutionError } from './substitution-error.ts'
import type { CopyInstruction, Heredoc, Instruction, InstructionBody, Location } from './types.ts'

/** What the instructions of a stage see. */
export interface Scope {
  /** ARG and ENV of the stage so far. */
  readonly variables: Variables
  /** What `ARG name` without a default may take: {@link globalVariables}. */
  readonly globals: Variables
  readonly buildArgs: Readonly<Record<string, string>>
  readonly escape: '\\' | '`'
}

/** An instruction with its variables replaced, and what the next one sees. */
export interface ExpandedInstruction {
  readonly instruction: Instruction
  readonly variables: Variables
}

/**
 * Replaces the variables of one instruction and does what ARG and ENV do to the scope. The commands of CMD, ENTRYPOINT,
 * RUN, SHELL, HEALTHCHECK and ONBUILD stay as they are, as does `--from`. An ARG keeps a value only when it is a default
 * or a build argument: what comes from the global scope is in the variables alone.
 * @throws DOCKERFILE_INVALID
 */
export function expandInstruction(instruction: Instruction, scope: Scope): ExpandedInstruction {
  const { at } = instruction
  if (instruction.kind === 'arg') return expandArg(instruction, scope)
  const body = expandBody(instruction, { at, variables: scope.variables, lexer: { escape: scope.escape } })
  const expanded = { ...body, at }
  if (expanded.kind !== 'env') return { instruction: expanded, variables: scope.variables }
  const variables = new Map(scope.variables)
  for (const { name, value } of expanded.pairs) variables.set(name, value)
  return { instruction: expanded, variables }
}

/**
 * Replaces the variables of one text.
 * @throws DOCKERFILE_INVALID
 */
export function expandText(
  text: string,
  how: { readonly variables: Variables; readonly escape: '\\' | '`'; readonly at: Location },
): string {
  return expand(text, { at: how.at, variables: how.variables, lexer: { escape: how.escape } }).text
}

interface How {
  readonly at: Location
  readonly variables: Variables
  readonly lexer: LexerOptions
}

function expand(text: string, how: How): { readonly text: string; readonly words: readonly string[] } {
  try {
    return createLexer(how.lexer)(text, how.variables)
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error
    throw invalid(how.at, `"${text}": ${error.message}`)
  }
}

function expandArg(instruction: Instruction & { readonly kind: 'arg' }, scope: Scope): ExpandedInstruction {
  const variables = new Map(scope.variables)
  const args = instruction.args.map((arg) => {
    const how: How = { at: instruction.at, variables, lexer: { escape: scope.escape } }
    const name = expand(arg.name, how).text
    const given = Object.hasOwn(scope.buildArgs, name) ? scope.buildArgs[name] : undefined
    const value = given ?? (arg.value === undefined ? undefined : expand(arg.value, how).text)
    const seen = value ?? scope.globals.get(name)
    if (seen !== undefined) variables.set(name, seen)
    return value === undefined ? { name } : { name, value }
  })
  return { instruction: { ...instruction, args }, variables }
}

function expandBody(body: InstructionBody, how: How): InstructionBody {
  const one = (text: string): string => expand(text, how).text
  if (body.kind === 'copy' || body.kind === 'add') return expandCopy(body, how)
  if (body.kind === 'env' || body.kind === 'label') {
    return { ...body, pairs: body.pairs.map(({ name, value }) => ({ name: one(name), value: one(value) })) }
  }
  if (body.kind === 'expose') return { ...body, ports: body.ports.flatMap((port) => expand(port, how).words) }
  if (body.kind === 'volume') return { ...body, paths: body.paths.map((path) => notEmpty(one(path), 'VOLUME', how.at)) }
  if (body.kind === 'user' || body.kind === 'workdir' || body.kind === 'stopsignal') {
    return { ...body, value: one(body.value) }
  }
  return body
}

function notEmpty(text: string, instruction: string, at: Location): string {
  if (text !== '') return text
  throw invalid(at, `${instruction} is empty once its variables are replaced`)
}

function expandCopy(body: CopyInstruction, how: How): CopyInstruction {
  const one = (text: string): string => expand(text, how).text
  return {
    ...body,
    sources: body.sources.map(one),
    destination: one(body.destination),
    exclude: body.exclude.map(one),
    heredocs: body.heredocs.map((heredoc) => expandHeredoc(heredoc, how)),
    ...(body.chown === undefined ? {} : { chown: one(body.chown) }),
    ...(body.chmod === undefined ? {} : { chmod: one(body.chmod) }),
    ...(body.checksum === undefined ? {} : { checksum: one(body.checksum) }),
  }
}

function expandHeredoc(heredoc: Heredoc, how: How): Heredoc {
  if (!heredoc.expands) return heredoc
  const { text } = expand(heredoc.content, { ...how, lexer: { escape: '\\', ignoreQuotes: true } })
  return { ...heredoc, content: text }
}
