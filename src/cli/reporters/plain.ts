import type { Writable } from 'node:stream'
import type { Emit } from '../../events/index.ts'
import { redact } from '../../errors/index.ts'
import type { Style } from '../style.ts'
import { linesOf } from './lines.ts'

/** The streams of a reporter; they are the same when the command answers with a document on stdout. */
export interface ReporterStreams {
  readonly progress: Writable
  readonly warnings: Writable
}

/** Prints each event's lines as they come. */
export function createPlainReporter(streams: ReporterStreams, style: Style): Emit {
  return (event) => {
    for (const { text, stream } of linesOf(event, style)) {
      const printed = event.type === 'log' ? text : redact(text)
      ;(stream === 'warning' ? streams.warnings : streams.progress).write(`${printed}\n`)
    }
  }
}
