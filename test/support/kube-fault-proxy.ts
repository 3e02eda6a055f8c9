import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { load } from 'js-yaml'
import { writeFile } from 'node:fs/promises'

/** A request on its way to the API server. */
export interface KubePassing {
  readonly method: string
  /** With its query. */
  readonly url: string
  /** How many requests with this method and URL there were before. */
  readonly earlier: number
}

/** What happens to a request instead of its answer. */
export type KubeTrouble =
  | { readonly status: number; readonly body: object; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks after so many bytes of the answer. */
  | { readonly cutAfter: number }

/** A proxy in front of an API server. */
export interface KubeFaultProxy {
  /** `METHOD /path?query`, in the order of their arrival. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

/** Stands in front of a kubeconfig's cluster, and writes a kubeconfig that leads to the proxy. */
export async function startKubeFaultProxy(
  kubeconfig: string,
  written: string,
  troubleOf: (passing: KubePassing) => KubeTrouble | undefined,
): Promise<KubeFaultProxy> {
  const target = readTarget(kubeconfig)
  const seen: string[] = []
  const server = createServer((req, res) => {
    const line = `${req.method ?? ''} ${req.url ?? ''}`
    const earlier = seen.filter((one) => one === line).length
    seen.push(line)
    pass({ req, res }, target, troubleOf({ method: req.method ?? '', url: req.url ?? '', earlier }))
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  const { port } = server.address() as AddressInfo
  await writeFile(
    written,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  return {
    seen,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle())
        server.closeAllConnections()
      }),
  }
}

/** The Status that an API server answers with when it refuses. */
export function aStatus(code: number, reason: string, more: { message: string; details?: object }): KubeTrouble {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, ...more },
  }
}

interface Target {
  readonly server: string
  readonly ca: Buffer
  readonly token: string
}

function readTarget(kubeconfig: string): Target {
  const { clusters, users } = load(readFileSync(kubeconfig, 'utf8')) as {
    readonly clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
    readonly users: { user: { token: string } }[]
  }
  const cluster = clusters[0]?.cluster
  const ca = Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64')
  return { server: cluster?.server ?? '', ca, token: users[0]?.user.token ?? '' }
}

function pass(
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  { server, ca, token }: Target,
  trouble: KubeTrouble | undefined,
): void {
  if (trouble !== undefined && 'status' in trouble) {
    req.resume()
    res.writeHead(trouble.status, { 'content-type': 'application/json', ...trouble.headers })
    res.end(JSON.stringify(trouble.body))
    return
  }
  const headers = { ...req.headers, authorization: `Bearer ${token}` }
  const outgoing = request(`${server}${req.url ?? ''}`, { method: req.method ?? 'GET', headers, ca })
  outgoing.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    let left = trouble?.cutAfter ?? Number.POSITIVE_INFINITY
    answer.on('data', (chunk: Buffer) => {
      res.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) setTimeout(() => res.destroy(), 50)
    })
    answer.on('end', () => res.end())
    answer.on('error', () => res.destroy())
  })
  outgoing.on('error', () => res.destroy())
  res.on('close', () => outgoing.destroy())
  req.pipe(outgoing)
}
