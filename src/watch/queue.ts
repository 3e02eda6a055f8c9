/** Gathers paths until there is quiet. */
export interface Queue {
  add(this: void, path: string): void
  /** The next `take` throws this. */
  fail(this: void, error: unknown): void
  /** Paths that changed together, sorted; undefined when there will be no more. */
  take(this: void): Promise<readonly string[] | undefined>
  close(): void
}

/** A queue for one reader. What is added while nobody takes stays for the next `take`. */
export function createQueue(quietMs: number): Queue {
  const paths = new Set<string>()
  let state: { readonly ended: boolean; readonly error?: Error } = { ended: false }
  let isReady = false
  let timer: NodeJS.Timeout | undefined
  let latest: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined
  const ready = (): void => {
    clearTimeout(timer)
    clearTimeout(latest)
    latest = undefined
    isReady = true
    wake?.()
  }
  const end = (error?: unknown): void => {
    if (state.ended) return
    state = { ended: true, ...(error === undefined ? {} : { error: asError(error) }) }
    ready()
  }
  return {
    add(path) {
      if (state.ended) return
      paths.add(path)
      clearTimeout(timer)
      timer = setTimeout(ready, quietMs)
      latest ??= setTimeout(ready, quietMs * 10)
    },
    fail: end,
    async take() {
      for (;;) {
        if (isReady) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (state.error !== undefined) throw state.error
      if (state.ended) return undefined
      isReady = false
      const taken = [...paths].sort()
      paths.clear()
      return taken
    },
    close: () => end(),
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('watching failed', { cause: error })
}
