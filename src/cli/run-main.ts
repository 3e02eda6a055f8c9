import { setMaxListeners } from 'node:events'
import type { Writable } from 'node:stream'
import { isToolError, ToolError } from '../errors/index.ts'
import type { Command } from './command.ts'
import { commandSummaries, groupNames, loadCommand, summariesOf } from './commands/table.ts'
import { exitCodes } from './exit-codes.ts'
import type { CommandSummary } from './help.ts'
import { nearest, parseArguments, type ParsedFlags } from './flags/index.ts'
import { createReporter, type Reporter } from './reporters/index.ts'
import { splitCommand } from './split-command.ts'
import { createStyle, type Style } from './style.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** The process, as an argument, so that a test can be one. */
export interface ProcessFacts {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable
  /** SIGHUP: the terminal was closed. */
  onSignal(listener: (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): void
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
  const { name, argv } = splitCommand(facts.argv, groupNames)
  const style = createStyle(terminal.hasColors)
  const members = name === undefined ? commandSummaries : summariesOf(name)
  if (members !== undefined) {
    terminal.stdout.write(await listHelp(name, members, style))
    const isAsked = argv.some((argument) => argument === '-h' || argument === '--help')
    return isAsked || facts.argv.length === 0 ? exitCodes.ok : exitCodes.usage
  }
  const command = await loadCommand(name ?? '')
  if (command === undefined) throw unknownCommand(name ?? '')
  return runCommand(command, argv, { facts, terminal, signal })
}

interface Surroundings {
  readonly facts: ProcessFacts
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  { facts, terminal, signal }: Surroundings,
): Promise<number> {
  const { name } = command
  const isProject = command.flags.some((flag) => flag.name === 'filename')
  const env = isProject ? await environmentOf(facts) : facts.env
  const parsed = parseArguments(argv, command.flags, env)
  if (parsed.flags.bool('help')) {
    const { commandHelp } = await import('./help.ts')
    terminal.stdout.write(commandHelp(command, createStyle(terminal.hasColors), terminal.columns))
    return exitCodes.ok
  }
  if (parsed.args.length > command.maxArguments) {
    throw new ToolError('USAGE', `unexpected argument "${parsed.args[command.maxArguments] ?? ''}" for ${name}`, {
      hint: `see catamaran ${name} --help`,
    })
  }
  const colored = withColors(terminal, parsed.flags)
  const reporter = await reporterFor(command, parsed.flags, colored)
  try {
    const { emit } = reporter
    await command.run({ ...parsed, command: name, terminal: colored, env, cwd: facts.cwd, emit, signal })
    if (isOn(parsed.flags, 'toot')) terminal.stderr.write('\u0007')
  } catch (error) {
    // Ctrl+C is how it ends, also before it was up
    if (command.runsUntilStopped !== true || !signal.aborted || !isToolError(error, 'ABORTED')) throw error
  } finally {
    reporter.close()
  }
  return exitCodes.ok
}

/** Help that lists commands: all of them, or those of a group. */
async function listHelp(group: string | undefined, members: readonly CommandSummary[], style: Style): Promise<string> {
  const { groupHelp, rootHelp } = await import('./help.ts')
  return group === undefined ? rootHelp(members, style) : groupHelp(group, members, style)
}

async function environmentOf({ env, cwd }: ProcessFacts): Promise<ProcessFacts['env']> {
  const { withEnvFile } = await import('./env-file.ts')
  return withEnvFile(env, cwd)
}

async function reporterFor(command: Command, flags: ParsedFlags, terminal: Terminal): Promise<Reporter> {
  const isQuiet = isOn(flags, 'quiet')
  const reporter = await createReporter(terminal, {
    progress: flags.text('progress') as 'auto',
    verbosity: flags.text('verbosity') ?? 'warn',
    answersOnStdout: command.answersOnStdout || flags.text('format') === 'json' || isQuiet,
    quiet: isQuiet,
    hasTimestamps: isOn(flags, 'timestamps'),
  })
  const mutedStages = flags.has('mute-logs') ? flags.list('mute-logs') : []
  if (mutedStages.length === 0 && !isOn(flags, 'toot')) return reporter
  const { muted, mutableStages, tooting } = await import('./reporters/filtered.ts')
  const unknown = mutedStages.find((stage) => !mutableStages.includes(stage))
  if (unknown !== undefined) {
    throw new ToolError('USAGE', `invalid argument "${unknown}" for --mute-logs`, {
      hint: `use ${mutableStages.join(', ')}`,
    })
  }
  const heard = muted(reporter, mutedStages)
  // dev is never done, and its deployments are
  return command.runsUntilStopped === true && isOn(flags, 'toot')
    ? tooting(heard, () => terminal.stderr.write('\u0007'))
    : heard
}

function isOn(flags: ParsedFlags, name: string): boolean {
  return flags.has(name) && flags.bool(name)
}

/** `--force-colors` and Skaffold's `--color=0`, which is none. */
function withColors(terminal: Terminal, flags: ParsedFlags): Terminal {
  if (isOn(flags, 'force-colors')) return { ...terminal, hasColors: true }
  return flags.has('color') && flags.int('color') === 0 ? { ...terminal, hasColors: false } : terminal
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
  // every request under way listens
  setMaxListeners(0, controller.signal)
  let isReaderGone = false
  let presses = 0
  facts.onSignal((name) => {
    // a closed terminal is told of more than once, and nobody is there who would not wait
    if (name !== 'SIGHUP') presses += 1
    if (presses > 1) {
      facts.quit(exitCodes.interrupted)
      return
    }
    if (controller.signal.aborted) return
    terminal.stderr.write('\nstopping; press Ctrl+C again to quit at once\n')
    controller.abort(new ToolError('ABORTED', 'interrupted'))
  })
  facts.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // who does not want to read it need not
    if (!isNobodyThere(error)) throw error
  })
  facts.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isNobodyThere(error)) throw error
    isReaderGone = true
    controller.abort(new ToolError('ABORTED', 'nobody reads the output any more'))
  })
  return { signal: controller.signal, isReaderGone: () => isReaderGone }
}

/** A closed pipe, or a closed terminal. */
function isNobodyThere({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO'
}

function unknownCommand(name: string): ToolError {
  const [group = '', word] = name.split(' ')
  const siblings = word === undefined ? commandSummaries : (summariesOf(group) ?? [])
  const suggestion = nearest(
    name,
    siblings.map((summary) => summary.name),
  )
  const [what, place] = word === undefined ? [name, 'catamaran'] : [word, `catamaran ${group}`]
  return new ToolError('USAGE', `unknown command "${what}" for "${place}"`, {
    hint: suggestion === undefined ? `${place} --help lists the commands` : `did you mean "catamaran ${suggestion}"?`,
  })
}
