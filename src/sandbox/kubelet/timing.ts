/** How long a kubelet waits, in milliseconds. */
export interface KubeletTiming {
  /** Before the second restart of a container that ended; doubles with each until `backOffMax`. */
  readonly crashBackOff: number
  /** Before the second try of a pull that failed; doubles with each until `backOffMax`. */
  readonly pullBackOff: number
  readonly backOffMax: number
  /** Between a failure and the back-off being reported. */
  readonly settle: number
  /** Before something that is missing is looked for again. */
  readonly retry: number
  /** A container that ran this long starts with a fresh back-off. */
  readonly backOffReset: number
}

/** A real kubelet's back-offs; what it only does slowly is done sooner. */
export const kubeletTiming: KubeletTiming = {
  crashBackOff: 10_000,
  pullBackOff: 10_000,
  backOffMax: 300_000,
  settle: 1000,
  retry: 2000,
  backOffReset: 600_000,
}

/** Resolves after the time, or as soon as the signal aborts. */
export function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, durationMs)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
  })
}

/** A duration as Go prints it: `10s`, `1m20s`, `500ms`. */
export function goDuration(durationMs: number): string {
  if (durationMs < 1000) return `${durationMs}ms`
  const seconds = Math.round(durationMs) / 1000
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  const rest = `${Number((seconds % 60).toFixed(3))}s`
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`
}
