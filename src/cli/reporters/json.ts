import type { Writable } from 'node:stream'
import { redact } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'

/** Writes each event as one line of JSON, for programs that follow a run. */
export function createJsonReporter(stream: Writable): Emit {
  return (event) => {
    const text = JSON.stringify(event)
    stream.write(`${event.type === 'log' ? text : redact(text)}\n`)
  }
}
