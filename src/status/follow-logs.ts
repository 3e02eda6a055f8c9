import { setTimeout as sleep } from 'node:timers/promises'
import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { createLogPosition, type LogPosition } from './log-position.ts'
import { createPodSelector, type LogSelection } from './log-selection.ts'
import { readPod, type ContainerFacts, type PodFacts } from './pod-facts.ts'

/** Whose logs to follow, and how. */
export interface LogRequest extends LogSelection {
  readonly emit: Emit
  /** Ends it. */
  readonly signal: AbortSignal
  /** How far back the logs of containers that run already are read; all when absent. */
  readonly sinceSeconds?: number
  /** Only containers of these images; all when absent. */
  readonly hasImage?: (image: string) => boolean
  /** Reads what there is now and returns, instead of following. */
  readonly once?: boolean
}

/**
 * Emits `log` for every line of the containers of the selected pods; pods that come later and containers that start
 * again are picked up. Returns when `once` is set and everything was read; else it goes on until the signal aborts.
 * @throws the client's codes; the signal's reason
 */
export async function followLogs(client: KubeClient, request: LogRequest): Promise<void> {
  const own = new AbortController()
  const signal = AbortSignal.any([request.signal, own.signal])
  const tails = createTails(client, { ...request, signal }, (error) => own.abort(error))
  try {
    const isSelected = await createPodSelector(client, request, signal)
    await Promise.all(
      request.namespaces.map(async (namespace) =>
        followNamespace(client, { namespace, request, signal, tails, isSelected }),
      ),
    )
    await tails.settled()
    signal.throwIfAborted()
  } finally {
    own.abort()
    await tails.settled()
  }
}

interface NamespaceLogs {
  readonly namespace: string
  readonly request: LogRequest
  readonly signal: AbortSignal
  readonly tails: Tails
  readonly isSelected: (pod: PodFacts) => boolean
}

async function followNamespace(client: KubeClient, logs: NamespaceLogs): Promise<void> {
  const { namespace, request, signal, tails, isSelected } = logs
  const { labelSelector, hasImage = () => true } = request
  const options = { namespace, signal, ...(labelSelector === undefined ? {} : { labelSelector }) }
  for await (const event of client.watch({ apiVersion: 'v1', kind: 'Pod' }, options)) {
    if (event.type === 'SYNCED') {
      tails.listed()
      if (request.once === true) return
      continue
    }
    const pod = event.type === 'DELETED' ? undefined : readPod(event.object)
    if (pod === undefined || !isSelected(pod)) continue
    for (const container of pod.containers) if (hasImage(container.image)) tails.see(pod, container)
  }
}

interface Tails {
  /** Follows a container's present run, unless it is followed already. */
  see(pod: PodFacts, container: ContainerFacts): void
  /** From now on containers are new, and all they say is wanted. */
  listed(): void
  /** Resolves when all that was seen is read or has failed. */
  settled(): Promise<void>
}

/** One run of a container after the other: the API gives the log of the run that is current when it is asked. */
function createTails(client: KubeClient, request: LogRequest, fail: (error: unknown) => void): Tails {
  const newest = new Map<string, number>()
  const chains = new Map<string, Promise<void>>()
  let isListed = false
  return {
    see(pod, { name, restartCount: run, state, before }) {
      const key = `${pod.uid} ${name}`
      const hasRun = state.is !== 'waiting' || before !== undefined
      if (!hasRun || (newest.get(key) ?? -1) >= run) return
      newest.set(key, run)
      const since = isListed ? {} : sinceOf(request)
      const read = async (): Promise<void> => {
        const behind = (newest.get(key) ?? run) - run
        if (behind <= 1) await readRun(client, { pod, container: name, since, isPrevious: behind === 1, request })
      }
      chains.set(key, (chains.get(key) ?? Promise.resolve()).then(read).catch(fail))
    },
    listed() {
      isListed = true
    },
    async settled() {
      await Promise.all(chains.values())
    },
  }
}

function sinceOf({ sinceSeconds }: LogRequest): { readonly sinceSeconds?: number } {
  return sinceSeconds === undefined ? {} : { sinceSeconds }
}

interface Tail {
  readonly pod: PodFacts
  readonly container: string
  readonly since: { readonly sinceSeconds?: number }
  /** The run has ended and the next one has begun. */
  readonly isPrevious: boolean
  readonly request: LogRequest
}

/** A connection that breaks is opened again where it broke; a container that is gone has no more to say. */
async function readRun(client: KubeClient, { pod, container, since, isPrevious, request }: Tail): Promise<void> {
  const { emit, signal, once = false } = request
  const options = { container, signal, timestamps: true, ...(isPrevious ? { previous: true } : { follow: !once }) }
  const position = createLogPosition()
  const startedAt = performance.now()
  for (let failures = 0; ;) {
    const sinceTime = position.resume()
    const from = sinceTime === undefined ? longer(since, performance.now() - startedAt) : { sinceTime }
    try {
      for await (const text of newLines(client.logs(pod, { ...options, ...from }), position)) {
        failures = 0
        emit({ type: 'log', pod: pod.name, container, text })
      }
      return
    } catch (error) {
      signal.throwIfAborted()
      if (isToolError(error, 'KUBE_NOT_FOUND', 'KUBE_INVALID')) return
      failures += 1
      if (failures === 5 || !isToolError(error, 'KUBE_UNREACHABLE', 'KUBE_FAILED')) throw error
      await sleep(200 * 2 ** failures, undefined, { signal })
    }
  }
}

/**
 * What was not read before.
 * @yields lines without their times
 */
async function* newLines(lines: AsyncIterable<string>, position: LogPosition): AsyncGenerator<string, void, undefined> {
  for await (const line of lines) {
    const text = position.take(line)
    if (text !== undefined) yield text
  }
}

/** What was asked for at the start, some time later. */
function longer({ sinceSeconds }: Tail['since'], laterMs: number): Tail['since'] {
  return sinceSeconds === undefined ? {} : { sinceSeconds: sinceSeconds + Math.floor(laterMs / 1000) }
}
