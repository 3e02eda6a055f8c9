import { createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Duplex } from 'node:stream'
import type { Emit } from '../../events/index.ts'
import type { KubeClient } from '../../kube/index.ts'
import type { ForwardEntry } from './contract.ts'
import { findPod } from './find-pod.ts'

/** A port of this machine behind which a port of the cluster is. */
export interface Listener {
  readonly localPort: number
  close(): Promise<void>
}

/** What listening needs. */
export interface ListenOptions {
  readonly client: KubeClient
  readonly emit: Emit
  readonly signal: AbortSignal
}

/**
 * Listens on this machine; each connection finds its pod anew, so that forwarding goes on when pods are replaced. The
 * wished port is taken if it is free and needs no privilege, else any.
 */
export async function listen(entry: ForwardEntry, options: ListenOptions): Promise<Listener> {
  const connections = new Set<Socket>()
  const trouble = createTrouble(options.emit)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    socket.on('error', () => socket.destroy())
    void forward(socket, entry, { ...options, trouble })
  })
  const localPort = await bind(server, entry)
  return {
    localPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      }),
  }
}

const privilegedPorts = 1023

async function bind(server: Server, { localPort, port, address }: ForwardEntry): Promise<number> {
  const wished = localPort ?? (typeof port === 'number' ? port : 0)
  const mayBind = wished > privilegedPorts || (localPort !== undefined && wished > 0)
  if (mayBind && (await tryToListen(server, wished, address))) return wished
  if (!(await tryToListen(server, 0, address))) throw new Error(`no free port on ${address}`)
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

function tryToListen(server: Server, port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    }
    server.once('error', fail)
    server.listen(port, address, () => {
      server.off('error', fail)
      resolve(true)
    })
  })
}

interface Forwarding extends ListenOptions {
  readonly trouble: Trouble
}

async function forward(socket: Socket, entry: ForwardEntry, { client, signal, trouble }: Forwarding): Promise<void> {
  socket.pause()
  try {
    const remote = await connect(client, entry, signal)
    trouble.over()
    await join(socket, remote, trouble)
  } catch (error) {
    if (!signal.aborted) trouble.tell(error)
    socket.destroy()
  }
}

const attempts = 3
const pauseMs = 250

/** A pod that was just replaced is no reason to fail. */
async function connect(client: KubeClient, entry: ForwardEntry, signal: AbortSignal): Promise<Duplex> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { pod, port } = await findPod(client, entry, signal)
      return await client.connectPort(pod, { port, signal })
    } catch (error) {
      if (attempt === attempts || signal.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt))
    }
  }
}

/** Both directions, each to its own end. */
async function join(socket: Socket, remote: Duplex, trouble: Trouble): Promise<void> {
  remote.on('error', (error) => {
    trouble.tell(error)
    socket.destroy()
  })
  socket.once('close', () => remote.destroy())
  // what breaks is seen above, or is the client's own end
  await Promise.allSettled([pipeline(socket, remote, { end: true }), pipeline(remote, socket, { end: true })])
}

interface Trouble {
  tell(error: unknown): void
  over(): void
}

/** The same trouble is said once, until a connection worked again. */
function createTrouble(emit: Emit): Trouble {
  let last = ''
  return {
    tell(error) {
      const text = error instanceof Error ? error.message : String(error)
      if (text === last || isEnd(error)) return
      last = text
      emit({ type: 'warning', text })
    },
    over() {
      last = ''
    },
  }
}

/** Connections that end early are everyday matters. */
function isEnd(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(code)
}
