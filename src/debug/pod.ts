import { isMapping, type Mapping } from '../resource/index.ts'
import { debugContainer, type DebuggedContainer } from './container.ts'
import type { Choices, ContainerDebugConfig, DebugImage, Refusal } from './contract.ts'
import { mappings } from './mappings.ts'
import { freePort } from './ports.ts'
import { probeTimeoutsAnnotation, probeTimeoutSeconds, withPatientProbes } from './probes.ts'

/** Where debuggers read how to connect: JSON by container. A pod that has it already is left as it is. */
const configAnnotation = 'debug.cloud.google.com/config'

const volumeName = 'debugging-support-files'
const mount = { name: volumeName, mountPath: '/dbg' }

/** A pod or a pod template. */
export interface Pod {
  readonly annotations: Readonly<Record<string, unknown>>
  readonly spec: Mapping
}

/** What a pod's containers are known to be. */
export interface PodOptions {
  /** By the name in the manifest; no entry: an image that was not built here. */
  readonly images: ReadonlyMap<string, DebugImage | Refusal>
  readonly protocols: readonly string[]
  readonly helpersRegistry: string
}

/** A pod that was made ready, as far as that was possible. */
export interface DebuggedPod extends Pod {
  readonly isChanged: boolean
  readonly configured: Readonly<Record<string, ContainerDebugConfig>>
  readonly refused: readonly { readonly container: string; readonly reason: string }[]
  readonly notes: readonly string[]
}

/** Makes the containers of a pod ready for debuggers. */
export function debugPod(pod: Pod, options: PodOptions): DebuggedPod {
  const annotation = pod.annotations[configAnnotation]
  if (annotation !== undefined) return withProbes(pod, { containers: containersOf(annotation) })
  const work: Work = { configured: {}, files: new Set(), refused: [], notes: [] }
  const containers = debugContainers(pod, options, work)
  const { configured, refused, notes } = work
  if (Object.keys(configured).length === 0) return { ...pod, isChanged: false, configured, refused, notes }
  const spec = withFiles({ ...pod.spec, containers }, work.files, options.helpersRegistry)
  const annotations = { ...pod.annotations, [configAnnotation]: JSON.stringify(sorted(configured)) }
  const patient = withProbes({ annotations, spec }, { containers: Object.keys(configured) })
  return { ...patient, isChanged: true, configured, refused, notes }
}

interface Work {
  readonly configured: Record<string, ContainerDebugConfig>
  /** Runtimes whose files are needed. */
  readonly files: Set<string>
  readonly refused: { readonly container: string; readonly reason: string }[]
  readonly notes: string[]
}

function debugContainers({ spec }: Pod, options: PodOptions, work: Work): readonly unknown[] {
  const given: readonly unknown[] = Array.isArray(spec['containers']) ? spec['containers'] : []
  const taken = new Set(
    mappings(given).flatMap(({ ports }) =>
      mappings(ports).flatMap(({ containerPort }) => (typeof containerPort === 'number' ? [containerPort] : [])),
    ),
  )
  const choices: Choices = {
    protocols: options.protocols,
    freePort(wanted) {
      const port = freePort(taken, wanted)
      taken.add(port)
      return port
    },
  }
  return given.map((container) => {
    if (!isMapping(container)) return container
    const debugged = debugOne(container, options, choices)
    if (debugged === undefined) return container
    const name = String(container['name'])
    if ('reason' in debugged) {
      work.refused.push({ container: name, reason: debugged.reason })
      return container
    }
    return noteDown(name, debugged, work)
  })
}

function debugOne(
  container: Mapping,
  { images }: PodOptions,
  choices: Choices,
): DebuggedContainer | Refusal | undefined {
  const name = container['image']
  const image = typeof name === 'string' ? images.get(name) : undefined
  if (image === undefined || 'reason' in image) return image
  return debugContainer(container, image, choices)
}

function noteDown(name: string, { container, config, needsFiles, notes }: DebuggedContainer, work: Work): Mapping {
  work.configured[name] = config
  work.notes.push(...notes.map((note) => `container "${name}": ${note}`))
  if (!needsFiles) return container
  work.files.add(config.runtime)
  return { ...container, volumeMounts: [...mappings(container['volumeMounts']), mount] }
}

/** Init containers copy the debuggers' files into a volume that the containers share. */
function withFiles(spec: Mapping, runtimes: ReadonlySet<string>, registry: string): Mapping {
  if (runtimes.size === 0) return spec
  const installers = [...runtimes].map((runtime) => ({
    name: `install-${runtime}-debug-support`,
    image: `${registry}/${runtime}`,
    volumeMounts: [mount],
  }))
  return {
    ...spec,
    initContainers: [...mappings(spec['initContainers']), ...installers],
    volumes: [
      ...mappings(spec['volumes']).filter(({ name }) => name !== volumeName),
      { name: volumeName, emptyDir: {} },
    ],
  }
}

function withProbes(pod: Pod, { containers }: { readonly containers: readonly string[] }): DebuggedPod {
  const { [probeTimeoutsAnnotation]: timeouts, ...annotations } = pod.annotations
  const seconds = probeTimeoutSeconds(typeof timeouts === 'string' ? timeouts : undefined)
  const given: readonly unknown[] = Array.isArray(pod.spec['containers']) ? pod.spec['containers'] : []
  const patient = given.map((container) =>
    seconds !== undefined && isMapping(container) && containers.includes(String(container['name']))
      ? withPatientProbes(container, seconds)
      : container,
  )
  const isChanged = timeouts !== undefined || patient.some((container, at) => container !== given[at])
  const spec = isChanged ? { ...pod.spec, containers: patient } : pod.spec
  return { annotations, spec, isChanged, configured: {}, refused: [], notes: [] }
}

function containersOf(annotation: unknown): readonly string[] {
  try {
    const value: unknown = JSON.parse(typeof annotation === 'string' ? annotation : '')
    return isMapping(value) ? Object.keys(value) : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
