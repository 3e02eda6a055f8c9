import type { KubeClient } from '../kube/index.ts'
import type { ClusterView } from './cluster-view.ts'

/** Watches that fill a view. */
export interface Feed {
  /** Whether every watch has told what is there. */
  isSynced(): boolean
  /** Resolves at the next change, or after so many milliseconds; throws what a watch has thrown. */
  next(timeoutMs: number): Promise<void>
  /** Ends the watches. */
  close(): Promise<void>
}

/** What to watch: kinds of one namespace. */
export interface FeedSource {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
}

export function startFeed(
  client: KubeClient,
  sources: readonly FeedSource[],
  { view, signal }: { readonly view: ClusterView; readonly signal: AbortSignal },
): Feed {
  const own = new AbortController()
  const stop = AbortSignal.any([signal, own.signal])
  let unsynced = sources.length
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => {}

  const follow = async ({ apiVersion, kind, namespace }: FeedSource): Promise<void> => {
    try {
      for await (const event of client.watch({ apiVersion, kind }, { namespace, signal: stop })) {
        if (event.type === 'SYNCED') unsynced -= 1
        view.take(kind, event)
        if (unsynced === 0) wake()
      }
    } catch (error) {
      if (own.signal.aborted) return
      failure ??= { error }
      wake()
    }
  }
  const watches = sources.map(follow)

  return {
    isSynced: () => unsynced === 0,
    async next(timeoutMs) {
      if (failure === undefined) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      wake = () => {}
      if (failure !== undefined) throw failure.error
    },
    async close() {
      own.abort()
      await Promise.all(watches)
    },
  }
}
