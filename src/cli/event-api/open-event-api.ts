import { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'
import type { Http2Session } from 'node:http2'
import type { Emit } from '../../events/index.ts'
import { formatPlatform } from '../../platform/index.ts'
import type { Invocation } from '../command.ts'
import { containerHost } from '../host-platform.ts'
import { readVersion } from '../package-version.ts'
import { createControl, type Control } from './control.ts'
import { createEventLog, type EventLog } from './event-log.ts'
import { openEventFile, type EventFile } from './event-file.ts'
import type { Serving } from './http-server.ts'
import { listen } from './listen.ts'
import type { RunFacts } from './metadata.ts'

/** The API of a run, while it lasts. */
export interface EventApi {
  /** Events go here, and from here to where they went before. */
  readonly emit: Emit
  readonly control: Control
  begin(run: RunFacts): void
  /** Tells everybody that the run is over, with what it failed of, and closes. */
  close(error?: unknown): Promise<void>
}

/**
 * Serves the API as the flags say, waits for a client when they say so, and begins the file of events.
 * @throws USAGE when a port is taken; FILE_UNWRITABLE; ABORTED while it waits
 */
export async function openEventApi(invocation: Invocation): Promise<EventApi> {
  const { emit } = invocation
  const log = createEventLog({
    control: createControl(autoOf(invocation)),
    kind: invocation.command === 'exec' ? 'Exec' : 'Verify',
    host: formatPlatform(containerHost()),
    version: `Starting catamaran: ${readVersion()}`,
    now: Date.now,
  })
  const path = textOf(invocation, 'event-log-file')
  const file = path === undefined ? undefined : await openEventFile(path, invocation.cwd, log)
  const served = await serve(invocation, log)
  await waitForClient(invocation, served)
  return {
    emit: (event) => {
      log.emit(event)
      emit(event)
    },
    control: log.control,
    begin: (run) => log.begin(run),
    close: (error) => closeAll({ log, served, file }, error),
  }
}

async function waitForClient({ flags, emit, signal }: Invocation, served: Served): Promise<void> {
  if (!flags.has('wait-for-connection') || !flags.bool('wait-for-connection')) return
  if (served.servers.length > 0) return served.connected(signal)
  const text = '--wait-for-connection waits for nothing without --rpc-port or --rpc-http-port'
  emit({ type: 'warning', text })
}

function autoOf({ flags }: Invocation): ReturnType<Control['auto']> {
  const isOn = (name: string): boolean => !flags.has(name) || flags.bool(name)
  return { build: isOn('auto-build'), sync: isOn('auto-sync'), deploy: isOn('auto-deploy') }
}

function textOf({ flags }: Invocation, name: string): string | undefined {
  return flags.has(name) ? flags.text(name) : undefined
}

interface Served {
  readonly servers: readonly Server[]
  /** Resolves when a client reads the events. */
  connected(signal: AbortSignal): Promise<void>
  readonly stop: AbortController
  readonly sessions: ReadonlySet<Http2Session>
}

async function serve({ flags, emit }: Invocation, log: EventLog): Promise<Served> {
  const stop = new AbortController()
  const seen = new AbortController()
  const serving: Serving = { log, signal: stop.signal, onConnected: () => seen.abort() }
  const servers: Server[] = []
  const sessions = new Set<Http2Session>()
  const portOf = (name: string): number | undefined => (flags.has(name) ? flags.int(name) : undefined)
  const [grpc, http] = [portOf('rpc-port'), portOf('rpc-http-port')]
  if (grpc !== undefined) {
    const { createGrpcServer } = await import('./grpc-server.ts')
    const server = createGrpcServer(serving)
    server.on('session', (session) => {
      sessions.add(session)
      session.once('close', () => sessions.delete(session))
    })
    const port = await listen(server, grpc, 'rpc-port')
    servers.push(server)
    emit({ type: 'info', text: `starting gRPC server on port ${port}` })
  }
  if (http !== undefined) {
    const { createHttpServer } = await import('./http-server.ts')
    const server = createHttpServer(serving)
    const port = await listen(server, http, 'rpc-http-port')
    servers.push(server)
    emit({ type: 'info', text: `starting gRPC HTTP server on port ${port}` })
  }
  if (servers.length === 0 && flags.has('enable-rpc') && flags.bool('enable-rpc')) {
    emit({ type: 'warning', text: '--enable-rpc alone serves nothing: name a port with --rpc-port or --rpc-http-port' })
  }
  return { servers, sessions, stop, connected: (signal) => untilEither(seen.signal, signal) }
}

async function untilEither(wanted: AbortSignal, signal: AbortSignal): Promise<void> {
  // servers do not keep the process alive, and nothing else does yet
  const alive = setInterval(() => {}, 60_000)
  try {
    const either = AbortSignal.any([wanted, signal])
    if (!either.aborted) {
      await new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }))
    }
  } finally {
    clearInterval(alive)
  }
  if (!wanted.aborted) signal.throwIfAborted()
}

interface Open {
  readonly log: EventLog
  readonly served: Served
  readonly file: EventFile | undefined
}

/** How long a client has to take the last events, in milliseconds. */
const lastWordsMs = 1000

async function closeAll({ log, served, file }: Open, error: unknown): Promise<void> {
  log.end(error)
  await file?.close()
  await Promise.all(served.servers.map((server) => closeServer(server, served)))
}

/** Lets streams that end do so; who does not take what is left is cut off. */
async function closeServer(server: Server, { stop, sessions }: Served): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const session of sessions) session.close()
  if (server instanceof HttpServer) server.closeIdleConnections()
  const late = new Promise<void>((resolve) => setTimeout(resolve, lastWordsMs).unref())
  await Promise.race([closed, late])
  stop.abort()
  for (const session of sessions) session.destroy()
  if (server instanceof HttpServer) server.closeAllConnections()
}
