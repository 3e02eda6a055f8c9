import type { NodeFacts } from '../../placement/index.ts'
import { splitClusters } from '../clusters.ts'
import type { Context, Project } from '../contract.ts'
import { isOnlyOnDocker, splitDocker } from '../docker/docker-configs.ts'
import { listNodes } from '../nodes.ts'
import { splitProject } from './run-configs.ts'

/** The nodes of the clusters; none, and none is asked, for a project that only goes to Cloud Run or Docker. */
export async function nodesFor(context: Context, project: Project): Promise<readonly NodeFacts[]> {
  if (!needsCluster(project)) return []
  const contexts = new Set(splitClusters(context, clusterPart(project)).map((part) => part.context))
  return (await Promise.all([...contexts].map(async (one) => listNodes(one)))).flat()
}

function clusterPart(project: Project): Project {
  return splitProject(splitDocker(project).rest).cluster
}

/** Whether a project is deployed to a cluster at all. */
export function needsCluster(project: Project): boolean {
  if (isOnlyOnDocker(project)) return false
  const { cluster, run } = splitProject(splitDocker(project).rest)
  return run.configs.length === 0 || cluster.configs.length > 0
}
