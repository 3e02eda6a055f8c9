import type { Writable } from 'node:stream'
import { ToolError } from '../errors/index.ts'
import type { Command } from './command.ts'
import { commandSummaries, loadCommand } from './commands/table.ts'
import { exitCodes } from './exit-codes.ts'
import { nearest, parseArguments, type ParsedFlags } from './flags/index.ts'
import { createReporter, type Reporter } from './reporters/index.ts'
import { createStyle } from './style.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** The process, as an argument, so that a test can be one. */
export interface ProcessFacts {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable
  onSignal(listener: (name: 'SIGINT' | 'SIGTERM') => void): void
  /** Told of an error that nobody caught: a bug. */
  onCrash(listener: (error: unknown) => void): void
  quit(code: number): void
}

/** Runs one command line and gives the process's exit code. Never throws. */
export async function main(facts: ProcessFacts): Promise<number> {
  const terminal = createTerminal(facts)
  const interruption = createInterruption(facts, terminal)
  try {
    facts.onCrash((error) => void crash(error, facts, terminal))
    return await dispatch(facts, terminal, interruption.signal)
  } catch (error) {
    return interruption.isReaderGone() ? exitCodes.ok : fail(error, terminal)
  }
}

async function fail(error: unknown, terminal: Terminal): Promise<number> {
  const { describeFailure, exitCodeOf } = await import('./failure.ts')
  terminal.stderr.write(`${describeFailure(error, createStyle(terminal.hasColors))}\n`)
  return exitCodeOf(error)
}

async function crash(error: unknown, facts: ProcessFacts, terminal: Terminal): Promise<void> {
  facts.quit(await fail(error, terminal))
}

async function dispatch(facts: ProcessFacts, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { name, argv } = splitCommand(facts.argv)
  const style = createStyle(terminal.hasColors)
  if (name === undefined) {
    const { rootHelp } = await import('./help.ts')
    terminal.stdout.write(rootHelp(commandSummaries, style))
    return argv.some((argument) => argument === '-h' || argument === '--help') || facts.argv.length === 0
      ? exitCodes.ok
      : exitCodes.usage
  }
  const command = await loadCommand(name)
  if (command === undefined) throw unknownCommand(name)
  const isProject = command.flags.some((flag) => flag.name === 'filename')
  const env = isProject ? await environmentOf(facts) : facts.env
  const parsed = parseArguments(argv, command.flags, env)
  if (parsed.flags.bool('help')) {
    const { commandHelp } = await import('./help.ts')
    terminal.stdout.write(commandHelp(command, style))
    return exitCodes.ok
  }
  if (parsed.args.length > command.maxArguments) {
    throw new ToolError('USAGE', `unexpected argument "${parsed.args[command.maxArguments] ?? ''}" for ${name}`, {
      hint: `see catamaran ${name} --help`,
    })
  }
  const reporter = await reporterFor(command, parsed.flags, terminal)
  try {
    await command.run({ ...parsed, command: name, terminal, env, cwd: facts.cwd, emit: reporter.emit, signal })
  } finally {
    reporter.close()
  }
  return exitCodes.ok
}

async function environmentOf({ env, cwd }: ProcessFacts): Promise<ProcessFacts['env']> {
  const { withEnvFile } = await import('./env-file.ts')
  return withEnvFile(env, cwd)
}

function reporterFor(command: Command, flags: ParsedFlags, terminal: Terminal): Promise<Reporter> {
  const isQuiet = flags.has('quiet') && flags.bool('quiet')
  return createReporter(terminal, {
    progress: flags.text('progress') as 'auto',
    verbosity: flags.text('verbosity') ?? 'warn',
    answersOnStdout: command.answersOnStdout || flags.text('format') === 'json' || isQuiet,
    quiet: isQuiet,
  })
}

/** What ends a command from outside. */
interface Interruption {
  readonly signal: AbortSignal
  /** Nobody reads the output any more, as in `catamaran … | head`: that is no failure. */
  isReaderGone(): boolean
}

/** The first Ctrl+C, and a reader that went away, abort and let the command clean up; a second Ctrl+C quits at once. */
function createInterruption(facts: ProcessFacts, terminal: Terminal): Interruption {
  const controller = new AbortController()
  let isReaderGone = false
  facts.onSignal(() => {
    if (controller.signal.aborted) {
      facts.quit(exitCodes.interrupted)
      return
    }
    terminal.stderr.write('\nstopping; press Ctrl+C again to quit at once\n')
    controller.abort(new ToolError('ABORTED', 'interrupted'))
  })
  facts.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isReaderGone = true
    controller.abort(new ToolError('ABORTED', 'nobody reads the output any more'))
  })
  return { signal: controller.signal, isReaderGone: () => isReaderGone }
}

/** The command is the first word that is no flag; persistent flags may stand before it. */
function splitCommand(argv: readonly string[]): {
  readonly name: string | undefined
  readonly argv: readonly string[]
} {
  if (argv[0] === 'help') return { name: argv[1], argv: ['--help'] }
  if (argv[0] === '--version') return { name: 'version', argv: argv.slice(1) }
  const takesValue = (flag: string): boolean =>
    /^(?:-v|-f|-p|--verbosity|--progress|--format|--filename|--profile)$/.test(flag)
  const index = argv.findIndex((word, at) => !word.startsWith('-') && !takesValue(argv[at - 1] ?? ''))
  if (index === -1) return { name: undefined, argv }
  return { name: argv[index], argv: [...argv.slice(0, index), ...argv.slice(index + 1)] }
}

function unknownCommand(name: string): ToolError {
  const suggestion = nearest(
    name,
    commandSummaries.map((summary) => summary.name),
  )
  return new ToolError('USAGE', `unknown command "${name}" for "catamaran"`, {
    hint: suggestion === undefined ? 'catamaran --help lists the commands' : `did you mean "catamaran ${suggestion}"?`,
  })
}
