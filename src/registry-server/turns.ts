/** Tasks that must not run side by side. */
export interface Turns {
  /** Runs a task when all earlier ones of the same key have ended. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

/** Makes a set of queues, one per key. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    async run(key, task) {
      const before = last.get(key) ?? Promise.resolve()
      const mine = before.then(task, task)
      last.set(key, mine)
      try {
        return await mine
      } finally {
        if (last.get(key) === mine) last.delete(key)
      }
    },
  }
}
