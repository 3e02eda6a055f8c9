/** Where an instruction stands. */
export interface Location {
  /** As errors name it; a path. */
  readonly file: string
  /** First line, from 1. */
  readonly line: number
  readonly endLine: number
}

/** A document written inside the Dockerfile: `<<EOF`. */
export interface Heredoc {
  readonly name: string
  /** Leading tabs of `<<-` are taken off. */
  readonly content: string
  /** Whether variables are replaced in it: the word was not quoted. */
  readonly expands: boolean
}

/** A command line: a list of words, or text for a shell. */
export interface CommandLine {
  readonly words: readonly string[]
  /** Whether `words` is one text that a shell gets. */
  readonly isShell: boolean
}

/** A name and a value, quotes and variables as written. */
export interface NamedValue {
  readonly name: string
  readonly value: string
}

/** Sources, destination and flags of COPY and ADD, variables not replaced yet. */
export interface CopyInstruction {
  readonly kind: 'copy' | 'add'
  readonly sources: readonly string[]
  readonly heredocs: readonly Heredoc[]
  readonly destination: string
  /** A stage by name or number, or an image. COPY only. */
  readonly from?: string
  readonly chown?: string
  readonly chmod?: string
  readonly link: boolean
  readonly parents: boolean
  readonly exclude: readonly string[]
  /** ADD only. */
  readonly checksum?: string
  /** ADD of a repository: `.git` comes with it. */
  readonly keepGitFolder?: boolean
  /** ADD only: whether archives are unpacked; absent: local ones are. */
  readonly unpack?: boolean
}

/** How a container is asked whether it is well. */
export interface HealthcheckInstruction {
  readonly kind: 'healthcheck'
  /** As the image configuration writes it: `['NONE']`, `['CMD', …]`, `['CMD-SHELL', text]`. */
  readonly test: readonly string[]
  /** Nanoseconds; 0 inherits. */
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
}

/** Build arguments and their defaults. */
export interface ArgInstruction {
  readonly kind: 'arg'
  readonly args: readonly { readonly name: string; readonly value?: string }[]
}

/** A program that the build would run. */
export interface RunInstruction {
  readonly kind: 'run'
  /** As written: `--mount=type=cache,…`. */
  readonly flags: readonly string[]
  readonly command: CommandLine
}

/** Names and values for ENV or LABEL. */
export interface PairsInstruction {
  readonly kind: 'env' | 'label'
  readonly pairs: readonly NamedValue[]
}

/** What a container starts. */
export interface CommandInstruction {
  readonly kind: 'cmd' | 'entrypoint'
  readonly command: CommandLine
}

/** Ports that a container listens on. */
export interface ExposeInstruction {
  readonly kind: 'expose'
  /** As written, sorted. */
  readonly ports: readonly string[]
}

/** What an instruction says, variables not replaced yet. */
export type InstructionBody =
  | CopyInstruction
  | HealthcheckInstruction
  | ArgInstruction
  | RunInstruction
  | PairsInstruction
  | CommandInstruction
  | ExposeInstruction
  | { readonly kind: 'volume'; readonly paths: readonly string[] }
  | { readonly kind: 'shell'; readonly words: readonly string[] }
  | { readonly kind: 'workdir'; readonly value: string }
  | { readonly kind: 'user' | 'stopsignal' | 'maintainer'; readonly value: string }
  | { readonly kind: 'onbuild'; readonly text: string }

/** One instruction and where it stands. */
export type Instruction = InstructionBody & { readonly at: Location }

/** A stage as written. */
export interface Stage {
  readonly index: number
  /** Lower case; absent for stages without `AS`. */
  readonly name?: string
  /** After FROM, variables not replaced yet. */
  readonly base: string
  /** Of `--platform`, variables not replaced yet. */
  readonly platform?: string
  readonly at: Location
  readonly instructions: readonly Instruction[]
}

/** A parsed Dockerfile. */
export interface Dockerfile {
  readonly file: string
  readonly escape: '\\' | '`'
  /** The frontend that `# syntax=` asks for. */
  readonly syntax?: { readonly image: string; readonly at: Location }
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly (ArgInstruction & { readonly at: Location })[]
  /** At least one. */
  readonly stages: readonly Stage[]
}
