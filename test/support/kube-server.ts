import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Event } from '../../src/events/index.ts'
import { connectKube, type KubeClient, type KubeTarget } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'

/** What a real API server once answered. */
export interface Recording {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown }
  readonly response: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string | string[]>>
    readonly body: unknown
  }
}

/** The recordings of one file, by name. */
export function readRecordings(file: string): ReadonlyMap<string, Recording> {
  const text = readFileSync(join(import.meta.dirname, '../contract/kube-recordings', `${file}.jsonl`), 'utf8')
  const recordings = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Recording]))
  return new Map(recordings.map((recording) => [recording.name, recording]))
}

/** A request as it came. */
export interface Seen {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What to answer. An object is sent as JSON, an array line by line, a text as it is. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: unknown
  /** Leaves the answer open after its lines. */
  readonly isOpen?: boolean
  /** Breaks the connection after the body. */
  readonly isCut?: boolean
}

/** An API server that says what the test wants. */
export interface KubeServer {
  readonly url: string
  readonly seen: Seen[]
  /** `GET /api/v1/pods?watch=true`, without what the client always adds. */
  lines(): string[]
  close(): Promise<void>
}

export async function startKubeServer(answer: (seen: Seen) => Answer | undefined): Promise<KubeServer> {
  const seen: Seen[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const url = new URL(req.url ?? '', 'http://server')
      const request: Seen = {
        method: req.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: req.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      seen.push(request)
      send(res, answer(request) ?? notFound)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    lines: () => seen.map(lineOf),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const notFound: Answer = {
  status: 404,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'not found', reason: 'NotFound', code: 404 },
}

function send(res: ServerResponse, { status = 200, headers = {}, body, isOpen = false, isCut = false }: Answer): void {
  const { 'transfer-encoding': _, 'content-length': _length, ...rest } = headers
  res.writeHead(status, { 'content-type': 'application/json', ...rest })
  const text = textOf(body)
  if (isCut) res.write(text, () => res.destroy())
  else if (isOpen) res.write(text === '' ? '\n' : text)
  else res.end(text)
}

function textOf(body: unknown): string {
  if (body === undefined) return ''
  if (typeof body === 'string') return body
  if (Array.isArray(body)) return body.map((line) => `${JSON.stringify(line)}\n`).join('')
  return JSON.stringify(body)
}

function lineOf({ method, path, query }: Seen): string {
  const { limit: _, timeoutSeconds: _seconds, allowWatchBookmarks: _bookmarks, ...rest } = query
  const search = new URLSearchParams(rest).toString()
  return `${method} ${path}${search === '' ? '' : `?${search}`}`
}

/** The answer that a recording has. */
export function replay({ response }: Recording): Answer {
  return {
    status: response.status,
    body: response.body,
    ...(response.headers === undefined ? {} : { headers: response.headers }),
  }
}

/** A client of a test server, and what it has emitted. */
export function aKubeClient(url: string, target: Partial<KubeTarget> = {}): { client: KubeClient; events: Event[] } {
  const events: Event[] = []
  const client = connectKube(
    { context: 'test', namespace: 'default', server: url, tls: { isUnverified: false }, user: {}, ...target },
    { env: {}, runProcess, emit: (event) => events.push(event) },
  )
  return { client, events }
}
