import type { Duplex } from 'node:stream'
import type { ExecQuery, LogQuery, LogRefusal } from '../contract.ts'
import type { Pod } from '../kinds.ts'
import { isDeleting, isFinished } from '../objects.ts'
import type { Prepared } from './pod-streams.ts'
import { startPodWorker, type PodWorker } from './pod-worker.ts'
import type { NodeRuntime } from './scope.ts'

/** The agent of one node: runs the pods that are bound to it. */
export interface Kubelet {
  readonly nodeName: string
  readLogs(pod: Pod, container: string, query: LogQuery): AsyncIterable<string> | LogRefusal
  prepareExec(pod: Pod, container: string, query: ExecQuery): Prepared
  connectPort(pod: Pod, port: number): Promise<Duplex | { readonly failure: string }>
  close(): Promise<void>
}

export function startKubelet(node: NodeRuntime): Kubelet {
  const workers = new Map<string, PodWorker>()
  const ending = new Set<Promise<void>>()
  const see = (type: 'ADDED' | 'MODIFIED' | 'DELETED', pod: Pod): void => {
    if (pod.spec.nodeName !== node.name) return
    const worker = workers.get(pod.metadata.uid)
    if (type === 'DELETED') end(pod.metadata.uid, worker)
    else if (worker !== undefined) worker.update(pod)
    else if (!isFinished(pod)) start(pod)
  }
  const start = (pod: Pod): void => {
    const worker = startPodWorker(pod, node)
    workers.set(pod.metadata.uid, worker)
    if (isDeleting(pod)) worker.update(pod)
  }
  const end = (uid: string, worker: PodWorker | undefined): void => {
    if (worker === undefined) return
    workers.delete(uid)
    const ended = worker.end().catch((error: unknown) => node.onError(error))
    ending.add(ended)
    void ended.then(() => ending.delete(ended))
  }
  const unsubscribe = node.tables.pods.subscribe(see)
  for (const pod of node.tables.pods.list()) see('ADDED', pod)
  return {
    nodeName: node.name,
    readLogs(pod, container, query) {
      const worker = workers.get(pod.metadata.uid)
      return worker?.readLogs(container, query) ?? { refused: 'waiting', reason: 'ContainerCreating' }
    },
    prepareExec: (pod, container, query) =>
      workers.get(pod.metadata.uid)?.prepareExec(container, query) ?? { refused: 'not-found' },
    async connectPort(pod, port) {
      const worker = workers.get(pod.metadata.uid)
      return worker === undefined
        ? { failure: `unable to do port forwarding: pod not found` }
        : worker.connectPort(port)
    },
    async close() {
      unsubscribe()
      for (const [uid, worker] of workers) end(uid, worker)
      await Promise.all(ending)
    },
  }
}
