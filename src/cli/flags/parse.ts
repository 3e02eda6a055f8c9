import { parseArgs } from 'node:util'
import { ToolError } from '../../errors/index.ts'
import { environmentNames, type Flag } from './flag.ts'
import { ParsedFlags } from './parsed.ts'
import { nearest } from './nearest.ts'
import { unsupportedFlags } from './unsupported.ts'

/** What was typed, split into flags, positional arguments and what followed `--`. */
export interface ParsedArguments {
  readonly flags: ParsedFlags
  readonly args: readonly string[]
  readonly rest: readonly string[]
}

/**
 * Parses arguments with pflag's rules: `--x=false`, `--x value`, `-xvalue`, grouped shorthands, repeated and
 * comma-separated lists, flags anywhere before `--`. What is not given comes from the environment, then the default.
 * @throws USAGE
 */
export function parseArguments(
  argv: readonly string[],
  flags: readonly Flag[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  const values = new Map<string, string[]>()
  for (const flag of flags) {
    const inherited = fromEnvironment(flag, env)
    if (inherited !== undefined && isWanted(flag, inherited)) values.set(flag.name, [spelledOut(flag, inherited)])
  }
  const given = new Set<string>()
  const args: string[] = []
  const rest: string[] = []
  let afterTerminator = false
  for (const token of tokenize(argv, flags)) {
    if (token.kind === 'option-terminator') afterTerminator = true
    else if (token.kind === 'positional') (afterTerminator ? rest : args).push(token.value)
    else addOption(token, { flags, values, given })
  }
  return { flags: new ParsedFlags(flags, values, given), args, rest }
}

type Token = ReturnType<typeof tokenize>[number]

interface Collected {
  readonly flags: readonly Flag[]
  readonly values: Map<string, string[]>
  readonly given: Set<string>
}

function tokenize(argv: readonly string[], flags: readonly Flag[]) {
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      flags.map((flag) => [
        flag.name,
        {
          type: flag.type === 'bool' || flag.type === 'optional' ? ('boolean' as const) : ('string' as const),
          ...(flag.shorthand === undefined ? {} : { short: flag.shorthand }),
        },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens
}

function addOption(token: Extract<Token, { kind: 'option' }>, { flags, values, given }: Collected): void {
  const flag = flags.find(({ name }) => name === token.name)
  if (flag === undefined) throw unknownFlag(token.rawName, flags)
  const value = token.value ?? bareValue(flag)
  if (value === undefined) {
    throw usage(`flag needs an argument: ${token.rawName}`, `write ${token.rawName}=${flag.placeholder ?? 'VALUE'}`)
  }
  checkValue(flag, value)
  const earlier = given.has(flag.name) && flag.type === 'strings' ? (values.get(flag.name) ?? []) : []
  given.add(flag.name)
  if (isWanted(flag, value)) values.set(flag.name, [...earlier, spelledOut(flag, value)])
  else values.delete(flag.name)
}

/** `--sandbox=false` is no sandbox; where there is a default, it takes the word to turn it off. */
function isWanted(flag: Flag, value: string): boolean {
  return flag.type !== 'optional' || flag.default !== undefined || value !== 'false'
}

/** `--sandbox=true`, which an environment variable has to write, is the flag standing alone. */
function spelledOut(flag: Flag, value: string): string {
  return flag.type === 'optional' && value === 'true' ? (flag.bare ?? '') : value
}

function bareValue(flag: Flag): string | undefined {
  if (flag.type === 'bool') return 'true'
  return flag.type === 'optional' ? (flag.bare ?? '') : undefined
}

function fromEnvironment(flag: Flag, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const name = environmentNames(flag).find((candidate) => (env[candidate] ?? '') !== '')
  if (name === undefined) return undefined
  const value = env[name] ?? ''
  checkValue(flag, value, name)
  return value
}

function checkValue(flag: Flag, value: string, source = `--${flag.name}`): void {
  if (flag.type === 'bool' && !/^(?:true|false|1|0|t|f)$/i.test(value)) {
    throw usage(
      `invalid argument "${value}" for ${source}: it is true or false`,
      `write ${source}=true or ${source}=false`,
    )
  }
  if (flag.type === 'int') checkNumber(flag, value, source)
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    throw usage(`invalid argument "${value}" for ${source}`, `use one of ${flag.choices.join(', ')}`)
  }
}

function checkNumber({ max }: Flag, value: string, source: string): void {
  if (/^-?\d+$/.test(value) && (max === undefined || (Number(value) >= 0 && Number(value) <= max))) return
  const range = max === undefined ? '' : ` from 0 to ${max}`
  throw usage(`invalid argument "${value}" for ${source}: it is a whole number${range}`, `write ${source}=10`)
}

function unknownFlag(rawName: string, flags: readonly Flag[]): ToolError {
  const name = rawName.replace(/^-+/, '')
  const instead = Object.hasOwn(unsupportedFlags, name) ? unsupportedFlags[name] : undefined
  if (instead !== undefined) {
    return usage(`${rawName} is a Skaffold flag that this version of catamaran does not support here`, instead)
  }
  const suggestion = nearest(
    name,
    flags.map((flag) => flag.name),
  )
  const hint = suggestion === undefined ? 'see --help for the flags of this command' : `did you mean --${suggestion}?`
  return usage(rawName.startsWith('--') ? `unknown flag: ${rawName}` : `unknown shorthand flag: ${rawName}`, hint)
}

function usage(message: string, hint: string): ToolError {
  return new ToolError('USAGE', message, { hint })
}
