import type { RunObject } from '../deploy/cloud-run/index.ts'
import type { RunningContainer } from '../deploy/docker/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { splitProject } from './cloud-run/run-configs.ts'
import { followerOf } from './cloud-run/follower-of.ts'
import type { BuiltArtifact, Context, DeployOptions, Project } from './contract.ts'
import type { Deployed } from './deployed.ts'
import { splitDocker } from './docker/docker-configs.ts'
import { createDockerLogs } from './docker/docker-session.ts'
import { needsCluster } from './cloud-run/nodes-for.ts'
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
  /** What runs in Docker on this machine; absent: nothing. */
  readonly containers?: readonly RunningContainer[]
}

/** What there is to follow of a deployment. */
export function followable({
  outcome,
  refs,
  run,
  containers,
}: Deployed): Pick<FollowOptions, 'built' | 'containers' | 'refs' | 'run'> {
  const { built } = outcome
  return { refs, built, ...(run === undefined ? {} : { run }), ...(containers === undefined ? {} : { containers }) }
}

/** Forwards ports and follows logs, where that is asked for, until the signal is aborted, whose reason it then throws. */
export async function followDeployed(context: Context, options: FollowOptions): Promise<void> {
  const { deploy, run, containers = [] } = options
  const modes = deploy.portForward ?? []
  if (!deploy.tail && modes.length === 0) return
  const follower = run === undefined ? undefined : await followerOf(context, deploy)
  const logs = createDockerLogs(context)
  try {
    if (deploy.tail) logs.follow(containers)
    await follower?.update(run ?? [])
    if (needsCluster(options.project)) await followInCluster(context, options)
    else {
      context.emit({ type: 'following' })
      await untilAborted(context.signal)
    }
    context.signal.throwIfAborted()
  } finally {
    await Promise.all([follower?.close(), logs.end()])
  }
}

async function followInCluster(context: Context, { project: all, refs, built, deploy }: FollowOptions): Promise<void> {
  const project = splitProject(splitDocker(all).rest).cluster
  const forwarder = createPortForwarder(context, deploy.portForward ?? [])
  try {
    await forwarder.update({ project, refs })
    context.emit({ type: 'following' })
    if (deploy.tail) await followProjectLogs(context, { project, refs, built })
    else await untilAborted(context.signal)
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
