import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server in front of another one that writes down what passes. */
export interface RequestLog {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** `PUT /v2/app/manifests/v1`, in the order of their arrival; without query. */
  readonly requests: readonly string[]
  /** Of the bodies of answers, so far. */
  bytesDown(): number
  /** Forgets what was written down. */
  clear(): void
  close(): Promise<void>
}

/** Starts one in front of `HOST:PORT`. */
export async function startRequestLog(target: string): Promise<RequestLog> {
  const requests: string[] = []
  let bytesDown = 0
  const server = createServer((incoming, answer) => {
    requests.push(`${incoming.method ?? ''} ${(incoming.url ?? '').replace(/\?.*$/, '')}`)
    forward(incoming, answer, { target, onBytes: (count) => (bytesDown += count) })
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    bytesDown: () => bytesDown,
    clear: () => void requests.splice(0),
    close: () =>
      new Promise((settle) => {
        server.close(() => settle())
        server.closeAllConnections()
      }),
  }
}

/** The Host header stays as it came, so that the target's own URLs lead back here. */
function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { target, onBytes }: { readonly target: string; readonly onBytes: (count: number) => void },
): void {
  const { method, url, headers } = incoming
  const outgoing = request(`http://${target}${url ?? ''}`, { ...(method === undefined ? {} : { method }), headers })
  outgoing.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers)
    response.on('data', (chunk: Buffer) => onBytes(chunk.length))
    response.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  incoming.pipe(outgoing)
}
