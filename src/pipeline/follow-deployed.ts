import type { RunObject } from '../deploy/cloud-run/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { splitProject } from './cloud-run/run-configs.ts'
import { followerOf } from './cloud-run/follower-of.ts'
import type { BuiltArtifact, Context, DeployOptions, Project } from './contract.ts'
import { followProjectLogs } from './logs.ts'
import { createPortForwarder } from './port-forward/forwarder.ts'

/** What was deployed, and what is to go on after it. */
export interface FollowOptions {
  readonly project: Project
  readonly refs: readonly ObjectRef[]
  readonly built: readonly BuiltArtifact[]
  readonly deploy: DeployOptions
  /** What went to Cloud Run; absent: nothing. */
  readonly run?: readonly RunObject[]
}

/** Forwards ports and follows logs, where that is asked for, until the signal is aborted, whose reason it then throws. */
export async function followDeployed(context: Context, { project: all, refs, built, deploy, run }: FollowOptions): Promise<void> {
  const modes = deploy.portForward ?? []
  if (!deploy.tail && modes.length === 0) return
  const project = splitProject(all).cluster
  const isInCluster = run === undefined || project.configs.length > 0
  const forwarder = createPortForwarder(context, isInCluster ? modes : [])
  const follower = run === undefined ? undefined : await followerOf(context, deploy)
  try {
    await forwarder.update({ project, refs })
    await follower?.update(run ?? [])
    context.emit({ type: 'following' })
    if (deploy.tail && isInCluster) await followProjectLogs(context, { project, refs, built })
    else await untilAborted(context.signal)
    context.signal.throwIfAborted()
  } finally {
    await Promise.all([forwarder.close(), follower?.close()])
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
