import type { AddressInfo, Server } from 'node:net'
import { ToolError } from '../../errors/index.ts'

const loopback = '127.0.0.1'

/**
 * Listens on a port of this machine that only it can reach, and gives the port (0 takes a free one). The server does not
 * keep the process alive.
 * @throws USAGE when the port is taken
 */
export function listen(server: Server, port: number, flag: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, port, flag)))
    server.listen({ port, host: loopback }, () => {
      server.unref()
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function listenFailure(error: NodeJS.ErrnoException, port: number, flag: string): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  return new ToolError('USAGE', `cannot listen on port ${port} of ${loopback}, as --${flag} asks`, {
    hint: `take another port, or --${flag}=0 for a free one`,
    cause: error,
  })
}
