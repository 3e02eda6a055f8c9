import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'

/** Where a registry listens and keeps its content. */
export interface ServeRegistryOptions {
  /** 127.0.0.1 when absent; empty for all addresses. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** Absolute; absent: in memory. */
  readonly folder?: string
  readonly emit: Emit
}

/** A registry that listens. */
export interface ServedRegistry {
  /** `127.0.0.1:PORT`, as references write it; speaks http. */
  readonly host: string
  close(): Promise<void>
}

/**
 * Serves the embedded registry.
 * @throws SANDBOX_PORT_TAKEN when something else listens on the port; USAGE for an address that is not of this machine
 */
export async function serveRegistry(options: ServeRegistryOptions): Promise<ServedRegistry> {
  const { host = '127.0.0.1', port, folder, emit } = options
  const { createFileStore, createMemoryStore, createRegistryHandler } = await import('../registry-server/index.ts')
  const store = folder === undefined ? createMemoryStore() : createFileStore(folder)
  const handler = createRegistryHandler({
    store,
    onError: (error) =>
      emit({ type: 'warning', text: `registry: ${error instanceof Error ? error.message : String(error)}` }),
  })
  // a large blob may take longer than Node's five minutes for a request
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (req, res) => void handler(req, res))
  await listen(server, { host, port })
  return { host: nameOf(server.address() as AddressInfo), close: () => closeServer(server) }
}

interface Place {
  readonly host: string
  readonly port: number
}

function listen(server: Server, { host, port }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, { host, port })))
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve)
  })
}

function listenFailure(error: NodeJS.ErrnoException, { host, port }: Place): Error {
  if (error.code === 'EADDRINUSE' || error.code === 'EACCES') {
    return new ToolError('SANDBOX_PORT_TAKEN', `cannot listen on port ${port} of this machine`, {
      hint: 'take another port, or 0 for a free one',
      cause: error,
    })
  }
  if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'ENOTFOUND' && error.code !== 'EAI_AGAIN') return error
  return new ToolError('USAGE', `${host} is no address of this machine`, { hint: 'listen on 127.0.0.1', cause: error })
}

/** Who listens on all addresses is found at this machine's own. */
function nameOf({ address, family, port }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return `127.0.0.1:${port}`
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
