import { resolve } from 'node:path'
import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { once } from './once.ts'

/** Which cluster is meant. */
export interface ClusterChoice {
  /** Absolute; absent: KUBECONFIG or the default file. */
  readonly kubeconfig?: string
  /** Absent: the kubeconfig's current context. */
  readonly context?: string
  readonly namespace?: string
}

/** The sandbox when there is one, else what flags, then the configuration, say. */
export function clusterOf({ flags, cwd }: Invocation, project: Project, sandbox: string | undefined): ClusterChoice {
  const text = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined)
  const namespace = text('namespace')
  const inNamespace = namespace === undefined ? {} : { namespace }
  if (sandbox !== undefined) return { kubeconfig: sandbox, ...inNamespace }
  const kubeconfig = text('kubeconfig')
  const configured = new Set(project.configs.flatMap((config) => config.deploy.kubeContext ?? []))
  const context = text('kube-context') ?? (configured.size === 1 ? [...configured][0] : undefined)
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(cwd, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    ...inNamespace,
  }
}

/** What opening a cluster needs. */
export interface OpenClusterOptions {
  readonly cluster: ClusterChoice
  readonly runProcess: RunProcess
  readonly closing: Closing
}

/** Connects; the client is closed at the end. */
export async function openCluster(
  { env, emit }: Invocation,
  { cluster, runProcess, closing }: OpenClusterOptions,
): Promise<KubeClient> {
  const { openKube } = await import('../kube/index.ts')
  const client = await openKube({ env, runProcess, emit, ...cluster })
  closing.add(() => client.close())
  return client
}

/** The clusters that configurations name: not in a sandbox, nor where a flag names one for all. */
export function otherClusters(
  invocation: Invocation,
  { isSandbox, ...options }: OpenClusterOptions & { readonly isSandbox: boolean },
): Pick<Context, 'inContext'> {
  const { flags } = invocation
  if (isSandbox || (flags.has('kube-context') && flags.text('kube-context') !== undefined)) return {}
  const known = new Map<string, ReturnType<NonNullable<Context['inContext']>>>()
  return {
    inContext(context) {
      const cluster = { ...options.cluster, context }
      const found = known.get(context) ?? {
        connect: once(async () => openCluster(invocation, { ...options, cluster })),
        kubeContext: async () => Promise.resolve(context),
      }
      known.set(context, found)
      return found
    },
  }
}

/** The name of the context that is used, or undefined without a kubeconfig. Nobody is connected to. */
export async function currentContext(
  { kubeconfig, context }: ClusterChoice,
  env: Invocation['env'],
): Promise<string | undefined> {
  if (context !== undefined) return context
  // only the file is read: the client is not needed
  const { loadKubeconfig } = await import('../kube/config/index.ts')
  try {
    return (await loadKubeconfig({ env, ...(kubeconfig === undefined ? {} : { kubeconfig }) })).context
  } catch (error) {
    if (isToolError(error, 'KUBE_CONFIG_MISSING', 'KUBE_CONTEXT_UNKNOWN')) return undefined
    throw error
  }
}
