import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'

/** Where a registry listens and keeps its content. */
export interface ServeRegistryOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** Absolute; absent: in memory. */
  readonly folder?: string
  readonly emit: Emit
}

/** A registry that listens. */
export interface ServedRegistry {
  /** `127.0.0.1:PORT`, speaks http. */
  readonly host: string
  close(): Promise<void>
}

/**
 * Serves the embedded registry on loopback.
 * @throws SANDBOX_PORT_TAKEN when something else listens on the port
 */
export async function serveRegistry({ port, folder, emit }: ServeRegistryOptions): Promise<ServedRegistry> {
  const { createFileStore, createMemoryStore, createRegistryHandler } = await import('../registry-server/index.ts')
  const store = folder === undefined ? createMemoryStore() : createFileStore(folder)
  const handler = createRegistryHandler({
    store,
    onError: (error) =>
      emit({ type: 'warning', text: `registry: ${error instanceof Error ? error.message : String(error)}` }),
  })
  // a large blob may take longer than Node's five minutes for a request
  const server = createServer({ requestTimeout: 0 }, (req, res) => void handler(req, res))
  await listen(server, port)
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closeServer(server) }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? portTaken(port, error) : error),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
}

function portTaken(port: number, cause: Error): ToolError {
  return new ToolError('SANDBOX_PORT_TAKEN', `cannot listen on port ${port} of this machine`, {
    hint: 'leave --port away to take a free one',
    cause,
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
