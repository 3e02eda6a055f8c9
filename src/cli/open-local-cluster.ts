import type { GlobalSettings } from '../config/index.ts'
import type { Context } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Invocation } from './command.ts'
import { once } from './once.ts'

/** What is known of the cluster. */
export interface LocalClusterParts {
  readonly kubeContext: Context['kubeContext']
  readonly connect: Context['connect']
  readonly settings: GlobalSettings
  readonly defaultRepo: string | undefined
  readonly runProcess: RunProcess
}

/** A cluster that does not answer within this time has no registry to speak of; who needs it says so. */
const registryTimeoutMs = 3000

/** Looks whether the cluster is on this machine, when somebody wants to know. */
export function openLocalCluster(
  { env, signal }: Invocation,
  parts: LocalClusterParts,
): NonNullable<Context['localCluster']> {
  return once(async () => {
    const context = await parts.kubeContext()
    if (context === undefined) return undefined
    const { findLocalCluster, readLocalRegistry } = await import('../load/index.ts')
    const wishes = { ...parts.settings, hasRegistry: parts.defaultRepo !== undefined }
    const cluster = await findLocalCluster(context, wishes, { runProcess: parts.runProcess, env, signal })
    if (cluster === undefined) return undefined
    const registry = once(async () => {
      const soon = AbortSignal.any([signal, AbortSignal.timeout(registryTimeoutMs)])
      try {
        return await readLocalRegistry(await parts.connect(), soon)
      } catch (error) {
        signal.throwIfAborted()
        if (soon.aborted) return undefined
        throw error
      }
    })
    return { cluster, registry }
  })
}
