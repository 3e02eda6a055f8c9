import { deleteResources, deleteWithKubectl, findLeftovers, runIdLabel, runIdsOf } from '../deploy/index.ts'
import type { Emit } from '../events/index.ts'
import type { KubeClient } from '../kube/index.ts'
import type { ResourceObject } from '../resource/index.ts'
import { splitClusters } from './clusters.ts'
import { splitProject } from './cloud-run/run-configs.ts'
import { isOnlyOnDocker, splitDocker } from './docker/docker-configs.ts'
import { kubectlFor } from './kubectl-deploy.ts'
import { renderAll } from './render-all.ts'
import { uninstallReleases } from './render-releases.ts'
import type { Context, Project } from './contract.ts'

/** What `delete` is asked for. */
export interface DeleteProjectOptions {
  readonly namespace?: string
  /** Only say what would be deleted. */
  readonly dryRun: boolean
  /** Values for manifests and charts that ask for them: names may hold them. */
  readonly setters?: Readonly<Record<string, string>>
  /** Also where skaffold.yaml has no flags for it. */
  readonly useKubectl?: boolean
}

/** Deletes the resources of the project's manifests, and waits until they are gone. Gives their names. */
export async function deleteProject(
  context: Context,
  project: Project,
  options: DeleteProjectOptions,
): Promise<readonly string[]> {
  const { docker, rest } = splitDocker(project)
  if (docker.configs.length === 0) return deleteElsewhere(context, project, options)
  const { dryRun } = options
  const { removeFromDocker } = await import('./docker/deploy-docker.ts')
  const emit = dryRun ? asDryRun(context.emit) : context.emit
  const removed = await removeFromDocker({ ...context, emit }, docker, { dryRun })
  return isOnlyOnDocker(project) ? removed : [...removed, ...(await deleteElsewhere(context, rest, options))]
}

async function deleteElsewhere(
  context: Context,
  project: Project,
  options: DeleteProjectOptions,
): Promise<readonly string[]> {
  const { cluster, run } = splitProject(project)
  if (run.configs.length === 0) return deleteFromClusters(context, project, options)
  const { dryRun } = options
  const { deleteRun } = await import('./cloud-run/deploy-run.ts')
  const deleted = await deleteRun(context, run, { dryRun, emit: dryRun ? asDryRun(context.emit) : context.emit })
  return cluster.configs.length === 0 ? deleted : [...deleted, ...(await deleteFromClusters(context, cluster, options))]
}

/** What was deployed last goes first, where the configurations name several. */
async function deleteFromClusters(
  context: Context,
  project: Project,
  options: DeleteProjectOptions,
): Promise<readonly string[]> {
  const deleted: string[] = []
  for (const part of splitClusters(context, project).toReversed()) {
    deleted.push(...(await deleteFromCluster(part.context, part.project, options)))
  }
  return deleted
}

async function deleteFromCluster(
  context: Context,
  project: Project,
  { namespace, dryRun, setters = {}, useKubectl = false }: DeleteProjectOptions,
): Promise<readonly string[]> {
  const client = await context.connect()
  const rendered = await renderAll(context, project, {
    built: [],
    nodes: [],
    client,
    render: {
      affinity: false,
      gkeToleration: false,
      labels: {},
      ...(namespace === undefined ? {} : { namespace }),
      setters,
    },
  })
  const named = rendered.map(({ object }) => object)
  const objects = [...named, ...(await deployedBeside(context, client, named))]
  const emit = dryRun ? asDryRun(context.emit) : context.emit
  const releases = await uninstallReleases(context, project.configs, {
    dryRun,
    ...(namespace === undefined ? {} : { namespace }),
  })
  const inNamespace = namespace === undefined ? {} : { namespace }
  const kubectl = dryRun ? undefined : await kubectlFor(context, project.configs, { useKubectl, ...inNamespace })
  const told = kubectl === undefined ? [] : await deleteWithKubectl(kubectl, objects)
  // what kubectl has only marked is awaited
  const rest = told.length === 0 ? emit : leavingOut(emit, told)
  const deleted = await deleteResources(client, { objects, dryRun, emit: rest, signal: context.signal })
  const names = told.map((resource) => resource.replace(/ "(.*)"$/, '/$1'))
  return [...new Set([...releases.map((name) => `release/${name}`), ...names, ...deleted])]
}

/**
 * What the run that deployed the manifests' objects deployed with them and they do not have any more: names with a digest
 * in them change, and a run that was killed has left what it could not clean up.
 */
async function deployedBeside(
  { signal }: Context,
  client: KubeClient,
  objects: readonly ResourceObject[],
): Promise<readonly ResourceObject[]> {
  const ids = await runIdsOf(client, { objects, signal })
  if (ids.length === 0) return []
  return findLeftovers(client, { objects, labelSelector: `${runIdLabel} in (${ids.join(',')})`, signal })
}

function leavingOut(emit: Emit, told: readonly string[]): Emit {
  return (event) => {
    if (event.type !== 'resourceDeleted' || !told.includes(event.resource)) emit(event)
  }
}

function asDryRun(emit: Emit): Emit {
  return (event) =>
    emit(event.type === 'resourceDeleted' ? { type: 'info', text: ` - ${event.resource} would be deleted` } : event)
}
