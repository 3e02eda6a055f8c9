import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** An object of the API as it came. */
export interface ApiObject {
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly [member: string]: unknown
}

/** A pod, as far as tests look at it. */
export interface PodObject extends ApiObject {
  readonly spec: { readonly nodeName?: string; readonly affinity?: unknown; readonly containers: readonly { readonly image: string }[] }
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly {
      readonly imageID?: string
      readonly restartCount: number
      readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string }; readonly running?: object }
      readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string } }
    }[]
  }
}

/** A reader of a cluster's API that is not catamaran's own client. */
export interface ClusterReader {
  /** GETs a path: `/api/v1/namespaces/default/pods/web`. Undefined: not found. */
  get(path: string): Promise<ApiObject | undefined>
  list<T extends ApiObject>(path: string): Promise<readonly T[]>
  pods(namespace?: string): Promise<readonly PodObject[]>
  /** POSTs an object. */
  create(path: string, object: unknown): Promise<ApiObject>
  /** The log of a pod's only container. */
  log(pod: string, namespace?: string): Promise<string>
  /** Asks again until the answer is what is wanted. */
  until<T>(ask: () => Promise<T | undefined>): Promise<T>
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string } }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

/** Reads the cluster of a kubeconfig with one server and one token. */
export function clusterReader(kubeconfig: string): ClusterReader {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const server = clusters[0]?.cluster.server ?? ''
  const headers = { authorization: `Bearer ${users[0]?.user.token ?? ''}`, 'content-type': 'application/json' }
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(new URL(path, server), { ...init, headers })
    if (!response.ok && response.status !== 404) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const list = async <T extends ApiObject>(path: string): Promise<readonly T[]> =>
    ((await (await ask(path)).json()) as { readonly items: readonly T[] }).items
  return {
    list,
    pods: (namespace = 'default') => list<PodObject>(`/api/v1/namespaces/${namespace}/pods`),
    async get(path) {
      const response = await ask(path)
      return response.status === 404 ? undefined : ((await response.json()) as ApiObject)
    },
    async create(path, object) {
      return (await (await ask(path, { method: 'POST', body: JSON.stringify(object) })).json()) as ApiObject
    },
    log: async (pod, namespace = 'default') => (await ask(`/api/v1/namespaces/${namespace}/pods/${pod}/log`)).text(),
    until,
  }
}

/** Asks again until there is an answer; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((settle) => setTimeout(settle, 50))
  }
}
