import type { Writable } from 'node:stream'
import { redact } from '../../errors/index.ts'
import type { Reporter } from './plain.ts'

/** Writes each event as one line of JSON, for programs that follow a run. */
export function createJsonReporter(stream: Writable): Reporter {
  return {
    emit(event) {
      const text = JSON.stringify(event)
      stream.write(`${event.type === 'log' ? text : redact(text)}\n`)
    },
    close() {},
  }
}
