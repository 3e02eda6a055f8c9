import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { list, member, shown, text } from '../catalog.ts'
import { metadataOf } from '../metadata.ts'
import { formatSelector } from '../selector-text.ts'
import { age, ageColumn, column, count, createdColumn, nameColumn, orNone, wide, type Printer } from './columns.ts'

const spec = (object: JsonObject): JsonObject => member(object, 'spec')
const status = (object: JsonObject): JsonObject => member(object, 'status')
const nodeInfo = (node: JsonObject): JsonObject => member(status(node), 'nodeInfo')
const integer = { type: 'integer' } as const

export const nodeColumns: readonly Printer[] = [
  nameColumn,
  column('Status', nodeStatus, { description: 'The status of the node' }),
  column('Roles', nodeRoles, { description: 'The roles of the node' }),
  ageColumn,
  column('Version', (node) => text(nodeInfo(node)['kubeletVersion']), {
    description: 'Kubelet Version reported by the node.',
  }),
  wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
  wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
  wide('OS-Image', (node) => text(nodeInfo(node)['osImage']) || '<unknown>'),
  wide('Kernel-Version', kernelVersion),
  wide('Container-Runtime', (node) => text(nodeInfo(node)['containerRuntimeVersion']) || '<unknown>'),
]

/** With the architecture, as servers show it since 1.36. */
function kernelVersion(node: JsonObject): string {
  const { kernelVersion, architecture } = nodeInfo(node)
  const version = text(kernelVersion) || '<unknown>'
  return text(architecture) === '' ? version : `${version} (${text(architecture)})`
}

function nodeStatus(node: JsonObject): string {
  const ready = list(status(node)['conditions']).find(({ type }) => type === 'Ready')
  const known = ready?.['status'] === 'True' ? 'Ready' : 'NotReady'
  const base = ready === undefined ? 'Unknown' : known
  return spec(node)['unschedulable'] === true ? `${base},SchedulingDisabled` : base
}

function nodeRoles(node: JsonObject): string {
  const roles = Object.entries(member(metadataOf(node), 'labels')).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)]
    return key === 'kubernetes.io/role' ? [String(value)] : []
  })
  return orNone(
    roles
      .filter((role) => role !== '')
      .sort()
      .join(','),
  )
}

function addressOf(node: JsonObject, type: string): string {
  const found = list(status(node)['addresses']).find((address) => address['type'] === type)
  return orNone(text(found?.['address']))
}

export const serviceColumns: readonly Printer[] = [
  nameColumn,
  column('Type', (service) => spec(service)['type']),
  column('Cluster-IP', (service) => orNone(text(spec(service)['clusterIP']))),
  column('External-IP', externalAddress),
  column('Port(s)', servicePorts),
  ageColumn,
  wide('Selector', (service) => orNone(formatSelector(spec(service)['selector']))),
]

function externalAddress(service: JsonObject): string {
  const { type, externalName, externalIPs } = spec(service)
  const given = Array.isArray(externalIPs) ? externalIPs.join(',') : ''
  if (type === 'ExternalName') return text(externalName)
  if (type !== 'LoadBalancer') return orNone(given)
  const points = list(member(status(service), 'loadBalancer')['ingress'])
  const addresses = points.map(({ ip, hostname }) => text(ip) || text(hostname)).join(',')
  return addresses || given || '<pending>'
}

function servicePorts(service: JsonObject): string {
  const ports = list(spec(service)['ports']).map(({ port, nodePort, protocol }) =>
    nodePort === undefined
      ? `${String(port)}/${text(protocol)}`
      : `${String(port)}:${shown(nodePort)}/${text(protocol)}`,
  )
  return orNone(ports.join(','))
}

export const namespaceColumns: readonly Printer[] = [
  nameColumn,
  column('Status', (object) => status(object)['phase']),
  ageColumn,
]

function dataCount(object: JsonObject): number {
  return ['data', 'binaryData'].reduce((sum, name) => sum + Object.keys(member(object, name)).length, 0)
}

export const configMapColumns: readonly Printer[] = [nameColumn, column('Data', dataCount), ageColumn]

export const secretColumns: readonly Printer[] = [
  nameColumn,
  column('Type', (object) => object['type']),
  column('Data', dataCount),
  ageColumn,
]

export const serviceAccountColumns: readonly Printer[] = [
  nameColumn,
  column('Secrets', (object) => list(object['secrets']).length),
  ageColumn,
]

export const eventColumns: readonly Printer[] = [
  column('Last Seen', (event, { now }) => age(lastSeen(event), now)),
  column('Type', (event) => event['type']),
  column('Reason', (event) => event['reason']),
  column('Object', (event) => {
    const { kind, name } = member(event, 'involvedObject')
    return text(name) === '' ? text(kind).toLowerCase() : `${text(kind).toLowerCase()}/${text(name)}`
  }),
  wide('Subobject', (event) => text(member(event, 'involvedObject')['fieldPath'])),
  wide('Source', (event) => {
    const { component, host } = member(event, 'source')
    return [text(component) || text(event['reportingComponent']), text(host)].filter((part) => part !== '').join(', ')
  }),
  column('Message', (event) => text(event['message']).trim()),
  wide('First Seen', (event, { now }) => age(event['firstTimestamp'] ?? event['eventTime'], now)),
  wide('Count', (event) => Math.max(1, count(event['count']))),
  column('Name', (event) => metadataOf(event)['name'], { format: 'name', priority: 1 }),
]

