import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join, posix } from 'node:path'
import type { KeyToPath, Pod, Volume, VolumeSource } from '../kinds.ts'
import type { Tables } from '../tables.ts'
import { dataOf, fieldOf, missing } from './env.ts'

/** A pod's volumes as folders, or the event that says which one cannot be had. */
export type VolumeOutcome =
  | { readonly folders: ReadonlyMap<string, string> }
  | { readonly reason: 'FailedMount'; readonly message: string }

export interface VolumeContext {
  readonly pod: Pod
  readonly tables: Tables
  /** The pod's own folder; it goes with the pod. */
  readonly podFolder: string
  /** Where the volumes of PersistentVolumeClaims are; they outlive pods. */
  readonly claimsFolder: string
}

/** Makes what the pod's volumes hold, once, before its containers start. Later changes of their sources do not arrive. */
export function prepareVolumes(context: VolumeContext): VolumeOutcome {
  const folders = new Map<string, string>()
  for (const volume of context.pod.spec.volumes ?? []) {
    const prepared = prepareVolume(volume, context)
    if ('problem' in prepared) {
      const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${prepared.problem}`
      return { reason: 'FailedMount', message }
    }
    folders.set(volume.name, prepared.folder)
  }
  return { folders }
}

type Prepared = { readonly folder: string } | { readonly problem: string }

function prepareVolume(volume: Volume, context: VolumeContext): Prepared {
  if (volume.hostPath !== undefined) {
    return { problem: `hostPath ${volume.hostPath.path} refused: sandbox pods see no files of this machine` }
  }
  if (volume.persistentVolumeClaim !== undefined) {
    const { namespace = 'default' } = context.pod.metadata
    return { folder: writableFolder(join(context.claimsFolder, namespace, volume.persistentVolumeClaim.claimName)) }
  }
  const folder = writableFolder(join(context.podFolder, 'volumes', volume.name))
  if (volume.emptyDir !== undefined) return { folder }
  const sources = sourcesOf(volume)
  if (sources === undefined) return { problem: 'the sandbox has no volumes of this type' }
  for (const source of sources) {
    const files = filesOf(source, context)
    if ('problem' in files) return files
    for (const [path, content] of files.content) writeInside(folder, path, content)
  }
  return { folder }
}

/** Everyone in the container may write, whatever its user. */
function writableFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o777)
  return folder
}

function sourcesOf(volume: Volume): readonly VolumeSource[] | undefined {
  const { configMap, secret, downwardAPI, projected } = volume
  if (projected !== undefined) return projected.sources ?? []
  return configMap === undefined && secret === undefined && downwardAPI === undefined ? undefined : [volume]
}

type Content = readonly (readonly [path: string, content: Uint8Array | string])[]

type Files = { readonly content: Content } | { readonly problem: string }

function filesOf(source: VolumeSource, context: VolumeContext): Files {
  const { downwardAPI, serviceAccountToken } = source
  if (downwardAPI !== undefined) {
    const items = downwardAPI.items ?? []
    return { content: items.map(({ path, fieldRef }) => [path, fieldOf(context.pod, fieldRef?.fieldPath ?? '')]) }
  }
  // Pods have no way to the API server, so that any token does.
  if (serviceAccountToken !== undefined) {
    return { content: [[serviceAccountToken.path, randomBytes(24).toString('base64url')]] }
  }
  return keptFiles(source, context)
}

/** What a ConfigMap or Secret holds. */
function keptFiles({ configMap, secret }: VolumeSource, context: VolumeContext): Files {
  const kind = configMap === undefined ? 'secret' : 'configmap'
  const name = configMap?.name ?? nameOfSecret(secret)
  const { optional = false, items } = configMap ?? secret ?? {}
  const data = dataOf(kind, name, context)
  if (data === undefined) return optional ? { content: [] } : { problem: missing(kind, name) }
  return pick(data, { items, optional, name })
}

/** A volume calls it `secretName`, a projection `name`. */
function nameOfSecret(secret: VolumeSource['secret']): string {
  return secret?.secretName ?? secret?.name ?? ''
}

function pick(
  data: Readonly<Record<string, Buffer>>,
  {
    items,
    optional,
    name,
  }: { readonly items: readonly KeyToPath[] | undefined; readonly optional: boolean; readonly name: string },
): { readonly content: Content } | { readonly problem: string } {
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }))
  const absent = wanted.find(({ key }) => data[key] === undefined)
  if (absent !== undefined && !optional) {
    return { problem: `references non-existent config key: ${absent.key} (${name})` }
  }
  return { content: wanted.flatMap(({ key, path }) => (data[key] === undefined ? [] : [[path, data[key]] as const])) }
}

/** Paths of a volume's files stay inside it, whatever they say. */
function writeInside(folder: string, path: string, content: Uint8Array | string): void {
  const file = join(folder, posix.join('/', path))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode: 0o644 })
}
