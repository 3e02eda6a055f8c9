import type { Mapping } from '../resource/index.ts'
import { mappings } from './mappings.ts'

/** A container port and its name. */
export interface DebugPort {
  readonly protocol: string
  readonly number: number
}

/** The wanted port or the next one that is not taken; downwards when there is none above. */
export function freePort(taken: ReadonlySet<number>, wanted: number): number {
  for (let port = wanted; port <= 65_535; port += 1) if (!taken.has(port)) return port
  for (let port = wanted - 1; port > 1024; port -= 1) if (!taken.has(port)) return port
  return wanted
}

/** The ports of a container with the debugger's among them: names and numbers are unique in a container. */
export function exposePort(
  given: unknown,
  { protocol, number }: DebugPort,
): { readonly ports: readonly unknown[]; readonly notes: readonly string[] } {
  const notes: string[] = []
  const giveWay = ({ name, containerPort }: Mapping): void => {
    const old = `port ${String(containerPort)}${typeof name === 'string' ? ` (${name})` : ''}`
    notes.push(`${old} gives way to the debugger's port ${number} (${protocol})`)
  }
  const ports = mappings(given).flatMap((port) => {
    if (port['name'] === protocol) {
      if (port['containerPort'] !== number) giveWay(port)
      return [{ ...port, containerPort: number }]
    }
    if (port['containerPort'] !== number || (port['protocol'] ?? 'TCP') !== 'TCP') return [port]
    giveWay(port)
    return []
  })
  const isThere = ports.some((port) => port['name'] === protocol)
  return { ports: isThere ? ports : [...ports, { name: protocol, containerPort: number }], notes }
}
