import { ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import {
  editObject,
  isMapping,
  podTemplates,
  resourceName,
  valueAt,
  type PodTemplate,
  type ResourceEdit,
  type ResourceObject,
} from '../resource/index.ts'
import type { DebugImage, DebugOptions, Refusal } from './contract.ts'
import { mappings } from './mappings.ts'
import { debugPod, type DebuggedPod } from './pod.ts'

/** Kinds whose pods are made ready, and whether they have replicas. */
const kinds: Readonly<Record<string, { readonly hasReplicas: boolean }>> = {
  'v1 Pod': { hasReplicas: false },
  'v1 ReplicationController': { hasReplicas: true },
  'apps/v1 Deployment': { hasReplicas: true },
  'apps/v1 DaemonSet': { hasReplicas: false },
  'apps/v1 ReplicaSet': { hasReplicas: true },
  'apps/v1 StatefulSet': { hasReplicas: true },
  'batch/v1 Job': { hasReplicas: false },
}

/**
 * Rewrites a resource so that debuggers can be connected to its containers: command lines, variables, ports, the
 * debuggers' files in a volume, an annotation that tells tools how to connect, one replica, patient HTTP probes. Only
 * containers whose image was built here are touched. Says with `debugReady` events what was made ready, and with a `warning`
 * what was not and why.
 *
 * @example
 * const ready = await debugObject(deployment, { imageOf, protocols: [], helpersRegistry }, emit)
 */
export async function debugObject(object: ResourceObject, options: DebugOptions, emit: Emit): Promise<ResourceObject> {
  const templates = podTemplates({ object })
  const images = await imagesOf(templates, options)
  const kind = kinds[`${object.apiVersion} ${object.kind}`]
  if (kind === undefined) {
    if (images.size > 0) warnOfKind(object, emit)
    return object
  }
  const debugged = templates.map((template) => ({
    template,
    pod: debugTemplate(object, template, { ...options, images }),
  }))
  for (const { pod } of debugged) report(object, pod, emit)
  const edits = debugged.flatMap(({ template, pod }) => (pod.isChanged ? editsOf(object, template, pod) : []))
  const replicas = valueAt(object, ['spec', 'replicas'])
  const isReplicated = edits.length > 0 && kind.hasReplicas && replicas !== undefined
  return editObject(object, [...edits, ...(isReplicated ? [{ path: ['spec', 'replicas'], value: 1 }] : [])])
}

type Images = ReadonlyMap<string, DebugImage | Refusal>

async function imagesOf(templates: readonly PodTemplate[], { imageOf }: DebugOptions): Promise<Images> {
  const names = templates.flatMap(({ spec }) =>
    mappings(spec['containers']).flatMap(({ image }) => (typeof image === 'string' ? [image] : [])),
  )
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => [name, await imageOrReason(name, imageOf)] as const),
  )
  return new Map(found.flatMap(([name, image]) => (image === undefined ? [] : [[name, image] as const])))
}

async function imageOrReason(
  name: string,
  imageOf: DebugOptions['imageOf'],
): Promise<DebugImage | Refusal | undefined> {
  try {
    return await imageOf(name)
  } catch (error) {
    if (!(error instanceof ToolError) || error.code === 'ABORTED') throw error
    return { reason: `its image cannot be read: ${error.message}` }
  }
}

function debugTemplate(
  object: ResourceObject,
  { metadataPath, spec }: PodTemplate,
  { images, protocols, helpersRegistry }: DebugOptions & { readonly images: Images },
): DebuggedPod {
  const annotations = valueAt(object, [...metadataPath, 'annotations'])
  const pod = { annotations: isMapping(annotations) ? annotations : {}, spec }
  return debugPod(pod, { images, protocols, helpersRegistry })
}

function editsOf(
  object: ResourceObject,
  { path, metadataPath }: PodTemplate,
  pod: DebuggedPod,
): readonly ResourceEdit[] {
  const annotationsPath = [...metadataPath, 'annotations']
  const old = valueAt(object, annotationsPath)
  const isEmpty = old === undefined && Object.keys(pod.annotations).length === 0
  return [{ path, value: pod.spec }, ...(isEmpty ? [] : [{ path: annotationsPath, value: pod.annotations }])]
}

function report(object: ResourceObject, { configured, refused, notes }: DebuggedPod, emit: Emit): void {
  const name = resourceName(object)
  for (const [container, config] of Object.entries(configured)) {
    emit({ type: 'debugReady', resource: name, container, runtime: config.runtime, ports: config.ports ?? {} })
  }
  for (const note of notes) emit({ type: 'warning', text: `${name}: ${note}` })
  for (const { container, reason } of refused) {
    emit({
      type: 'warning',
      text: `Image "${container}" not configured for debugging: ${reason} (${name})`,
      ...(reason.startsWith('unable to determine runtime')
        ? { hint: 'set runtimeType of its artifact to go, jvm, netcore, nodejs or python' }
        : {}),
    })
  }
}

function warnOfKind(object: ResourceObject, emit: Emit): void {
  emit({ type: 'warning', text: `no debug transformation for: ${resourceName(object)} (${object.apiVersion})` })
}
