import { createServer } from 'node:net'
import type { Emit } from '../../events/index.ts'
import type { ContainerSpec } from './contract.ts'

const privilegedPorts = 1023

/**
 * The flags that publish ports, each on the wished port of this machine if it is free and needs no privilege, else on any;
 * says where.
 */
export async function publishPorts(
  { ports, container }: Pick<ContainerSpec, 'ports'> & { readonly container: string },
  emit: Emit,
): Promise<readonly string[]> {
  const flags: string[] = []
  const taken = new Set<number>()
  for (const { port, address, localPort } of ports) {
    const wished = localPort ?? (port > privilegedPorts ? port : 0)
    const isFree = wished > 0 && !taken.has(wished) && (await freePort(wished, address)) !== undefined
    const found = isFree ? wished : ((await freePort(0, address)) ?? 0)
    taken.add(found)
    flags.push('--publish', `${address}:${found}:${port}`)
    const resource = `container/${container}`
    emit({ type: 'portForwarded', resource, namespace: 'docker', port: String(port), address, localPort: found })
  }
  return flags
}

function freePort(port: number, address: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, address, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : undefined))
    })
  })
}
