import { isJsonObject, type JsonObject } from '../json.ts'
import { changed, mapped } from './pod-spec.ts'
import { withSpec } from './workloads.ts'

export function completeNamespace(namespace: JsonObject): JsonObject {
  const metadata = isJsonObject(namespace['metadata']) ? namespace['metadata'] : {}
  const labels = {
    ...(isJsonObject(metadata['labels']) && metadata['labels']),
    'kubernetes.io/metadata.name': metadata['name'],
  }
  return {
    ...namespace,
    metadata: { ...metadata, labels },
    spec: { finalizers: ['kubernetes'], ...(isJsonObject(namespace['spec']) && namespace['spec']) },
    status: { phase: 'Active', ...(isJsonObject(namespace['status']) && namespace['status']) },
  }
}

/** The cluster IP is the API server's to give, not a default. */
export function completeService(service: JsonObject): JsonObject {
  return withSpec(service, { loadBalancer: {} }, (spec) => {
    const type = spec['type'] ?? 'ClusterIP'
    if (type === 'ExternalName') return { sessionAffinity: 'None', ...spec }
    const isExternal = type === 'NodePort' || type === 'LoadBalancer'
    return {
      type,
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ...(isExternal && { externalTrafficPolicy: 'Cluster' }),
      ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
      ...spec,
      ...mapped(spec, 'ports', (port) => ({ protocol: 'TCP', targetPort: port['port'], ...port })),
    }
  })
}

export function completeSecret({ stringData, ...secret }: JsonObject): JsonObject {
  if (!isJsonObject(stringData)) return { type: 'Opaque', ...secret }
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])
  const data = { ...(isJsonObject(secret['data']) && secret['data']), ...Object.fromEntries(encoded) }
  return { type: 'Opaque', ...secret, data }
}

export function completeClaim(claim: JsonObject): JsonObject {
  return withSpec(claim, { phase: 'Pending' }, (spec) => ({ volumeMode: 'Filesystem', ...spec }))
}

export function completeNode(node: JsonObject): JsonObject {
  return { spec: {}, status: {}, ...node }
}

export function completeIngress(ingress: JsonObject): JsonObject {
  return withSpec(ingress, { loadBalancer: {} }, (spec) => spec)
}

export function completeBudget(budget: JsonObject): JsonObject {
  const status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  return withSpec(budget, status, (spec) => spec)
}

export function completeRoleBinding(binding: JsonObject): JsonObject {
  const roleGroup = { apiGroup: 'rbac.authorization.k8s.io' }
  return {
    ...binding,
    ...changed(binding, 'roleRef', (reference) => ({ ...roleGroup, ...reference })),
    ...mapped(binding, 'subjects', (subject) =>
      subject['kind'] === 'ServiceAccount' ? subject : { ...roleGroup, ...subject },
    ),
  }
}

export function completeDefinition(definition: JsonObject): JsonObject {
  const status = {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: storedVersions(definition),
  }
  return withSpec(definition, status, (spec) => ({
    ...spec,
    conversion: { strategy: 'None', ...(isJsonObject(spec['conversion']) && spec['conversion']) },
    ...changed(spec, 'names', (names) => ({
      singular: String(names['kind']).toLowerCase(),
      listKind: `${String(names['kind'])}List`,
      ...names,
    })),
  }))
}

function storedVersions(definition: JsonObject): readonly unknown[] {
  const spec = isJsonObject(definition['spec']) ? definition['spec'] : {}
  const versions: readonly unknown[] = Array.isArray(spec['versions']) ? spec['versions'] : []
  return versions
    .filter(isJsonObject)
    .filter((version) => version['storage'] === true)
    .map((version) => version['name'])
}
