import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { closeServer } from './registry-fixtures.ts'

/** A request on its way through the proxy. */
export interface Passing {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

type Head = Readonly<Record<string, string | string[] | undefined>>

/** What goes wrong. */
type Trouble =
  /** Answers itself; the request's body is read and thrown away, or not read at all. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Lets so many bytes of the request's body through and breaks the connection. */
  | { readonly kind: 'cutRequest'; readonly afterBytes: number }
  /** Lets so many bytes of the answer's body through and breaks the connection. */
  | { readonly kind: 'cutAnswer'; readonly afterBytes: number }
  /** Lets the request through whole and breaks the connection instead of answering. */
  | { readonly kind: 'loseAnswer' }
  /** Ends the answer's body early, as if that was all: nothing tells the client how long it should be. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Changes the first byte of the answer's body. */
  | { readonly kind: 'corrupt' }
  /** Changes the answer's head. */
  | {
      readonly kind: 'edit'
      readonly status?: number
      readonly headers?: (headers: IncomingHttpHeaders) => Head
    }

/** Which requests something goes wrong with, and how often; always when `times` is absent. */
export interface Fault {
  readonly when: (passing: Passing) => boolean
  readonly trouble: Trouble
  readonly times?: number
}

/** What passed, and how much of its body. */
interface Passed extends Passing {
  status: number
  bytesUp: number
  bytesDown: number
}

/** A proxy in front of a registry, as unreliable as it is told to be. */
export interface FaultProxy {
  readonly host: string
  readonly passed: Passed[]
  /** `METHOD → status`, in the order of their arrival. */
  lines(): string[]
  close(): Promise<void>
}

/** Stands in front of `HOST:PORT`. The first fault that fits a request is the one that happens. */
export async function startFaultProxy(target: string, faults: readonly Fault[]): Promise<FaultProxy> {
  const passed: Passed[] = []
  const left = new Map(faults.map((fault) => [fault, fault.times ?? Number.POSITIVE_INFINITY]))
  const server = createServer((req, res) => {
    const passing: Passed = {
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.headers,
      status: 0,
      bytesUp: 0,
      bytesDown: 0,
    }
    passed.push(passing)
    const fault = faults.find((candidate) => (left.get(candidate) ?? 0) > 0 && candidate.when(passing))
    if (fault !== undefined) left.set(fault, (left.get(fault) ?? 0) - 1)
    pass({ req, res, passing, target, trouble: fault?.trouble })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    lines: () => passed.map(({ method, status }) => `${method} → ${status === 0 ? 'cut' : status}`),
    close: async () => closeServer(server),
  }
}

interface Passage {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly passing: Passed
  readonly target: string
  readonly trouble: Trouble | undefined
}

function pass(passage: Passage): void {
  const { req, res, passing, trouble } = passage
  res.on('error', () => undefined)
  if (trouble?.kind === 'answer') {
    const { status, headers, body } = trouble
    req.on('data', (chunk: Buffer) => (passing.bytesUp += chunk.length))
    req.on('end', () => {
      passing.status = status
      res.writeHead(status, headers).end(passing.method === 'HEAD' ? undefined : body)
    })
    return
  }
  forward(passage)
}

function forward({ req, res, passing, target, trouble }: Passage): void {
  const { method, url, headers } = passing
  const outgoing = request(`http://${target}${url}`, { method, headers })
  let isAnswered = false
  outgoing.on('response', (response) => {
    // the target may answer before it has read everything, and then reads no more
    isAnswered = true
    req.resume()
    answer({ res, passing, trouble, response })
  })
  outgoing.on('error', () => res.destroy())
  res.on('close', () => outgoing.destroy())
  req.on('data', (chunk: Buffer) => {
    const allowed = trouble?.kind === 'cutRequest' ? trouble.afterBytes - passing.bytesUp : Number.POSITIVE_INFINITY
    const part = chunk.subarray(0, Math.max(0, allowed))
    passing.bytesUp += part.length
    if (isAnswered) return
    if (part.length < chunk.length) {
      req.pause()
      outgoing.write(part, () => setTimeout(() => res.destroy(), 20))
    } else if (!outgoing.write(chunk)) {
      req.pause()
      outgoing.once('drain', () => req.resume())
    }
  })
  req.on('end', () => outgoing.end())
}

interface Answering {
  readonly res: ServerResponse
  readonly passing: Passed
  readonly trouble: Trouble | undefined
  readonly response: IncomingMessage
}

function answer({ res, passing, trouble, response }: Answering): void {
  if (trouble?.kind === 'loseAnswer') {
    response.resume()
    response.on('end', () => res.destroy())
    return
  }
  passing.status = (trouble?.kind === 'edit' ? trouble.status : undefined) ?? response.statusCode ?? 502
  res.writeHead(passing.status, withoutUndefined(headOf(response, trouble)))
  response.on('data', (chunk: Buffer) => {
    const sent = changed(chunk, passing, trouble)
    passing.bytesDown += sent.length
    res.write(sent)
    if (sent.length < chunk.length && trouble?.kind === 'cutAnswer') res.destroy()
  })
  response.on('end', () => res.end())
}

function headOf({ headers }: IncomingMessage, trouble: Trouble | undefined): Head {
  if (trouble?.kind === 'edit') return trouble.headers?.(headers) ?? headers
  return trouble?.kind === 'truncate' ? { ...headers, 'content-length': undefined } : headers
}

function changed(chunk: Buffer, { bytesDown }: Passed, trouble: Trouble | undefined): Buffer {
  if (trouble?.kind === 'corrupt' && bytesDown === 0) {
    const copy = Buffer.from(chunk)
    copy[0] = (copy[0] ?? 0) ^ 1
    return copy
  }
  if (trouble?.kind !== 'cutAnswer' && trouble?.kind !== 'truncate') return chunk
  return chunk.subarray(0, Math.max(0, trouble.afterBytes - bytesDown))
}

function withoutUndefined(headers: Head): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined),
  )
}
