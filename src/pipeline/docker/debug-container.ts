import type { SkaffoldConfig } from '../../config/index.ts'
import { debugObject } from '../../debug/index.ts'
import type { ContainerLaunch, PublishedPort } from '../../deploy/docker/index.ts'
import type { Event } from '../../events/index.ts'
import { isMapping, valueAt, type Mapping } from '../../resource/index.ts'
import type { BuiltArtifact, Context, DeployOptions } from '../contract.ts'
import { debugOptionsOf } from '../debug-images.ts'

/** How a container is started so that a debugger can be connected to it. */
export interface DebugLaunch extends ContainerLaunch {
  readonly ports: readonly PublishedPort[]
}

/**
 * What a pod with that container alone would be made for debuggers, as docker is told it; undefined when nothing changes.
 * Says `debugReady`, or why not.
 */
export async function launchForDebuggers(
  context: Context,
  config: SkaffoldConfig,
  { built, deploy }: { readonly built: BuiltArtifact; readonly deploy: DeployOptions },
): Promise<DebugLaunch | undefined> {
  const { debug } = debugOptionsOf(context, [config], { built: [built], render: deploy })
  if (debug === undefined) return undefined
  const name = built.image.slice(built.image.lastIndexOf('/') + 1)
  const ports: PublishedPort[] = []
  const emit = (event: Event): void => {
    context.emit(event.type === 'debugReady' ? { ...event, resource: `container/${name}` } : event)
    if (event.type !== 'debugReady') return
    for (const port of Object.values(event.ports)) ports.push({ port, address: '127.0.0.1', localPort: port })
  }
  const spec = { containers: [{ name, image: built.reference }] }
  const pod = await debugObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }, debug, emit)
  const [container] = mappings(valueAt(pod, ['spec', 'containers']))
  if (container === undefined) return undefined
  const command = texts(container['command'])
  const args = texts(container['args'])
  const variables = mappings(container['env']).flatMap(({ name: key, value }) =>
    typeof key === 'string' && typeof value === 'string' ? [[key, plain(value)] as const] : [],
  )
  return {
    ...(command.length === 0 ? {} : { command }),
    ...(args.length === 0 ? {} : { args }),
    env: Object.fromEntries(variables),
    helpers: mappings(valueAt(pod, ['spec', 'initContainers'])).flatMap(({ image }) =>
      typeof image === 'string' ? [image] : [],
    ),
    ports,
  }
}

function texts(value: unknown): readonly string[] {
  return list(value).flatMap((item) => (typeof item === 'string' ? [plain(item)] : []))
}

/** In manifests `$$` is one `$`, so that Kubernetes leaves it alone. */
function plain(text: string): string {
  return text.replaceAll('$$', () => '$')
}

function mappings(value: unknown): readonly Mapping[] {
  return list(value).filter(isMapping)
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}
