import { ToolError } from '../../errors/index.ts'
import type { KubeClient, KubeObject } from '../../kube/index.ts'
import { isMapping, valueAt, type Mapping } from '../../resource/index.ts'
import type { ForwardEntry, PodPort } from './contract.ts'

const apiVersions: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  pod: { apiVersion: 'v1', kind: 'Pod' },
  service: { apiVersion: 'v1', kind: 'Service' },
  replicationcontroller: { apiVersion: 'v1', kind: 'ReplicationController' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  replicaset: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  statefulset: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  daemonset: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  job: { apiVersion: 'batch/v1', kind: 'Job' },
}

/**
 * The pod behind a resource that takes connections now, asked anew for each connection: pods come and go.
 * @throws PORT_FORWARD_FAILED when there is none
 */
export async function findPod(client: KubeClient, entry: ForwardEntry, signal: AbortSignal): Promise<PodPort> {
  const { type, name, namespace } = entry
  const kind = apiVersions[type]
  if (kind === undefined) throw failed(entry, `ports of a ${type} cannot be forwarded`)
  const object = await client.get({ ...kind, namespace, name }, signal)
  if (object === undefined) throw failed(entry, 'there is no such resource')
  if (type === 'pod') return podPort(object, entry, entry.port)
  const selector = selectorOf(object)
  if (selector === '') throw failed(entry, 'it selects no pods')
  const pods = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: selector, signal })
  const pod = pods.filter(isRunning).toSorted(byReadiness)[0]
  if (pod === undefined) throw failed(entry, 'none of its pods is running')
  return podPort(pod, entry, type === 'service' ? targetPort(object, entry) : entry.port)
}

function failed({ type, name, namespace, port }: ForwardEntry, why: string): ToolError {
  return new ToolError(
    'PORT_FORWARD_FAILED',
    `cannot forward port ${port} of ${type}/${name} in namespace ${namespace}: ${why}`,
  )
}

function selectorOf(object: KubeObject): string {
  const selector = valueAt(object, ['spec', 'selector'])
  if (!isMapping(selector)) return ''
  const labels = isMapping(selector['matchLabels']) ? selector['matchLabels'] : selector
  return Object.entries(labels)
    .flatMap(([key, value]) => (typeof value === 'string' ? [`${key}=${value}`] : []))
    .join(',')
}

function isRunning(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && valueAt(pod, ['status', 'phase']) === 'Running'
}

/** Ready ones first, then the youngest, as Skaffold chooses. */
function byReadiness(left: KubeObject, right: KubeObject): number {
  const ready = Number(isReady(right)) - Number(isReady(left))
  const [a, b] = [left.metadata.creationTimestamp ?? '', right.metadata.creationTimestamp ?? '']
  return ready === 0 ? Number(a < b) - Number(a > b) : ready
}

function isReady(pod: KubeObject): boolean {
  return mappings(valueAt(pod, ['status', 'conditions'])).some(
    (one) => one['type'] === 'Ready' && one['status'] === 'True',
  )
}

/** What the service's port is called in its pods. */
function targetPort(service: KubeObject, entry: ForwardEntry): number | string {
  const ports = mappings(valueAt(service, ['spec', 'ports']))
  const port = ports.find((one) => one['port'] === entry.port || one['name'] === entry.port)
  if (port === undefined) throw failed(entry, 'the service has no such port')
  const target = port['targetPort']
  if (typeof target === 'number' || (typeof target === 'string' && target !== '')) return target
  return Number(port['port'])
}

function podPort(pod: KubeObject, entry: ForwardEntry, port: number | string): PodPort {
  const ref = { namespace: pod.metadata.namespace ?? entry.namespace, name: pod.metadata.name }
  if (typeof port === 'number' || /^\d+$/.test(port)) return { pod: ref, port: Number(port) }
  const named = containerPorts(pod).find((one) => one['name'] === port)?.['containerPort']
  if (typeof named !== 'number') throw failed(entry, `pod ${ref.name} has no port of that name`)
  return { pod: ref, port: named }
}

/** Ports of all containers of a pod, sidecars included. */
export function containerPorts(pod: KubeObject): readonly Mapping[] {
  return ['containers', 'initContainers'].flatMap((list) =>
    mappings(valueAt(pod, ['spec', list])).flatMap((container) => mappings(container['ports'])),
  )
}

function mappings(value: unknown): readonly Mapping[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isMapping) : []
}
