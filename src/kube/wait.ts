import type { KubeClient, KubeObject, ObjectRef } from './contract.ts'

/** How long to wait for an object. */
export interface WaitOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Waits, by a watch, until an object (undefined: it is not there) is as it should be; gives false when it did not become
 * so in time. Unlike {@link KubeClient.watch} it ends by itself.
 * @throws the signal's reason when it is aborted
 */
export async function waitForObject(
  client: KubeClient,
  { ref, isDone }: { readonly ref: ObjectRef; readonly isDone: (object: KubeObject | undefined) => boolean },
  { timeoutMs, signal }: WaitOptions,
): Promise<boolean> {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(), timeoutMs)
  const { apiVersion, kind, name, namespace } = ref
  try {
    const events = client.watch(
      { apiVersion, kind },
      {
        ...(namespace === undefined ? {} : { namespace }),
        fieldSelector: `metadata.name=${name}`,
        signal: AbortSignal.any([signal, own.signal]),
      },
    )
    let current: KubeObject | undefined
    let isComplete = false
    for await (const event of events) {
      if (event.type === 'SYNCED') isComplete = true
      else current = event.type === 'DELETED' ? undefined : event.object
      if (isComplete && isDone(current)) return true
    }
    return false
  } catch (error) {
    signal.throwIfAborted()
    if (own.signal.aborted) return false
    throw error
  } finally {
    clearTimeout(timer)
    own.abort()
  }
}
