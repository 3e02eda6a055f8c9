import type { WebSocket } from 'ws'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { ExecOptions, ExecOutcome, PodRef, TerminalSize } from '../contract.ts'
import type { StreamContext } from './upgrade.ts'

/** Of the `channel.k8s.io` protocols: the first byte of each message. */
const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const

/** v5 can close standard input, v4 cannot. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']

/**
 * Runs a program in a container and waits for its end.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 */
export async function execInPod(context: StreamContext, pod: PodRef, options: ExecOptions): Promise<ExecOutcome> {
  const { openWebSocket, keepAlive } = await import('./web-socket.ts')
  const what = `${options.command[0] ?? ''} in pod/${pod.name} in namespace ${pod.namespace}`
  const request = {
    path: `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/exec`,
    query: queryOf(options),
    about: { verb: 'run', what },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  const socket = await openWebSocket(context, request, protocols)
  keepAlive(socket)
  const abort = (): void => socket.terminate()
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    return await converse(socket, { options, what })
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
    socket.close()
  }
}

function queryOf({ command, container, stdin, terminal }: ExecOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const word of command) query.append('command', word)
  if (container !== undefined) query.set('container', container)
  if (stdin !== undefined) query.set('stdin', 'true')
  query.set('stdout', 'true')
  // a terminal has one output
  query.set(terminal === undefined ? 'stderr' : 'tty', 'true')
  return query
}

interface Conversation {
  readonly options: ExecOptions
  readonly what: string
}

async function converse(socket: WebSocket, { options, what }: Conversation): Promise<ExecOutcome> {
  const received = receiveAll(socket, options)
  socket.resume()
  const sent = options.stdin === undefined ? undefined : send(socket, options.stdin)
  // what goes wrong with the input shows in the outcome, or ends the conversation
  const failed = sent?.catch((error: unknown) => {
    if (socket.readyState !== socket.OPEN) return
    socket.terminate()
    throw error
  })
  const sizes = options.terminal?.[Symbol.asyncIterator]()
  if (sizes !== undefined) resize(socket, sizes).catch(() => socket.terminate())
  try {
    const [status] = await Promise.all([received, failed])
    return outcomeOf(status, what)
  } finally {
    // nobody waits for a size that may never come
    void sizes?.return?.()
  }
}

/** Gives what the status channel said; undefined when the connection ended without it. */
function receiveAll(socket: WebSocket, { onStdout, onStderr }: ExecOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let status: string | undefined
    let taken = Promise.resolve()
    let waiting = 0
    const give = (listener: ExecOptions['onStdout'], bytes: Buffer): void => {
      if (listener === undefined || bytes.length === 0) return
      waiting += 1
      socket.pause()
      taken = taken
        .then(() => listener(bytes))
        .finally(() => {
          waiting -= 1
          if (waiting === 0) socket.resume()
        })
      taken.catch((error: unknown) => {
        socket.terminate()
        reject(error instanceof Error ? error : new Error(String(error)))
      })
    }
    socket.on('message', (data: Buffer) => {
      const bytes = data.subarray(1)
      if (data[0] === channels.stdout) give(onStdout, bytes)
      else if (data[0] === channels.stderr) give(onStderr, bytes)
      else if (data[0] === channels.status) status = bytes.toString('utf8')
    })
    socket.once('close', () => void taken.then(() => resolve(status), reject))
  })
}

/** @see https://pkg.go.dev/k8s.io/client-go/tools/remotecommand#TerminalSize */
async function resize(socket: WebSocket, sizes: AsyncIterator<TerminalSize>): Promise<void> {
  for (;;) {
    const { done, value } = await sizes.next()
    if (done === true || socket.readyState !== socket.OPEN) return
    const text = JSON.stringify({ Width: value.columns, Height: value.rows })
    await sendMessage(socket, channels.resize, Buffer.from(text))
  }
}

const maxMessageBytes = 64 * 1024

/** Waits for each message to be on its way, so that no more is in memory than the connection takes. */
async function send(socket: WebSocket, stdin: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of stdin) {
    for (let at = 0; at < chunk.length; at += maxMessageBytes) {
      await sendMessage(socket, channels.stdin, chunk.subarray(at, at + maxMessageBytes))
    }
  }
  if (socket.protocol === protocols[0]) await sendMessage(socket, channels.close, Buffer.from([channels.stdin]))
}

function sendMessage(socket: WebSocket, channel: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(Buffer.concat([Buffer.from([channel]), bytes]), (error?: Error | null) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
}

const statusSchema = v.looseObject({
  status: v.string(),
  message: v.nullish(v.string(), ''),
  reason: v.nullish(v.string(), ''),
  details: v.nullish(
    v.looseObject({
      causes: v.nullish(v.array(v.looseObject({ reason: v.nullish(v.string()), message: v.nullish(v.string()) }))),
    }),
  ),
})

function outcomeOf(text: string | undefined, what: string): ExecOutcome {
  if (text === undefined) {
    throw new ToolError('KUBE_UNREACHABLE', `the connection broke off while running ${what}`, {
      hint: 'check that the pod still runs, and try again',
    })
  }
  const { status, message, reason, details } = v.parse(statusSchema, JSON.parse(text))
  if (status === 'Success') return { exitCode: 0 }
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message
  if (reason === 'NonZeroExitCode' && code !== undefined && code !== null) return { exitCode: Number(code) }
  throw new ToolError('KUBE_FAILED', `cannot run ${what}: ${message}`)
}
