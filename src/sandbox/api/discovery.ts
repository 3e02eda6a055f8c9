import { createHash } from 'node:crypto'
import type { JsonObject } from '../store/index.ts'
import type { ApiVersion, Catalog } from './catalog.ts'
import type { Answer, ApiRequest } from './request.ts'
import { groupVersion, type ApiResource, type Subresource } from './schema/resources.ts'
import { StatusError } from './status.ts'

/** The Kubernetes version that the sandbox behaves like. */
export const kubernetesVersion = { major: '1', minor: '36', gitVersion: 'v1.36.2' } as const

/** Answers the paths that say what there is; undefined for any other path. */
export function discover(request: ApiRequest, catalog: Catalog, host: string): Answer | undefined {
  if (request.path === '/') return json({ paths: rootPaths(catalog) })
  if (request.path === '/version') return json(versionDocument())
  const [, first, second, third, ...more] = request.path.replace(/\/$/, '').split('/')
  if ((first !== 'api' && first !== 'apis') || more.length > 0) return undefined
  if (second === undefined) return root(request, catalog, host)
  if (first === 'api') return third === undefined ? resourceList(catalog, '', second) : undefined
  return third === undefined ? groupDocument(catalog, second) : resourceList(catalog, second, third)
}

function json(document: unknown): Answer {
  return { form: 'document', document }
}

function versionDocument(): JsonObject {
  const { major, minor, gitVersion } = kubernetesVersion
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: '35',
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'catamaran-sandbox',
    platform: 'linux/amd64',
  }
}

function rootPaths(catalog: Catalog): readonly string[] {
  const groups = catalog
    .versions()
    .filter(({ group }) => group !== '')
    .flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`])
  const fixed = ['/api', '/api/v1', '/apis', '/apis/', '/healthz', '/livez', '/openapi/v3', '/openapi/v3/', '/readyz']
  return [...new Set([...fixed, ...groups, '/version'])].sort()
}

function root(request: ApiRequest, catalog: Catalog, host: string): Answer {
  const isCore = request.path.startsWith('/api') && !request.path.startsWith('/apis')
  const versions = catalog.versions().filter(({ group }) => (group === '') === isCore)
  if (request.accept.includes('as=APIGroupDiscoveryList')) return aggregated(request, versions)
  if (!isCore) return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(versions).map(describeGroup) })
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }]
  return json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs })
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

function aggregated({ accept }: ApiRequest, versions: readonly ApiVersion[]): Answer {
  if (!/v=v2(?:[;,]|$)/.test(accept) && !/(?:^|,)\s*application\/json\s*(?:,|$)/.test(accept)) {
    const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
    const message = `only the following media types are accepted: ${types}`
    throw new StatusError({ message, reason: 'NotAcceptable', code: 406 })
  }
  const items = groupsOf(versions).map(({ name, versions: own }) => ({
    metadata: name === '' ? {} : { name },
    versions: own.map(({ version, resources }) => ({
      version,
      resources: resources.map(aggregatedResource),
      freshness: 'Current',
    })),
  }))
  const document = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
  return { form: 'document', document, contentType: aggregatedType }
}

interface Group {
  readonly name: string
  readonly versions: readonly ApiVersion[]
}

function groupsOf(versions: readonly ApiVersion[]): readonly Group[] {
  const names = [...new Set(versions.map(({ group }) => group))]
  return names.map((name) => ({ name, versions: versions.filter(({ group }) => group === name) }))
}

function describeGroup({ name, versions }: Group): JsonObject {
  const described = versions.map((one) => ({ groupVersion: groupVersion(one), version: one.version }))
  return { name, versions: described, preferredVersion: described[0] }
}

function groupDocument(catalog: Catalog, name: string): Answer | undefined {
  const group = groupsOf(catalog.versions()).find((one) => one.name === name)
  return group === undefined ? undefined : json({ kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) })
}

function resourceList(catalog: Catalog, group: string, version: string): Answer | undefined {
  const found = catalog.versions().find((one) => one.group === group && one.version === version)
  if (found === undefined) return undefined
  return json({
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: groupVersion(found),
    resources: found.resources.flatMap((resource) => [
      listedResource(resource),
      ...resource.subresources.map((sub) => listedSubresource(resource, sub)),
    ]),
  })
}

function listedResource(resource: ApiResource): JsonObject {
  const { shortNames, categories, verbs } = resource
  return {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.isNamespaced,
    kind: resource.kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(verbs.includes('watch') && { storageVersionHash: storageHash(resource) }),
  }
}

function storageHash({ group, version, kind }: ApiResource): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function listedSubresource({ resource, isNamespaced }: ApiResource, sub: Subresource): JsonObject {
  const { group, version, kind, verbs } = sub
  return {
    name: `${resource}/${sub.name}`,
    singularName: '',
    namespaced: isNamespaced,
    ...(group !== '' && { group, version }),
    kind,
    verbs,
  }
}

function aggregatedResource(resource: ApiResource): JsonObject {
  const { shortNames, categories, subresources, verbs } = resource
  return {
    resource: resource.resource,
    responseKind: { group: '', version: '', kind: resource.kind },
    scope: resource.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map(({ name, group, version, kind, verbs: own }) => ({
        subresource: name,
        responseKind: { group, version, kind },
        verbs: own,
      })),
    }),
  }
}