function lastSeen(event: JsonObject): unknown {
  const series = member(event, 'series')['lastObservedTime']
  return series ?? event['lastTimestamp'] ?? event['eventTime'] ?? metadataOf(event)['creationTimestamp']
}

export const endpointsColumns: readonly Printer[] = [
  nameColumn,
  column('Endpoints', (object) => {
    const addresses = list(object['subsets']).flatMap((subset) =>
      list(subset['addresses']).flatMap(({ ip }) =>
        list(subset['ports']).map(({ port }) => `${text(ip)}:${String(port)}`),
      ),
    )
    return shortened(addresses)
  }),
  ageColumn,
]

function shortened(items: readonly string[]): string {
  const more = items.length > 3 ? ` + ${items.length - 3} more...` : ''
  return orNone(`${items.slice(0, 3).join(',')}${more}`)
}

export const endpointSliceColumns: readonly Printer[] = [
  nameColumn,
  column('AddressType', (slice) => slice['addressType']),
  column('Ports', (slice) =>
    list(slice['ports']).length === 0 ? '<unset>' : shortened(list(slice['ports']).map(({ port }) => String(port))),
  ),
  column('Endpoints', (slice) => {
    const addresses = list(slice['endpoints']).flatMap((one) =>
      Array.isArray(one['addresses']) ? one['addresses'] : [],
    )
    return addresses.length === 0 ? '<unset>' : shortened(addresses.map(String))
  }),
  ageColumn,
]

export const ingressColumns: readonly Printer[] = [
  nameColumn,
  column('Class', (object) => orNone(text(spec(object)['ingressClassName']))),
  column(
    'Hosts',
    (object) =>
      list(spec(object)['rules'])
        .map(({ host }) => text(host) || '*')
        .join(',') || '*',
  ),
  column('Address', (object) =>
    list(member(status(object), 'loadBalancer')['ingress'])
      .map(({ ip, hostname }) => text(ip) || text(hostname))
      .join(','),
  ),
  column('Ports', (object) => (list(spec(object)['tls']).length > 0 ? '80, 443' : '80')),
  ageColumn,
]

export const claimColumns: readonly Printer[] = [
  nameColumn,
  column('Status', (object) => status(object)['phase']),
  column('Volume', (object) => text(spec(object)['volumeName'])),
  column('Capacity', (object) => text(member(status(object), 'capacity')['storage'])),
  column('Access Modes', (object) => accessModes(status(object)['accessModes'])),
  column('StorageClass', (object) => text(spec(object)['storageClassName'])),
  column('VolumeAttributesClass', (object) => text(spec(object)['volumeAttributesClassName']) || '<unset>'),
  ageColumn,
  wide('VolumeMode', (object) => text(spec(object)['volumeMode']) || '<unset>'),
]

const modeLetters: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

function accessModes(modes: unknown): string {
  return Array.isArray(modes) ? modes.map((mode) => modeLetters[String(mode)] ?? String(mode)).join(',') : ''
}

export const budgetColumns: readonly Printer[] = [
  nameColumn,
  column('Min Available', (object) => shown(spec(object)['minAvailable'] ?? 'N/A')),
  column('Max Unavailable', (object) => shown(spec(object)['maxUnavailable'] ?? 'N/A')),
  column('Allowed Disruptions', (object) => count(status(object)['disruptionsAllowed']), integer),
  ageColumn,
]

export const roleColumns: readonly Printer[] = [nameColumn, createdColumn]

export const bindingColumns: readonly Printer[] = [
  nameColumn,
  column('Role', (object) => {
    const { kind, name } = member(object, 'roleRef')
    return `${text(kind)}/${text(name)}`
  }),
  ageColumn,
  wide('Users', (object) => subjects(object, 'User')),
  wide('Groups', (object) => subjects(object, 'Group')),
  wide('ServiceAccounts', (object) => subjects(object, 'ServiceAccount')),
]

function subjects(binding: JsonObject, wanted: string): string {
  return list(binding['subjects'])
    .filter(({ kind }) => kind === wanted)
    .map(({ name, namespace }) => (wanted === 'ServiceAccount' ? `${text(namespace)}/${text(name)}` : text(name)))
    .join(', ')
}

export const revisionColumns: readonly Printer[] = [
  nameColumn,
  column('Controller', (object) => {
    const owner = list(metadataOf(object)['ownerReferences']).find(({ controller }) => controller === true)
    if (owner === undefined) return '<none>'
    const [group] = text(owner['apiVersion']).split('/', 1)
    return `${text(owner['kind']).toLowerCase()}.${group ?? ''}/${text(owner['name'])}`
  }),
  column('Revision', (object) => count(object['revision']), integer),
  ageColumn,
]

export const leaseColumns: readonly Printer[] = [
  nameColumn,
  column('Holder', (object) => text(spec(object)['holderIdentity'])),
  ageColumn,
]

export const autoscalerColumns: readonly Printer[] = [
  nameColumn,
  column('Reference', (object) => {
    const { kind, name } = member(spec(object), 'scaleTargetRef')
    return `${text(kind)}/${text(name)}`
  }),
  column('Targets', (object) => (isJsonObject(object['status']) ? '<unknown>' : '<none>')),
  column('MinPods', (object) => shown(spec(object)['minReplicas'] ?? '<unset>')),
  column('MaxPods', (object) => count(spec(object)['maxReplicas']), integer),
  column('Replicas', (object) => count(status(object)['currentReplicas']), integer),
  ageColumn,
]

export const networkPolicyColumns: readonly Printer[] = [
  nameColumn,
  column('Pod-Selector', (object) => orNone(formatSelector(spec(object)['podSelector']))),
  ageColumn,
]
