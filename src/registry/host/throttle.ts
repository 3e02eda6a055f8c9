import type { Limiter } from '../../support/index.ts'

/** A limiter that gives way to a busy server. */
export interface Throttle {
  readonly run: Limiter
  /** The server asked to slow down: half as many at once from now on. Answers to what was under way count once. */
  slowDown(): void
  /** A request went well: after as many as are allowed at once, one more is. */
  speedUp(): void
  /** How many are allowed at once now. */
  readonly limit: number
}

/** Starts at `max` and stays between 1 and `max`. */
export function createThrottle(max: number): Throttle {
  const waiting: (() => void)[] = []
  let limit = max
  let running = 0
  let good = 0
  let stale = 0
  const startNext = (): void => {
    if (running >= limit) return
    const next = waiting.shift()
    if (next === undefined) return
    running += 1
    next()
  }
  return {
    async run(task) {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      try {
        return await task()
      } finally {
        running -= 1
        startNext()
      }
    },
    slowDown() {
      good = 0
      if (stale > 0) {
        stale -= 1
        return
      }
      stale = running - 1
      limit = Math.max(1, Math.floor(limit / 2))
    },
    speedUp() {
      stale = Math.max(0, stale - 1)
      good += 1
      if (good < limit || limit >= max) return
      good = 0
      limit += 1
      startNext()
    },
    get limit() {
      return limit
    },
  }
}
