import { once } from 'node:events'
import { PassThrough, type Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { createSpdySession, type SpdyStream } from '../../../kube/index.ts'
import type { ExecEnd, ExecIo } from '../../contract.ts'
import type { StoredObject } from '../../store-contract.ts'
import type { JsonObject } from '../../store/index.ts'
import { queryFlag } from '../request.ts'
import { PlainRefusal, stopWith, type StreamServing, type UpgradeRequest } from './contract.ts'
import { upgradeToSpdy } from './spdy-upgrade.ts'
import { acceptWebSocket, chooseProtocol, isWebSocket, sendOn } from './web-socket.ts'

interface Target {
  readonly pod: StoredObject
  readonly container: string
}

interface Wanted {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

type Run = (io: ExecIo) => Promise<ExecEnd>

/** `…/pods/p/exec`, with one channel or stream each for input, output, errors and the outcome. */
export async function serveExec(
  serving: StreamServing,
  request: UpgradeRequest,
  { pod, container }: Target,
): Promise<void> {
  const { searchParams } = request.url
  const tty = queryFlag(searchParams, 'tty')
  const wanted: Wanted = {
    tty,
    stdin: queryFlag(searchParams, 'stdin'),
    stdout: queryFlag(searchParams, 'stdout'),
    // a terminal has one output
    stderr: queryFlag(searchParams, 'stderr') && !tty,
  }
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr) {
    throw new PlainRefusal(400, 'you must specify at least 1 of stdin, stdout, stderr')
  }
  const command = searchParams.getAll('command')
  const run = serving.context.runtime.prepareExec(pod, container, { command, hasTerminal: tty })
  if (typeof run !== 'function') {
    throw new PlainRefusal(500, run.refused === 'not-found' ? `container not found ("${container}")` : run.message)
  }
  if (isWebSocket(request)) await overWebSocket(serving, request, { wanted, run })
  else await overSpdy(serving, request, { wanted, run })
}

interface Job {
  readonly wanted: Wanted
  readonly run: Run
}

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const
const webSocketProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', '']

async function overWebSocket({ closing }: StreamServing, request: UpgradeRequest, { wanted, run }: Job): Promise<void> {
  const protocol = chooseProtocol(request, webSocketProtocols)
  const socket = await acceptWebSocket(request, protocol)
  const gone = abortWith(socket, closing)
  const stdin = wanted.stdin ? inputOf(socket, protocol) : undefined
  const resizes = new PassThrough()
  socket.on('message', (data: Buffer) => void (data[0] === channels.resize && resizes.write(data.subarray(1))))
  socket.once('close', () => resizes.end())
  await sendOn(socket, channels.stdout, '')
  const end = await run({
    ...(stdin === undefined ? {} : { stdin }),
    ...(wanted.tty ? { sizes: sizesIn(resizes) } : {}),
    onStdout: (chunk) => (wanted.stdout ? sendOn(socket, channels.stdout, chunk) : undefined),
    onStderr: (chunk) => (wanted.stderr ? sendOn(socket, channels.stderr, chunk) : undefined),
    signal: gone,
  })
  if (protocol !== '') await sendOn(socket, channels.status, JSON.stringify(statusOf(end)))
  socket.close(1000)
}

function abortWith(socket: WebSocket, closing: AbortSignal): AbortSignal {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  stopWith(closing, () => socket.terminate(), once(socket, 'close'))
  return gone.signal
}

function inputOf(socket: WebSocket, protocol: string): PassThrough {
  const input = new PassThrough()
  socket.on('message', (data: Buffer) => {
    const [channel] = data
    if (channel === channels.stdin && !input.writableEnded && !input.write(data.subarray(1))) {
      socket.pause()
      input.once('drain', () => socket.resume())
    }
    if (channel === channels.close && data[1] === channels.stdin && protocol.startsWith('v5')) input.end()
  })
  socket.once('close', () => input.destroy())
  return input
}

/**
 * Sizes are JSON objects, one after the other; their numbers are all that there is in them.
 * @yields each size
 */
async function* sizesIn(source: AsyncIterable<Buffer>): AsyncGenerator<{ columns: number; rows: number }> {
  let text = ''
  for await (const chunk of source) {
    text += chunk.toString()
    const end = text.lastIndexOf('}') + 1
    for (const [, , columns = '', rows = ''] of text.slice(0, end).matchAll(/("Width":(\d+),"Height":(\d+))/g)) {
      yield { columns: Number(columns), rows: Number(rows) }
    }
    text = text.slice(end)
  }
}

/** What the last channel says. */
function statusOf(end: ExecEnd): JsonObject {
  if ('failure' in end) {
    const message = `Internal error occurred: error executing command in container: ${end.failure}`
    const whole = `Internal error occurred: ${message}`
    return {
      metadata: {},
      status: 'Failure',
      message: whole,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    }
  }
  if (end.exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${end.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(end.exitCode) }] },
  }
}

async function overSpdy({ closing }: StreamServing, request: UpgradeRequest, { wanted, run }: Job): Promise<void> {
  const names = ['error', ...namesOf(wanted), ...(wanted.tty ? ['resize'] : [])]
  const streams = await acceptSpdy(request, closing, names)
  const errors = streams.get('error')
  const stdin = streams.get('stdin')
  const sizes = streams.get('resize')
  const gone = new AbortController()
  request.socket.once('close', () => gone.abort())
  const writeTo = (name: string) => (chunk: Uint8Array) => writeAll(streams.get(name), chunk)
  const end = await run({
    ...(stdin === undefined ? {} : { stdin }),
    ...(sizes === undefined ? {} : { sizes: sizesIn(sizes) }),
    onStdout: writeTo('stdout'),
    onStderr: writeTo('stderr'),
    signal: gone.signal,
  })
  for (const name of ['stdout', 'stderr']) streams.get(name)?.end()
  errors?.end(JSON.stringify(statusOf(end)))
}

function namesOf({ stdin, stdout, stderr }: Wanted): readonly string[] {
  return [...(stdin ? ['stdin'] : []), ...(stdout ? ['stdout'] : []), ...(stderr ? ['stderr'] : [])]
}

function writeAll(stream: Duplex | undefined, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.destroyed) resolve()
    else stream.write(chunk, () => resolve())
  })
}

/** Upgrades, and waits for the streams that the client has to open. */
async function acceptSpdy(
  request: UpgradeRequest,
  closing: AbortSignal,
  names: readonly string[],
): Promise<ReadonlyMap<string, Duplex>> {
  upgradeToSpdy(request, ['v4.channel.k8s.io'])
  const streams = new Map<string, Duplex>()
  return new Promise((resolve) => {
    const onStream = ({ headers, duplex }: SpdyStream): void => {
      streams.set(headers['streamtype'] ?? '', duplex)
      if (names.every((name) => streams.has(name))) resolve(streams)
    }
    const session = createSpdySession(request.socket, { role: 'server', onStream })
    stopWith(closing, () => session.close(), session.closed)
  })
}
