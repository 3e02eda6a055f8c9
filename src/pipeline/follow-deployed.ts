import type { ObjectRef } from '../kube/index.ts'
import type { BuiltArtifact, Context, DeployOptions, Project } from './contract.ts'
import { followProjectLogs } from './logs.ts'
import { createPortForwarder } from './port-forward/forwarder.ts'

/** What was deployed, and what is to go on after it. */
export interface FollowOptions {
  readonly project: Project
  readonly refs: readonly ObjectRef[]
  readonly built: readonly BuiltArtifact[]
  readonly deploy: DeployOptions
}

/** Forwards ports and follows logs, where that is asked for, until the signal is aborted, whose reason it then throws. */
export async function followDeployed(context: Context, { project, refs, built, deploy }: FollowOptions): Promise<void> {
  const modes = deploy.portForward ?? []
  if (!deploy.tail && modes.length === 0) return
  const forwarder = createPortForwarder(context, modes)
  try {
    await forwarder.update({ project, refs })
    context.emit({ type: 'following' })
    if (deploy.tail) await followProjectLogs(context, { project, refs, built })
    else await untilAborted(context.signal)
    context.signal.throwIfAborted()
  } finally {
    await forwarder.close()
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
