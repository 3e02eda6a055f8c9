import type { JsonObject, RevisionedStore } from '../store/index.ts'
import { list, member, text } from './catalog.ts'
import type { ApiResource } from './schema/resources.ts'

const serviceKey = { group: '', resource: 'services' } as const
const firstNodePort = 30_000

/**
 * Gives a new Service its cluster IP and node ports. With `current`, an update: what was given before stays where the
 * update leaves it out. Other objects are as they were.
 */
export function allocate(
  store: RevisionedStore,
  { group, resource }: ApiResource,
  { next, current }: { readonly next: JsonObject; readonly current?: JsonObject },
): JsonObject {
  if (group !== '' || resource !== 'services') return next
  const spec = member(next, 'spec')
  if (spec['type'] === 'ExternalName') return next
  const before = current === undefined ? {} : member(current, 'spec')
  const clusterIp = text(spec['clusterIP']) || text(before['clusterIP']) || freeAddress(store)
  const wantsPorts = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer'
  return {
    ...next,
    spec: {
      ...spec,
      ...(wantsPorts && { ports: withNodePorts(store, list(spec['ports']), list(before['ports'])) }),
      clusterIP: clusterIp,
      clusterIPs: spec['clusterIPs'] ?? before['clusterIPs'] ?? [clusterIp],
    },
  }
}

/** The lowest address of 10.96.0.0/16 that no Service has; the first ten are kept, as clusters do. */
function freeAddress(store: RevisionedStore): string {
  const used = new Set(store.list(serviceKey).map((service) => member(service, 'spec')['clusterIP']))
  let at = 10
  while (used.has(addressAt(at))) at += 1
  return addressAt(at)
}

function addressAt(at: number): string {
  return `10.96.${Math.floor(at / 256)}.${at % 256}`
}

function withNodePorts(
  store: RevisionedStore,
  ports: readonly JsonObject[],
  before: readonly JsonObject[],
): readonly JsonObject[] {
  const used = new Set(
    [...store.list(serviceKey).flatMap((service) => list(member(service, 'spec')['ports'])), ...ports].map(
      (port) => port['nodePort'],
    ),
  )
  return ports.map((port) => {
    if (port['nodePort'] !== undefined) return port
    const same = before.find((one) => one['port'] === port['port'])
    if (same?.['nodePort'] !== undefined) return { ...port, nodePort: same['nodePort'] }
    let nodePort = firstNodePort
    while (used.has(nodePort)) nodePort += 1
    used.add(nodePort)
    return { ...port, nodePort }
  })
}
