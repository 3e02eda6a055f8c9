import type { Emit } from '../events/index.ts'
import type { Flag, ParsedFlags } from './flags/index.ts'
import type { Terminal } from './terminal.ts'

/** One command, as data; help, completion and the reference page are made from it. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Paragraphs of help below the summary. */
  readonly description: string
  /** Positional arguments in the usage line. */
  readonly usage?: string
  readonly examples: readonly { readonly command: string; readonly text: string }[]
  readonly flags: readonly Flag[]
  /** How many positional arguments it takes; more are a usage error. */
  readonly maxArguments: number
  /** Where progress goes: commands whose answer is a document keep stdout free for it. */
  readonly answersOnStdout: boolean
  /** It goes on until Ctrl+C, which therefore is no failure. */
  readonly runsUntilStopped?: true
  run(invocation: Invocation): Promise<void>
}

/** One call of a command: everything from outside that it may use. */
export interface Invocation {
  /** The command's name. */
  readonly command: string
  readonly flags: ParsedFlags
  readonly args: readonly string[]
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly emit: Emit
  /** Aborted by the first Ctrl+C. */
  readonly signal: AbortSignal
}
