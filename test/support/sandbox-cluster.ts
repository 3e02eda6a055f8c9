import { createCertificate, startApiServer } from '../../src/sandbox/api/index.ts'
import type { ApiServer } from '../../src/sandbox/api/server.ts'
import { seedCluster } from '../../src/sandbox/controllers/namespace.ts'
import { startControllers } from '../../src/sandbox/controllers/start-controllers.ts'
import type { Pod } from '../../src/sandbox/kinds.ts'
import { isDeleting } from '../../src/sandbox/objects.ts'
import { startScheduler } from '../../src/sandbox/scheduler/scheduler.ts'
import { createStore, type RevisionedStore } from '../../src/sandbox/store/index.ts'
import { createTables, type Tables } from '../../src/sandbox/tables.ts'
import { request, type HttpAnswer, type HttpRequest } from './https-request.ts'

/** Store, controllers and, if asked for, scheduler of a sandbox; its nodes are what the test makes them. */
export interface TestCluster {
  readonly store: RevisionedStore
  readonly tables: Tables
  /** Waits until nothing more happens by itself. */
  settle(): Promise<void>
  /** Throws what the controllers could not do, if there was something. */
  stop(): void
}

export function startCluster({ scheduler = true }: { readonly scheduler?: boolean } = {}): TestCluster {
  const clock = (): Date => new Date()
  const store = createStore({ clock })
  const tables = createTables(store)
  seedCluster(tables)
  const failures: unknown[] = []
  const onError = (error: unknown): void => void failures.push(error)
  const stops = [startControllers({ store, tables, clock, caCertificate: 'PEM', onError })]
  if (scheduler) stops.push(startScheduler({ tables, clock }))
  return {
    store,
    tables,
    settle: async () => {
      for (let quiet = 0, last = -1; quiet < 3; quiet += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        if (store.revision() !== last) quiet = 0
        last = store.revision()
      }
    },
    stop: () => {
      stops.forEach((stop) => stop())
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** Adds a node that takes pods. */
export function addNode(tables: Tables, name: string, members: { labels?: object; spec?: object } = {}): void {
  const architecture = /arm64|s390x/.exec(name)?.[0] ?? 'amd64'
  const labels = { 'kubernetes.io/arch': architecture, 'kubernetes.io/os': 'linux', ...members.labels }
  tables.nodes.create({
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, labels },
    spec: members.spec ?? {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
  })
}

/** What the nodes would say about their pods: bound ones become what `phaseOf` answers, deleted ones go. */
export function actAsNodes(tables: Tables, phaseOf: (pod: Pod) => string = () => 'Running'): () => void {
  return tables.pods.subscribe((type, pod) => {
    if (type === 'DELETED' || pod.spec.nodeName === undefined) return
    if (isDeleting(pod)) tables.pods.update(pod, (current) => withoutGrace(current))
    else if (pod.status?.phase === 'Pending') report(tables, pod, phaseOf(pod))
  })
}

function withoutGrace(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionGracePeriodSeconds: 0 } }
}

function report(tables: Tables, pod: Pod, phase: string): void {
  const ready = {
    type: 'Ready',
    status: phase === 'Running' ? 'True' : 'False',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  tables.pods.update(pod, (current) => ({
    ...current,
    status: { ...current.status, phase, podIP: '10.1.2.3', conditions: [ready] },
  }))
}

/** The API of a store, and a client for it; an empty `authorization` leaves the credentials away. */
export interface TestApi {
  readonly server: ApiServer
  send(ask: Omit<HttpRequest, 'url' | 'ca'> & { readonly path: string }): Promise<HttpAnswer>
  close(): Promise<void>
}

const testToken = 'token-of-the-test'

export async function startApi(store: RevisionedStore): Promise<TestApi> {
  const certificate = createCertificate()
  const server = await startApiServer({
    store,
    runtime: {
      readLogs: () => ({ refused: 'waiting', reason: 'ContainerCreating' }),
      prepareExec: () => ({ refused: 'not-found' }),
      connectPort: async () => Promise.resolve({ failure: 'pod not found' }),
    },
    token: testToken,
    certificate,
    clock: () => new Date(),
    onError: (error) => {
      throw error
    },
  })
  return {
    server,
    send: ({ path, headers, ...ask }) => {
      const { authorization = `Bearer ${testToken}`, ...others } = headers ?? {}
      return request({
        ...ask,
        url: `${server.url}${path}`,
        ca: certificate.certificate,
        headers: { ...(authorization !== '' && { authorization }), ...others },
      })
    },
    close: () => server.close(),
  }
}
