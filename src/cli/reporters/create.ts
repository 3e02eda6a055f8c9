import { createStyle } from '../style.ts'
import type { Terminal } from '../terminal.ts'
import { createJsonReporter } from './json.ts'
import { createPlainReporter, type Reporter } from './plain.ts'

/** How a run is reported. */
export interface ReporterOptions {
  /** `auto` redraws on a terminal and prints plain lines elsewhere. */
  readonly progress: 'auto' | 'tty' | 'plain' | 'json'
  /** `warn` when absent; `info` and above also explain choices, `error` and below leave warnings out. */
  readonly verbosity?: string
  /** Keeps stdout free for the answer. */
  readonly answersOnStdout: boolean
  readonly quiet: boolean
  /** Every line begins with the time. */
  readonly hasTimestamps?: boolean
}

/** The reporter that flags and terminal ask for. */
export async function createReporter(terminal: Terminal, options: ReporterOptions): Promise<Reporter> {
  const progress = options.answersOnStdout ? terminal.stderr : terminal.stdout
  if (options.progress === 'json') return createJsonReporter(terminal.stderr)
  const { verbosity = 'warn' } = options
  const look = {
    style: createStyle(terminal.hasColors),
    loudness: {
      warnings: !['panic', 'fatal', 'error'].includes(verbosity),
      details: ['info', 'debug', 'trace'].includes(verbosity),
    },
  }
  const streams = { progress, warnings: terminal.stderr }
  if (options.hasTimestamps === true) {
    const { timestamped } = await import('./timestamped.ts')
    const now = (): Date => new Date()
    const stamped = { progress: timestamped(progress, now), warnings: timestamped(terminal.stderr, now) }
    const reporter = createPlainReporter(stamped, look)
    return options.quiet ? onlyWarnings(reporter) : reporter
  }
  const redraws = options.progress === 'tty' || (options.progress === 'auto' && terminal.isInteractive)
  const reporter = redraws
    ? (await import('./tty.ts')).createTtyReporter(streams, look, terminal.columns)
    : createPlainReporter(streams, look)
  return options.quiet ? onlyWarnings(reporter) : reporter
}

function onlyWarnings(reporter: Reporter): Reporter {
  return {
    emit(event) {
      if (event.type === 'warning') reporter.emit(event)
    },
    close: () => reporter.close(),
  }
}
