import type { RunObject } from '../../deploy/cloud-run/index.ts'
import { createRunSession } from '../cloud-run/dev-run.ts'
import { needsCluster } from '../cloud-run/nodes-for.ts'
import type { Context, DeployOptions, Project } from '../contract.ts'
import type { Deployed } from '../deploy-project.ts'
import { createPortForwarder } from '../port-forward/forwarder.ts'
import { createLogs } from './session-logs.ts'

/** Logs and ports of what a session has deployed, wherever that is. */
export interface Followers {
  /** Before anything goes to Cloud Run. */
  readonly onRun: (objects: readonly RunObject[]) => void
  /** After a deployment. */
  follow(project: Project, deployed: Deployed): Promise<void>
  end(): Promise<void>
  /** Deletes what went to Cloud Run. */
  cleanUpRun(): Promise<void>
}

export function createFollowers(context: Context, deploy: DeployOptions): Followers {
  const logs = createLogs(context)
  const forwarder = createPortForwarder(context, deploy.portForward ?? [])
  const cloud = createRunSession(context, deploy)
  return {
    onRun: cloud.begin,
    async follow(project, { refs, outcome, run }) {
      await cloud.update(run)
      if (!needsCluster(project)) return
      await forwarder.update({ project, refs })
      if (deploy.tail) await logs.follow({ project, refs, built: outcome.built })
    },
    end: async () => void (await Promise.all([logs.end(), forwarder.close(), cloud.end(false)])),
    cleanUpRun: () => cloud.end(true),
  }
}
