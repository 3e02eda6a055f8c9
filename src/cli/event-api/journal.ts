import type { Message } from './message-type.ts'

/** What happened so far and happens from now on, kept for everybody who reads it. */
export interface Journal {
  add(entry: Message): void
  /** Forgets what was added so far. */
  clear(): void
  /** Nothing is added any more: readers end. */
  close(): void
  /** From the oldest entry that is kept; ends when the journal does, or the signal is aborted. */
  read(signal: AbortSignal): AsyncGenerator<Message>
}

/**
 * An empty journal. A reader takes its entries when it can: one that is slow holds nothing in memory, and what is older
 * than the last `limit` entries is lost to it.
 */
export function createJournal(limit = 20_000): Journal {
  const entries: Message[] = []
  let [first, isClosed] = [0, false]
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const resume of waiting) resume()
  }
  const drop = (count: number): void => {
    entries.splice(0, count)
    first += count
  }
  return {
    add(entry) {
      if (isClosed) return
      entries.push(entry)
      // many at once: each costs a move of all
      if (entries.length > limit * 1.25) drop(entries.length - limit)
      wake()
    },
    clear: () => drop(entries.length),
    close() {
      isClosed = true
      wake()
    },
    async *read(signal) {
      let next = first
      while (!signal.aborted) {
        next = Math.max(next, first)
        const entry = entries[next - first]
        if (entry !== undefined) {
          next += 1
          yield entry
        } else if (isClosed) return
        else await changed(waiting, signal)
      }
    },
  }
}

/** Resolves with the next change, or when the signal is aborted. */
async function changed(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const resume = (): void => {
      waiting.delete(resume)
      signal.removeEventListener('abort', resume)
      resolve()
    }
    waiting.add(resume)
    signal.addEventListener('abort', resume, { once: true })
  })
}
