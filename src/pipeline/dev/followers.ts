import type { RunObject } from '../../deploy/cloud-run/index.ts'
import { createRunSession } from '../cloud-run/dev-run.ts'
import { needsCluster } from '../cloud-run/nodes-for.ts'
import type { Context, DeployOptions, Project } from '../contract.ts'
import type { Deployed } from '../deployed.ts'
import type { DockerLogs } from '../docker/docker-session.ts'
import { createPortForwarder } from '../port-forward/forwarder.ts'
import { createLogs } from './session-logs.ts'

/** Logs and ports of what a session has deployed, wherever that is. */
export interface Followers {
  /** Before anything goes to Cloud Run. */
  readonly onRun: (objects: readonly RunObject[]) => void
  /** After a deployment. */
  follow(project: Project, deployed: Deployed): Promise<void>
  end(): Promise<void>
  /** Before containers run in Docker on this machine. */
  readonly onContainers: () => void
  /** Deletes what went to Cloud Run, and what runs in Docker on this machine. */
  cleanUpRun(): Promise<void>
}

export function createFollowers(context: Context, deploy: DeployOptions): Followers {
  const logs = createLogs(context)
  const forwarder = createPortForwarder(context, deploy.portForward ?? [])
  const cloud = createRunSession(context, deploy)
  let docker: DockerLogs | undefined
  let hasContainers = false
  return {
    onRun: cloud.begin,
    async follow(project, { refs, outcome, run, containers }) {
      await cloud.update(run)
      if (deploy.tail && containers !== undefined) (docker ??= await openLogs(context)).follow(containers)
      if (!needsCluster(project)) return
      await forwarder.update({ project, refs })
      if (deploy.tail) await logs.follow({ project, refs, built: outcome.built })
    },
    end: async () => void (await Promise.all([logs.end(), forwarder.close(), cloud.end(false), docker?.end()])),
    onContainers: () => {
      hasContainers = true
    },
    async cleanUpRun() {
      await cloud.end(true)
      if (hasContainers) await removeOwnContainers(context)
    },
  }
}

async function openLogs(context: Context): Promise<DockerLogs> {
  const { createDockerLogs } = await import('../docker/docker-session.ts')
  return createDockerLogs(context)
}

async function removeOwnContainers({ runProcess, env, emit, runId }: Context): Promise<void> {
  const { removeContainers } = await import('../../deploy/docker/index.ts')
  emit({ type: 'cleaningUp' })
  // the session's signal is aborted by now; a second Ctrl+C ends the process
  const { signal } = new AbortController()
  await removeContainers({ filter: { runId }, dryRun: false, runProcess, env, emit, signal })
}
