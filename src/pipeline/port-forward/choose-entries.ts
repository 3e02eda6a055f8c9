import type { PortForwardConfig } from '../../config/index.ts'
import type { KubeObject } from '../../kube/index.ts'
import { isMapping, valueAt } from '../../resource/index.ts'
import type { ForwardEntry, PortForwardMode } from './contract.ts'
import { containerPorts } from './find-pod.ts'

/** What there is to forward to. */
export interface Forwardable {
  readonly user: readonly PortForwardConfig[]
  /** Services of this deployment. */
  readonly services: readonly KubeObject[]
  /** Pods of this deployment. */
  readonly pods: readonly KubeObject[]
  readonly namespace: string
}

const loopback = '127.0.0.1'

/** The ports that the modes ask for, each once: what the user wrote comes first. */
export function chooseEntries(
  modes: ReadonlySet<PortForwardMode>,
  { user, services, pods, namespace }: Forwardable,
): readonly ForwardEntry[] {
  const entries = [
    ...(modes.has('user') ? user.map((entry) => userEntry(entry, namespace)) : []),
    ...(modes.has('services') ? services.flatMap(serviceEntries) : []),
    ...(modes.has('pods') ? pods.flatMap(podEntries) : []),
    ...(modes.has('debug') ? pods.flatMap(debugEntries) : []),
  ]
  const seen = new Set<string>()
  return entries.filter((entry) => {
    const key = entryKey(entry)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** What tells one entry from all others. */
export function entryKey({ type, name, namespace, port }: ForwardEntry): string {
  return `${type} ${namespace}/${name} ${port}`
}

function userEntry(entry: PortForwardConfig, namespace: string): ForwardEntry {
  const { resourceType, resourceName, port, address = loopback, localPort } = entry
  return {
    type: resourceType,
    name: resourceName,
    namespace: entry.namespace ?? namespace,
    port: typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port,
    address,
    ...(localPort === undefined ? {} : { localPort }),
  }
}

function serviceEntries(service: KubeObject): readonly ForwardEntry[] {
  const { name, namespace = 'default' } = service.metadata
  // without a selector there is no pod to go to
  if (!isMapping(valueAt(service, ['spec', 'selector']))) return []
  const ports = valueAt(service, ['spec', 'ports'])
  return (Array.isArray(ports) ? (ports as readonly unknown[]) : []).flatMap((one) => {
    const port = isMapping(one) && (one['protocol'] ?? 'TCP') === 'TCP' ? one['port'] : undefined
    return typeof port === 'number' ? [{ type: 'service', name, namespace, port, address: loopback }] : []
  })
}

function podEntries(pod: KubeObject): readonly ForwardEntry[] {
  return containerPorts(pod).flatMap((one) => {
    const port = one['containerPort']
    return (one['protocol'] ?? 'TCP') === 'TCP' && typeof port === 'number' ? [podEntry(pod, port)] : []
  })
}

function podEntry(pod: KubeObject, port: number): ForwardEntry {
  const { name, namespace = 'default' } = pod.metadata
  return { type: 'pod', name, namespace, port, address: loopback }
}

const debugAnnotation = 'debug.cloud.google.com/config'

/** Ports of debuggers, as the annotation of pods that were prepared for debugging names them. */
function debugEntries(pod: KubeObject): readonly ForwardEntry[] {
  const text = pod.metadata.annotations?.[debugAnnotation]
  if (text === undefined) return []
  const config = parse(text)
  return Object.values(config).flatMap((container) => {
    const ports = isMapping(container) && isMapping(container['ports']) ? container['ports'] : {}
    return Object.values(ports).flatMap((port) => (typeof port === 'number' ? [podEntry(pod, port)] : []))
  })
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isMapping(value) ? value : {}
  } catch {
    return {}
  }
}
