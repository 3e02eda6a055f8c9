/** Runs tasks, at most so many at once; the rest wait in the order they came. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>

/** Makes a limiter for `concurrency` (at least 1) tasks at once. A failed task frees its place like any other. */
export function createLimiter(concurrency: number): Limiter {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
