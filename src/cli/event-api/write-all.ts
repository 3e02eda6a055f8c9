import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Journal } from './journal.ts'
import type { Message } from './message-type.ts'

/** Ends when the stream is closed by the other side, or the signal is aborted. */
export function whileOpen(stream: Writable, signal: AbortSignal): AbortSignal {
  const closed = new AbortController()
  const end = (): void => closed.abort()
  stream.once('close', end)
  stream.once('error', end)
  return AbortSignal.any([closed.signal, signal])
}

/** Writes entries as the other side takes them: what it does not take waits in the journal and nowhere else. */
export async function writeAll(
  stream: Writable,
  {
    journal,
    signal,
    toBytes,
  }: {
    readonly journal: Journal
    readonly signal: AbortSignal
    readonly toBytes: (entry: Message) => string | Uint8Array
  },
): Promise<void> {
  for await (const entry of journal.read(signal)) {
    if (stream.write(toBytes(entry))) continue
    // it is aborted when the other side is gone, or nobody waits any more
    await once(stream, 'drain', { signal }).catch(() => {})
  }
}
