import { randomBytes } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../json.ts'
import { changed, defaultPodSpec, mapped } from './pod-spec.ts'

/** A pod as the API server's defaults and its admission plugins complete it. */
export function completePod(pod: JsonObject): JsonObject {
  const spec = isJsonObject(pod['spec']) ? pod['spec'] : {}
  const withAccount = { serviceAccountName: 'default', ...spec }
  const defaulted = defaultPodSpec({
    ...withAccount,
    ...mapped(spec, 'containers', defaultRequests),
    ...mapped(spec, 'initContainers', defaultRequests),
  })
  const admitted = mountServiceAccount({
    enableServiceLinks: true,
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    ...defaulted,
    tolerations: defaultTolerations(spec['tolerations']),
  })
  return {
    ...pod,
    spec: admitted,
    status: { phase: 'Pending', ...(isJsonObject(pod['status']) ? pod['status'] : {}), qosClass: qosClassOf(admitted) },
  }
}

/** A limit without a request is the request too. */
function defaultRequests(container: JsonObject): JsonObject {
  return {
    ...container,
    ...changed(container, 'resources', (resources) =>
      isJsonObject(resources['limits'])
        ? {
            ...resources,
            requests: { ...resources['limits'], ...(isJsonObject(resources['requests']) && resources['requests']) },
          }
        : resources,
    ),
  }
}

const evictionTaints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

function defaultTolerations(given: unknown): readonly unknown[] {
  const tolerations: readonly unknown[] = Array.isArray(given) ? given : []
  const tolerates = (key: string): boolean =>
    tolerations.some(
      (toleration) =>
        isJsonObject(toleration) &&
        (toleration['key'] === key || toleration['key'] === undefined) &&
        [undefined, '', 'NoExecute'].includes(toleration['effect'] as string | undefined),
    )
  const added = evictionTaints
    .filter((key) => !tolerates(key))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
  return [...tolerations, ...added]
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

function mountServiceAccount(spec: JsonObject): JsonObject {
  const volumes: readonly unknown[] = Array.isArray(spec['volumes']) ? spec['volumes'] : []
  const hasIt = volumes.some((volume) => isJsonObject(volume) && String(volume['name']).startsWith('kube-api-access-'))
  if (spec['automountServiceAccountToken'] === false || hasIt) return spec
  const name = `kube-api-access-${randomBytes(3).toString('hex').slice(0, 5)}`
  const mount = (container: JsonObject): JsonObject => addMount(container, name)
  return {
    ...spec,
    volumes: [...volumes, accountVolume(name)],
    ...mapped(spec, 'initContainers', mount),
    ...mapped(spec, 'containers', mount),
  }
}

function addMount(container: JsonObject, name: string): JsonObject {
  const mounts: readonly unknown[] = Array.isArray(container['volumeMounts']) ? container['volumeMounts'] : []
  if (mounts.some((mount) => isJsonObject(mount) && mount['mountPath'] === accountFolder)) return container
  return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: accountFolder }] }
}

function accountVolume(name: string): JsonObject {
  const namespaceField = { apiVersion: 'v1', fieldPath: 'metadata.namespace' }
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: namespaceField }] } },
      ],
      defaultMode: 0o644,
    },
  }
}

/** @see https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
function qosClassOf(spec: JsonObject): string {
  const containers = ['containers', 'initContainers'].flatMap((name) => {
    const list = spec[name]
    return Array.isArray(list) ? list.filter(isJsonObject) : []
  })
  const amounts = containers.map((container) => {
    const resources = isJsonObject(container['resources']) ? container['resources'] : {}
    return { requests: computeOf(resources['requests']), limits: computeOf(resources['limits']) }
  })
  if (amounts.every(({ requests, limits }) => requests.length + limits.length === 0)) return 'BestEffort'
  const isGuaranteed = amounts.every(
    ({ requests, limits }) => limits.length === 2 && requests.every((request, at) => request === limits[at]),
  )
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function computeOf(amounts: unknown): readonly string[] {
  if (!isJsonObject(amounts)) return []
  return ['cpu', 'memory']
    .filter((name) => amounts[name] !== undefined)
    .map((name) => `${name}=${String(amounts[name])}`)
}
