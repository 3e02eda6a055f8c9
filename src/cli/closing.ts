/** What has to be closed at the end, the last opened first. */
export interface Closing {
  add(close: () => Promise<void>): void
  /** Closes everything, also when some of it fails; then the first failure is thrown. */
  close(): Promise<void>
}

/** Nothing to be closed so far. */
export function createClosing(): Closing {
  const open: (() => Promise<void>)[] = []
  return {
    add(close) {
      open.push(close)
    },
    async close() {
      const failures: unknown[] = []
      for (const close of open.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw failures[0]
    },
  }
}
