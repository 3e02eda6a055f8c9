import type { Writable } from 'node:stream'
import { redact } from '../../errors/index.ts'
import type { Emit, Event } from '../../events/index.ts'
import type { Style } from '../style.ts'
import { inBuildOrder } from './in-order.ts'
import { linesOf, type Loudness } from './lines.ts'

/** The streams of a reporter; they are the same when the command answers with a document on stdout. */
export interface ReporterStreams {
  readonly progress: Writable
  readonly warnings: Writable
}

/** How lines look, and which there are. */
export interface ReporterLook {
  readonly style: Style
  readonly loudness: Loudness
}

/** Shows what happens. */
export interface Reporter {
  readonly emit: Emit
  /** Leaves the terminal as it should be; nothing is emitted afterwards. */
  close(): void
}

/** Prints each event's lines as they come, those of builds that run at once one after the other. */
export function createPlainReporter(streams: ReporterStreams, look: ReporterLook): Reporter {
  return { emit: inBuildOrder((event) => printEvent(event, streams, look)), close() {} }
}

/** Prints the lines of one event; secrets are taken out of everything but the application's own output. */
export function printEvent(event: Event, streams: ReporterStreams, { style, loudness }: ReporterLook): void {
  for (const { text, stream } of linesOf(event, style, loudness)) {
    const printed = event.type === 'log' ? text : redact(text)
    ;(stream === 'warning' ? streams.warnings : streams.progress).write(`${printed}\n`)
  }
}
