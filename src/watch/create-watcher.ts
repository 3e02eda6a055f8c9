import type { ChangeListener, ChangeSet, ChangeSource, Watcher, WatchOptions } from './contract.ts'
import { createNotifySource } from './notify-source.ts'
import { createPollSource } from './poll-source.ts'
import { createQueue } from './queue.ts'

const defaultDebounceMs = 100
const defaultPollMs = 500

/**
 * Watches files and folders. Told by the system folder by folder, so that nothing below folders that hold no watched file
 * costs anything; where the system refuses (too many watches, some network folders), by polling.
 */
export function createWatcher(options: WatchOptions): Watcher {
  const queue = createQueue(options.debounceMs ?? defaultDebounceMs)
  let known: readonly string[] = []
  let source: ChangeSource | undefined
  const listener: ChangeListener = {
    onChange: queue.add,
    onRefused() {
      source?.close()
      source = createPollSource(listener, options.pollMs ?? defaultPollMs)
      source.update(known).catch(queue.fail)
    },
  }
  const refresh = async (): Promise<void> => {
    known = await options.paths()
    await source?.update(known)
  }
  source =
    options.poll === true ? createPollSource(listener, options.pollMs ?? defaultPollMs) : createNotifySource(listener)
  const started = refresh()
  started.catch(queue.fail)
  const close = (): void => {
    source?.close()
    source = undefined
    queue.close()
  }
  options.signal?.addEventListener('abort', close, { once: true })
  if (options.signal?.aborted === true) close()
  return {
    changes: () => follow(queue.take, { started, refresh }),
    async close() {
      options.signal?.removeEventListener('abort', close)
      close()
      await started.catch(() => {})
    },
  }
}

interface Following {
  readonly started: Promise<void>
  readonly refresh: () => Promise<void>
}

async function* follow(
  take: () => Promise<readonly string[] | undefined>,
  { started, refresh }: Following,
): AsyncGenerator<ChangeSet> {
  await started
  for (;;) {
    const paths = await take()
    if (paths === undefined) return
    yield { paths }
    await refresh()
  }
}
