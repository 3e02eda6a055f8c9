import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { EventLog } from './event-log.ts'
import { fileForm, messageJson } from './message-json.ts'
import { logEntry } from './types-v1.ts'

/** A file that events are added to. */
export interface EventFile {
  close(): Promise<void>
}

/**
 * Adds every entry of version 1 to the end of a file as a line of JSON, as soon as it is there. Others cannot read it.
 * @throws FILE_UNWRITABLE
 */
export async function openEventFile(path: string, cwd: string, log: EventLog): Promise<EventFile> {
  const handle = await open(resolve(cwd, path), 'a', 0o600).catch((error: unknown) => {
    throw new ToolError('FILE_UNWRITABLE', `events cannot be written to ${path}`, { cause: error })
  })
  let written = Promise.resolve()
  let failure: unknown
  const append = async (before: Promise<void>, line: string): Promise<void> => {
    await before
    if (failure !== undefined) return
    await handle.appendFile(line).catch((error: unknown) => {
      failure = error
    })
  }
  log.onEntry((entry) => {
    const line = `${JSON.stringify(messageJson(entry, logEntry, fileForm))}\n`
    written = append(written, line)
  })
  return {
    async close() {
      await written
      await handle.close()
      if (failure !== undefined) {
        throw new ToolError('FILE_UNWRITABLE', `events could not be written to ${path}`, { cause: failure })
      }
    },
  }
}
