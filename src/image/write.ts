import type { Platform } from '../platform/index.ts'
import type { ContainerConfig, Descriptor, ImageConfig, ImageManifest, IndexManifest } from './types.ts'

/*
 * Fixed key order, that of the specification's own Go structures, and sorted maps: equal values give equal bytes, on
 * any machine.
 */

/** The bytes of an image manifest. */
export function manifestBytes(manifest: ImageManifest): Uint8Array {
  return encode({
    schemaVersion: manifest.schemaVersion,
    mediaType: manifest.mediaType,
    artifactType: manifest.artifactType,
    config: wireDescriptor(manifest.config),
    layers: manifest.layers.map(wireDescriptor),
    subject: manifest.subject === undefined ? undefined : wireDescriptor(manifest.subject),
    annotations: sorted(manifest.annotations),
  })
}

/** The bytes of an index or manifest list. */
export function indexBytes(index: IndexManifest): Uint8Array {
  return encode({
    schemaVersion: index.schemaVersion,
    mediaType: index.mediaType,
    artifactType: index.artifactType,
    manifests: index.manifests.map(wireDescriptor),
    subject: index.subject === undefined ? undefined : wireDescriptor(index.subject),
    annotations: sorted(index.annotations),
  })
}

/** The bytes of an image configuration; members that the type does not name follow in the order they have. */
export function configBytes(config: ImageConfig): Uint8Array {
  const document = {
    ...config,
    ...(config.config === undefined ? {} : { config: wireContainerConfig(config.config) }),
    rootfs: inOrder(config.rootfs, ['type', 'diff_ids']),
    ...(config.history === undefined ? {} : { history: config.history.map((entry) => inOrder(entry, historyKeys)) }),
  }
  return encode(inOrder(document, configKeys))
}

/** A descriptor as the documents write it. */
export function wireDescriptor(descriptor: Descriptor): object {
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    urls: descriptor.urls,
    annotations: sorted(descriptor.annotations),
    data: descriptor.data,
    platform: descriptor.platform === undefined ? undefined : wirePlatform(descriptor.platform),
    artifactType: descriptor.artifactType,
  }
}

/** JSON without spaces. */
export function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document))
}

/** JSON as docker's command line writes it. */
export function encodeAsDocker(document: object): Uint8Array {
  // as Go's encoder does, for browsers
  const text = JSON.stringify(document, undefined, 3).replaceAll(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new TextEncoder().encode(text)
}

/** A descriptor with its members in the order that docker's command line gives them; those that it does not know follow. */
export function inDockersOrder(descriptor: object): object {
  return inOrder(descriptor, ['mediaType', 'size', 'digest', 'urls', 'annotations', 'platform'])
}

/** The map with its keys in code unit order. */
export function sorted<T>(map: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> | undefined {
  if (map === undefined) return undefined
  return Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)))
}

/** A platform as the documents write it. */
export function wirePlatform(platform: Platform): object {
  return {
    architecture: platform.architecture,
    os: platform.os,
    'os.version': platform.osVersion,
    'os.features': platform.osFeatures,
    variant: platform.variant,
  }
}

const containerKeys = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
]

const configKeys = [
  'created',
  'author',
  'architecture',
  'os',
  'os.version',
  'os.features',
  'variant',
  'config',
  'rootfs',
  'history',
]

const historyKeys = ['created', 'created_by', 'author', 'comment', 'empty_layer']

function wireContainerConfig(config: ContainerConfig): object {
  const maps = {
    ExposedPorts: sorted(config.ExposedPorts),
    Volumes: sorted(config.Volumes),
    Labels: sorted(config.Labels),
  }
  return inOrder({ ...config, ...maps }, containerKeys)
}

/** The same members, the named ones first and in this order. */
function inOrder(value: object, keys: readonly string[]): object {
  const members = new Map<string, unknown>(Object.entries(value))
  const first = keys.filter((key) => members.has(key)).map((key): [string, unknown] => [key, members.get(key)])
  return Object.fromEntries([...first, ...[...members].filter(([key]) => !keys.includes(key))])
}
