/** One command-line flag, as data: parsing, help, completion and the reference page come from it. */
export interface Flag {
  readonly name: string
  readonly shorthand?: string
  readonly type: 'bool' | 'string' | 'strings' | 'int' | 'optional'
  /** Shown in help, and used when neither flag nor environment is given. */
  readonly default?: string
  /** Environment variable beside `SKAFFOLD_<NAME>`, which every flag has. */
  readonly env?: string
  readonly description: string
  /** Placeholder in help: `--platform <os/arch,…>`. */
  readonly placeholder?: string
  readonly choices?: readonly string[]
  readonly hidden?: boolean
  /** For type `optional`: the value when the flag stands alone. */
  readonly bare?: string
}

/** The environment variable that a flag reads: `--default-repo` is SKAFFOLD_DEFAULT_REPO. */
export function environmentName(flag: Pick<Flag, 'name'>): string {
  return `SKAFFOLD_${flag.name.toUpperCase().replaceAll('-', '_')}`
}
