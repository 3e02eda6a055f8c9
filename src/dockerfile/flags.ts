import { invalid } from './invalid.ts'
import type { Location } from './types.ts'
import { splitWords } from './words.ts'

/** The flags of one instruction, as written. */
export interface Flags {
  readonly text: readonly string[]
  /** The last value of a flag that takes one. */
  value(name: string): string | undefined
  values(name: string): readonly string[]
  /** Whether `--name` or `--name=true` is there; undefined when the flag is not. */
  isOn(name: string): boolean | undefined
}

/** Takes the flags off the front of an instruction's arguments. */
export function takeFlags(
  rest: string,
  escape: '\\' | '`',
): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = []
  let left = rest.trimStart()
  while (left.startsWith('--')) {
    const [word = ''] = splitWords(left, escape)
    if (word === '--') return { flags, rest: left.slice(2).trimStart() }
    flags.push(word)
    left = left.slice(word.length).trimStart()
  }
  return { flags, rest: left.trimEnd() }
}

/**
 * Reads flags; `allowed` are the names that the instruction knows.
 * @throws DOCKERFILE_INVALID
 */
export function readFlags(
  written: readonly string[],
  allowed: { readonly [name: string]: 'value' | 'list' | 'switch' },
  where: { readonly instruction: string; readonly at: Location },
): Flags {
  const found = new Map<string, string[]>()
  for (const flag of written) {
    const [name, value] = splitOnce(flag.slice(2), '=')
    const kind = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (kind === undefined) throw invalid(where.at, `${where.instruction} has no flag --${name}`, listHint(allowed))
    const earlier = found.get(name) ?? []
    if (earlier.length > 0 && kind !== 'list') throw invalid(where.at, `--${name} is given twice`)
    found.set(name, [...earlier, checkValue({ name, value, kind }, where.at)])
  }
  return {
    text: written,
    value: (name) => found.get(name)?.at(-1),
    values: (name) => found.get(name) ?? [],
    isOn: (name) => (found.has(name) ? found.get(name)?.at(-1) === 'true' : undefined),
  }
}

function checkValue(
  flag: { readonly name: string; readonly value: string | undefined; readonly kind: 'value' | 'list' | 'switch' },
  at: Location,
): string {
  if (flag.kind !== 'switch') {
    if (flag.value !== undefined) return flag.value
    throw invalid(at, `--${flag.name} needs a value`, `write it as --${flag.name}=…`)
  }
  const value = (flag.value ?? 'true').toLowerCase()
  if (value === 'true' || value === 'false') return value
  throw invalid(at, `--${flag.name} is true or false, not "${flag.value ?? ''}"`)
}

function listHint(allowed: object): string {
  const names = Object.keys(allowed).map((name) => `--${name}`)
  return names.length === 0 ? 'remove it' : `use one of ${names.join(', ')}`
}

/** The text before and after the first separator. */
export function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}
