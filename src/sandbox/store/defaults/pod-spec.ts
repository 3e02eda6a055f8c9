import { isJsonObject, type JsonObject } from '../json.ts'

/** A pod spec with the values that the API server fills in, wherever the spec stands. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  const hasHostNetwork = spec['hostNetwork'] === true
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...(typeof spec['serviceAccountName'] === 'string' && { serviceAccount: spec['serviceAccountName'] }),
    ...mapped(spec, 'volumes', defaultVolume),
    ...mapped(spec, 'initContainers', (container) => defaultContainer(container, hasHostNetwork)),
    ...mapped(spec, 'containers', (container) => defaultContainer(container, hasHostNetwork)),
    ...mapped(spec, 'ephemeralContainers', (container) => defaultContainer(container, hasHostNetwork)),
  }
}

/** `{ [name]: list with every object changed }`, or nothing when there is no such list. */
export function mapped(object: JsonObject, name: string, change: (item: JsonObject) => JsonObject): JsonObject {
  const list = object[name]
  if (!Array.isArray(list)) return {}
  return { [name]: list.map((item: unknown) => (isJsonObject(item) ? change(item) : item)) }
}

/** `{ [name]: the object changed }`, or nothing when there is no such object. */
export function changed(object: JsonObject, name: string, change: (item: JsonObject) => JsonObject): JsonObject {
  const value = object[name]
  return isJsonObject(value) ? { [name]: change(value) } : {}
}

function defaultContainer(container: JsonObject, hasHostNetwork: boolean): JsonObject {
  return {
    ...(typeof container['image'] === 'string' && { imagePullPolicy: defaultPullPolicy(container['image']) }),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...container,
    ...mapped(container, 'ports', (port) => ({
      protocol: 'TCP',
      ...(hasHostNetwork && { hostPort: port['containerPort'] }),
      ...port,
    })),
    ...mapped(container, 'env', defaultVariable),
    ...changed(container, 'livenessProbe', defaultProbe),
    ...changed(container, 'readinessProbe', defaultProbe),
    ...changed(container, 'startupProbe', defaultProbe),
    ...changed(container, 'lifecycle', defaultLifecycle),
  }
}

/** Kubernetes pulls `latest`, said or meant, every time; what has another tag or a digest only once. */
function defaultPullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultVariable(variable: JsonObject): JsonObject {
  return {
    ...variable,
    ...changed(variable, 'valueFrom', (source) => ({ ...source, ...changed(source, 'fieldRef', defaultFieldRef) })),
  }
}

function defaultFieldRef(reference: JsonObject): JsonObject {
  return { apiVersion: 'v1', ...reference }
}

function defaultProbe(probe: JsonObject): JsonObject {
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...probe,
    ...changed(probe, 'httpGet', defaultHttpGet),
    ...changed(probe, 'grpc', (grpc) => ({ service: '', ...grpc })),
  }
}

function defaultLifecycle(lifecycle: JsonObject): JsonObject {
  const hook = (handler: JsonObject): JsonObject => ({ ...handler, ...changed(handler, 'httpGet', defaultHttpGet) })
  return { ...lifecycle, ...changed(lifecycle, 'postStart', hook), ...changed(lifecycle, 'preStop', hook) }
}

function defaultHttpGet(action: JsonObject): JsonObject {
  return { path: '/', scheme: 'HTTP', ...action }
}

const modeOfFiles = 0o644

function defaultVolume(volume: JsonObject): JsonObject {
  const hasSource = Object.keys(volume).some((member) => member !== 'name')
  const withMode = (source: JsonObject): JsonObject => ({ defaultMode: modeOfFiles, ...source })
  return {
    ...volume,
    ...(!hasSource && { emptyDir: {} }),
    ...changed(volume, 'configMap', withMode),
    ...changed(volume, 'secret', withMode),
    ...changed(volume, 'downwardAPI', (source) => ({
      ...withMode(source),
      ...mapped(source, 'items', (item) => ({ ...item, ...changed(item, 'fieldRef', defaultFieldRef) })),
    })),
    ...changed(volume, 'projected', (source) => ({
      ...withMode(source),
      ...mapped(source, 'sources', defaultProjection),
    })),
    ...changed(volume, 'hostPath', (source) => ({ type: '', ...source })),
  }
}

function defaultProjection(source: JsonObject): JsonObject {
  return {
    ...source,
    ...changed(source, 'serviceAccountToken', (token) => ({ expirationSeconds: 3600, ...token })),
    ...changed(source, 'downwardAPI', (api) => ({
      ...api,
      ...mapped(api, 'items', (item) => ({ ...item, ...changed(item, 'fieldRef', defaultFieldRef) })),
    })),
  }
}
