import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { MovingRegistry } from '../build/index.ts'
import type { GlobalSettings } from '../config/index.ts'
import type { Context, DevControl, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Invocation } from './command.ts'
import { cacheFolder } from './cache-folder.ts'
import { createClosing, type Closing } from './closing.ts'
import { createBuilders } from './open-builders.ts'
import type { EventApi } from './event-api/index.ts'
import { containerHost } from './host-platform.ts'
import { leftOutNodes } from './left-out-nodes.ts'
import { cloudRunOf } from './cloud-run-flags.ts'
import { once } from './once.ts'
import { clusterOf, openCluster, otherClusters } from './open-cluster.ts'
import { readGlobalSettings } from './global-settings.ts'
import { googleLogins } from './google-logins.ts'
import { openGoogle } from './open-google.ts'
import { openLocalCluster } from './open-local-cluster.ts'
import { announceSandbox, openSandbox, type OpenedSandbox } from './open-sandbox.ts'
import { registryOptions } from './registry-options.ts'

/** What a command works with. */
export interface Session {
  readonly context: Context
  readonly project: Project
  /** Reads skaffold.yaml again. */
  readonly loadProject: () => Promise<Project>
  /** Of programs that hold stages of `dev` and ask for them; absent: there are none. */
  readonly control?: DevControl
}

/**
 * Reads the project, starts the sandbox when it is asked for, and gives the command everything from outside: each part
 * is loaded and opened when it is first needed, and closed at the end, however the command ends.
 */
export async function withSession<T>(outer: Invocation, run: (session: Session) => Promise<T>): Promise<T> {
  const api = await eventApiOf(outer)
  const invocation = api === undefined ? outer : { ...outer, emit: api.emit }
  const closing = createClosing()
  try {
    const { runProcess } = await import('../subprocess/index.ts')
    const load = async (): Promise<Project> => {
      const { loadProject } = await import('./load-project.ts')
      return loadProject(invocation, runProcess)
    }
    const project = await load()
    const context = await openContext(invocation, { project, runProcess, closing })
    api?.begin({ configs: project.configs, kubeContext: await context.kubeContext(), runId: context.runId })
    const control = api === undefined ? {} : { control: api.control }
    const result = await run({ context, project, loadProject: load, ...control })
    await closing.close()
    await api?.close()
    return result
  } catch (error) {
    // what went wrong first is what the user has to know
    await closing.close().catch(() => {})
    await api?.close(error).catch(() => {})
    throw error
  }
}

/** The API for other programs, where flags ask for it. */
async function eventApiOf(invocation: Invocation): Promise<EventApi | undefined> {
  const { flags } = invocation
  const names = ['rpc-port', 'rpc-http-port', 'event-log-file', 'enable-rpc', 'wait-for-connection']
  if (!names.some((name) => flags.has(name) && flags.isSet(name))) return undefined
  const { openEventApi } = await import('./event-api/index.ts')
  return openEventApi(invocation)
}

/** Like {@link withSession}, for commands that have no project. */
export async function withContext<T>(invocation: Invocation, run: (context: Context) => Promise<T>): Promise<T> {
  const closing = createClosing()
  try {
    const { runProcess } = await import('../subprocess/index.ts')
    const result = await run(
      await openContext(invocation, { project: { configs: [], files: [] }, runProcess, closing }),
    )
    await closing.close()
    return result
  } catch (error) {
    // what went wrong first is what the user has to know
    await closing.close().catch(() => {})
    throw error
  }
}

interface Parts {
  readonly project: Project
  readonly runProcess: RunProcess
  readonly closing: Closing
}

async function openContext(invocation: Invocation, parts: Parts): Promise<Context> {
  const { project, runProcess, closing } = parts
  const { flags, env, emit, signal, cwd } = invocation
  const nodes = flags.text('sandbox')
  const sandbox = nodes === undefined ? undefined : await openSandbox(invocation, { nodes })
  if (sandbox !== undefined) {
    closing.add(() => sandbox.close())
    announceSandbox(sandbox, emit)
  }
  const moving = movingRegistryOf(sandbox)
  const cluster = clusterOf(invocation, project, sandbox?.kubeconfigPath)
  const kubeContext = once(async () => {
    const { currentContext } = await import('./open-cluster.ts')
    return currentContext(cluster, env)
  })
  const connect = once(() => openCluster(invocation, { cluster, runProcess, closing }))
  const settings = await readGlobalSettings(invocation, kubeContext)
  const registry = once(() => openRegistry(invocation, { project, runProcess, closing, settings }))
  const asked = flags.has('default-repo') ? flags.text('default-repo') : undefined
  const defaultRepo = asked ?? sandbox?.registry ?? settings.defaultRepo
  const localCluster = openLocalCluster(invocation, { kubeContext, connect, settings, defaultRepo, runProcess })
  return {
    registry,
    inspector: once(async () => {
      const { createInspector } = await import('../inspect/index.ts')
      return createInspector({ registry: await registry(), cacheFolder: join(cacheFolder(env), 'images') })
    }),
    builder: createBuilders(invocation, { ...parts, registry, connect, kubeContext, settings, ...moving }),
    connect,
    google: once(async () => openGoogle(invocation, { runProcess, closing })),
    ...cloudRunOf(flags),
    kubeContext,
    ...otherClusters(invocation, { cluster, runProcess, closing, isSandbox: sandbox !== undefined }),
    ...(cluster.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig }),
    host: containerHost(),
    cwd,
    leaveOutNodes: leftOutNodes(flags),
    ...(defaultRepo === undefined ? {} : { defaultRepo }),
    ...(sandbox === undefined ? { localCluster } : {}),
    globalSettings: settings,
    runProcess,
    env,
    emit,
    signal,
    now: Date.now,
    runId: randomUUID(),
  }
}

/** Another cache folder is another registry. */
function movingRegistryOf(sandbox: OpenedSandbox | undefined): { readonly movingRegistry?: MovingRegistry } {
  if (sandbox?.registryFolder === undefined) return {}
  return { movingRegistry: { address: sandbox.registry, name: `sandbox ${sandbox.registryFolder}` } }
}

async function openRegistry(
  { flags, env, emit, cwd }: Invocation,
  { project, runProcess, closing, settings }: Parts & { readonly settings: GlobalSettings },
): ReturnType<Context['registry']> {
  const { createRegistry } = await import('../registry/index.ts')
  const configured = project.configs.flatMap((config) => config.build.insecureRegistries ?? [])
  const { insecureRegistries: given, ...reach } = await registryOptions({ flags, cwd })
  const usesGoogle = project.configs.some(({ build, deploy }) => build.googleCloudBuild ?? deploy.cloudrun)
  const lastResort = usesGoogle ? googleLogins({ env, cwd }, { runProcess, closing, emit }) : undefined
  const registry = createRegistry({
    env,
    ...(lastResort === undefined ? {} : { lastResort }),
    runProcess,
    emit,
    ...reach,
    // what is asked for is small: manifests of many images
    http: { maxPerOrigin: 16, ...reach.http },
    insecureRegistries: [...new Set([...given, ...configured, ...settings.insecureRegistries])],
  })
  closing.add(() => registry.close())
  return registry
}
