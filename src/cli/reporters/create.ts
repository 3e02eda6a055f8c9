import type { Emit } from '../../events/index.ts'
import { createStyle } from '../style.ts'
import type { Terminal } from '../terminal.ts'
import { createJsonReporter } from './json.ts'
import { createPlainReporter } from './plain.ts'
import { createTtyReporter } from './tty.ts'

/** How a run is reported. */
export interface ReporterOptions {
  /** `auto` redraws on a terminal and prints plain lines elsewhere. */
  readonly progress: 'auto' | 'tty' | 'plain' | 'json'
  /** Keeps stdout free for the answer. */
  readonly answersOnStdout: boolean
  readonly quiet: boolean
}

/** The reporter that flags and terminal ask for. */
export function createReporter(terminal: Terminal, options: ReporterOptions): Emit {
  const progress = options.answersOnStdout ? terminal.stderr : terminal.stdout
  if (options.progress === 'json') return createJsonReporter(terminal.stderr)
  const streams = { progress, warnings: terminal.stderr }
  const style = createStyle(terminal.hasColors)
  const redraws = options.progress === 'tty' || (options.progress === 'auto' && terminal.isInteractive)
  const emit = redraws ? createTtyReporter(streams, style, terminal.columns) : createPlainReporter(streams, style)
  if (!options.quiet) return emit
  return (event) => {
    if (event.type === 'warning') emit(event)
  }
}
