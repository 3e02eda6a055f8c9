import { buildArtifacts } from './build-project.ts'
import type { BuildOptions, Context, DeployOptions, DeployOutcome, Project } from './contract.ts'
import { nodesFor } from './cloud-run/nodes-for.ts'
import { checkFollowing, deployBuilt } from './deploy-project.ts'
import { followable, followDeployed } from './follow-deployed.ts'
import { testBuilt } from './test-project.ts'

/** What `run` is asked for. */
export interface RunProjectOptions {
  readonly build: BuildOptions
  readonly deploy: DeployOptions
  /** Leaves out the tests of the images. */
  readonly skipTests?: boolean
}

/**
 * Builds, renders, deploys and waits, once. The cluster is asked first: nothing is built for one that cannot be reached.
 * @throws what building and deploying throw
 */
export async function runProject(
  context: Context,
  project: Project,
  { build, deploy, skipTests }: RunProjectOptions,
): Promise<DeployOutcome> {
  checkFollowing(context, project, deploy)
  const nodes = await nodesFor(context, project)
  const built = await buildArtifacts(context, project, {
    ...build,
    nodes: build.checkCluster ? nodes : [],
    isDeployed: true,
  })
  if (skipTests !== true) await testBuilt(context, project, built)
  const deployed = await deployBuilt(context, project, { built, nodes, deploy })
  await followDeployed(context, { project, deploy, ...followable(deployed) })
  return deployed.outcome
}
