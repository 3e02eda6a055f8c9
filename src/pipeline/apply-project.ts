import { deployResources } from '../deploy/index.ts'
import type { ResourceObject } from '../resource/index.ts'
import { renderResources } from '../render/index.ts'
import type { Resource } from '../resource/index.ts'
import type { Context, DeployOptions, DeployOutcome, Project } from './contract.ts'
import { checkOneCluster } from './clusters.ts'
import { needsCluster } from './cloud-run/nodes-for.ts'
import { describeDeployed, waitFor } from './deploy-project.ts'
import { landedPods } from './landed-pods.ts'
import { followDeployed } from './follow-deployed.ts'
import { tryListNodes } from './nodes.ts'

/** What `apply` is asked for. */
export interface ApplyProjectOptions {
  /** Rendered before: nothing but a missing namespace is added. */
  readonly resources: readonly Resource[]
  readonly deploy: DeployOptions
}

/**
 * Applies resources that were rendered before, and waits until they are ready.
 * @throws what the cluster refuses; STATUS_FAILED, STATUS_DEADLINE
 */
export async function applyProject(
  context: Context,
  project: Project,
  { resources, deploy }: ApplyProjectOptions,
): Promise<DeployOutcome> {
  if (!needsCluster(project)) {
    const { applyRun } = await import('./cloud-run/apply-run.ts')
    return applyRun(context, project, { objects: resources.map(({ object }) => object), deploy })
  }
  checkOneCluster(context, project, 'apply')
  const client = await context.connect()
  const objects = await withNamespace(context, project, { resources, deploy })
  context.emit({ type: 'deployStarted' })
  const { recreate = false } = deploy
  const deployed = await deployResources(client, { objects, emit: context.emit, signal: context.signal, recreate })
  const refs = deployed.map(({ ref }) => ref)
  await waitFor(context, client, { project, deploy, refs })
  const pods = await landedPods(context, client, { refs, nodes: await tryListNodes(context), built: [] })
  await followDeployed(context, { project, refs, built: [], deploy })
  return { built: [], resources: deployed.map(describeDeployed), pods }
}

async function withNamespace(
  context: Context,
  project: Project,
  { resources, deploy }: ApplyProjectOptions,
): Promise<readonly ResourceObject[]> {
  const configured = project.configs.findLast(({ deploy: { kubectl } }) => kubectl?.defaultNamespace !== undefined)
  const namespace = deploy.namespace ?? configured?.deploy.kubectl?.defaultNamespace
  const client = await context.connect()
  const placed = await renderResources({
    resources,
    builtImages: [],
    labels: deploy.labels,
    ...(namespace === undefined ? {} : { namespace }),
    isNamespaced: async (object) => client.isNamespaced(object, context.signal).catch(() => true),
    placement: {
      enabled: false,
      nodes: [],
      forced: false,
      gke: false,
      inspect: async (reference) => (await context.inspector()).inspect(reference, context.signal),
    },
    emit: context.emit,
  })
  return placed.map(({ object }) => object)
}
