import type { Flag } from './flag.ts'

/** The values of a command's flags. Asking for a flag that the command does not declare is a bug. */
export class ParsedFlags {
  readonly #flags: readonly Flag[]
  readonly #values: ReadonlyMap<string, readonly string[]>
  readonly #given: ReadonlySet<string>

  constructor(
    flags: readonly Flag[],
    values: ReadonlyMap<string, readonly string[]>,
    given: ReadonlySet<string> = new Set(values.keys()),
  ) {
    this.#flags = flags
    this.#values = values
    this.#given = given
  }

  /** Whether the command declares the flag. */
  has(name: string): boolean {
    return this.#flags.some((flag) => flag.name === name)
  }

  /** Whether the flag was typed or came from the environment, so that its value is not the default. */
  isSet(name: string): boolean {
    return this.#given.has(name) || this.#values.has(name)
  }

  text(name: string): string | undefined {
    const flag = this.#flag(name)
    return this.#values.get(name)?.at(-1) ?? flag.default
  }

  /** Comma-separated and repeated values, joined; empty entries dropped. */
  list(name: string): readonly string[] {
    const flag = this.#flag(name)
    const values = this.#values.get(name) ?? (flag.default === undefined ? [] : [flag.default])
    return values.flatMap((value) => value.split(',')).filter((value) => value !== '')
  }

  /** Repeated values as they were typed: commas belong to them. */
  values(name: string): readonly string[] {
    const flag = this.#flag(name)
    return this.#values.get(name) ?? (flag.default === undefined ? [] : [flag.default])
  }

  bool(name: string): boolean {
    return this.optionalBool(name) ?? false
  }

  /** Undefined when the flag was not given and has no default: a tri-state flag. */
  optionalBool(name: string): boolean | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : /^(?:true|1|t)$/i.test(value)
  }

  int(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : Number(value)
  }

  #flag(name: string): Flag {
    const flag = this.#flags.find((candidate) => candidate.name === name)
    if (flag === undefined) throw new Error(`flag --${name} is not declared by this command`)
    return flag
  }
}
