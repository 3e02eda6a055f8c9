import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { parse } from 'yaml'

/** An object of the API as it came. */
export interface ApiObject {
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly [member: string]: unknown
}

/** A pod, as far as tests look at it. */
export interface PodObject extends ApiObject {
  readonly spec: {
    readonly nodeName?: string
    readonly affinity?: unknown
    readonly containers: readonly { readonly image: string }[]
  }
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly {
      readonly imageID?: string
      readonly restartCount: number
      readonly state: {
        readonly waiting?: { readonly reason: string; readonly message?: string }
        readonly running?: object
      }
      readonly lastState?: {
        readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string }
      }
    }[]
  }
}

/** A reader of a cluster's API that is not catamaran's own client. */
export interface ClusterReader {
  /** GETs a path: `/api/v1/namespaces/default/pods/web`. Undefined: not found. */
  get(path: string): Promise<ApiObject | undefined>
  list<T extends ApiObject>(path: string): Promise<readonly T[]>
  pods(namespace?: string): Promise<readonly PodObject[]>
  /** The architecture of every node by its name. */
  nodeArchitectures(): Promise<ReadonlyMap<string, string>>
  /** POSTs an object. */
  create(path: string, object: unknown): Promise<ApiObject>
  /** DELETEs an object. */
  remove(path: string): Promise<void>
  /** The log of a pod's only container. */
  log(pod: string, namespace?: string): Promise<string>
  /** Asks again until the answer is what is wanted. */
  until<T>(ask: () => Promise<T | undefined>): Promise<T>
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string }
  }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

/** Reads the cluster of a kubeconfig with one server and one token. */
export function clusterReader(kubeconfig: string): ClusterReader {
  const access = readAccess(kubeconfig)
  const list = async <T extends ApiObject>(path: string): Promise<readonly T[]> =>
    (JSON.parse((await ask(access, 'GET', path)).text) as { readonly items: readonly T[] }).items
  return {
    list,
    pods: (namespace = 'default') => list<PodObject>(`/api/v1/namespaces/${namespace}/pods`),
    async get(path) {
      const { status, text } = await ask(access, 'GET', path)
      return status === 404 ? undefined : (JSON.parse(text) as ApiObject)
    },
    async nodeArchitectures() {
      const nodes = await list('/api/v1/nodes')
      return new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.['kubernetes.io/arch'] ?? '']))
    },
    create: async (path, object) => JSON.parse((await ask(access, 'POST', path, object)).text) as ApiObject,
    remove: async (path) => void (await ask(access, 'DELETE', path)),
    log: async (pod, namespace = 'default') =>
      (await ask(access, 'GET', `/api/v1/namespaces/${namespace}/pods/${pod}/log`)).text,
    until,
  }
}

interface Access {
  readonly server: string
  readonly token: string
  readonly ca: Buffer | undefined
}

function readAccess(kubeconfig: string): Access {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const ca = clusters[0]?.cluster['certificate-authority-data']
  return {
    server: clusters[0]?.cluster.server ?? '',
    token: users[0]?.user.token ?? '',
    ca: ca === undefined ? undefined : Buffer.from(ca, 'base64'),
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function ask({ server, token, ca }: Access, method: string, path: string, body?: unknown): Promise<Answer> {
  const url = new URL(path, server)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const start = url.protocol === 'https:' ? https.request : http.request
  return new Promise((settle, reject) => {
    const outgoing = start(url, { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const [status, text] = [response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')]
        if (status < 300 || status === 404) settle({ status, text })
        else reject(new Error(`${method} ${path}: ${status} ${text}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Asks again until there is an answer; the test's own time limit ends it. */
async function until<T>(question: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await question()
    if (answer !== undefined) return answer
    await new Promise((settle) => setTimeout(settle, 50))
  }
}
