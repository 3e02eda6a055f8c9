/** One command-line flag, as data: parsing, help, completion and the reference page come from it. */
export interface Flag {
  readonly name: string
  readonly shorthand?: string
  readonly type: 'bool' | 'string' | 'strings' | 'int' | 'optional'
  /** Shown in help, and used when neither flag nor environment is given. */
  readonly default?: string
  readonly description: string
  /** Placeholder in help: `--platform <os/arch,…>`. */
  readonly placeholder?: string
  readonly choices?: readonly string[]
  /** For type `int`: it goes from 0 to this. */
  readonly max?: number
  readonly hidden?: boolean
  /** Skaffold has no such flag: it is read from CATAMARAN_… alone. */
  readonly isOwn?: true
  /** For type `optional`: the value when the flag stands alone. */
  readonly bare?: string
}

/** The environment variable that a flag reads: `--default-repo` is SKAFFOLD_DEFAULT_REPO. @internal */
export function environmentName(flag: Pick<Flag, 'name' | 'isOwn'>): string {
  return environmentNames(flag)[0] ?? ''
}

/** All environment variables that a flag reads, the first that is set wins: Skaffold's, and the same with our prefix. */
export function environmentNames(flag: Pick<Flag, 'name' | 'isOwn'>): readonly string[] {
  const name = flag.name.toUpperCase().replaceAll('-', '_')
  return flag.isOwn === true ? [`CATAMARAN_${name}`] : [`SKAFFOLD_${name}`, `CATAMARAN_${name}`]
}
