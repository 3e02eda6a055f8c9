/** Looks once; a failed look, an aborted one for instance, is forgotten. */
export function probeOnce<T>(probe: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let found: Promise<T> | undefined
  return async (signal) => {
    const looking = (found ??= probe(signal))
    try {
      return await looking
    } catch (error) {
      if (found === looking) found = undefined
      throw error
    }
  }
}
