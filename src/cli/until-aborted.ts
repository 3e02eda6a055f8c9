/** Resolves when the signal is aborted: a server's ordinary end. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  // a pending promise alone does not keep the process alive; servers do
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
