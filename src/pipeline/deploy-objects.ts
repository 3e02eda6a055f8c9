import {
  applyWithKubectl,
  awaitDeletions,
  deleteResources,
  deployResources,
  findLeftovers,
  runIdLabel,
  type DeployedObject,
} from '../deploy/index.ts'
import type { SkaffoldConfig } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { KubeClient, ObjectRef } from '../kube/index.ts'
import type { ResourceObject } from '../resource/index.ts'
import type { Context, DeployOptions, Project } from './contract.ts'
import { runDeployHooks } from './hooks.ts'
import { kubectlFor } from './kubectl-deploy.ts'

/** One deployment after another: what belongs to one configuration, or to all. */
export interface DeployGroup {
  readonly configs: readonly SkaffoldConfig[]
  readonly objects: readonly ResourceObject[]
}

/** How groups are deployed. */
export interface DeployGroupsOptions {
  readonly deploy: DeployOptions
  /** Waits until a group is ready. */
  readonly wait: (group: DeployGroup, refs: readonly ObjectRef[]) => Promise<void>
}

/** Applies groups in their order, with their hooks around them, each waited for before the next. */
export async function deployGroups(
  context: Context,
  groups: readonly DeployGroup[],
  { deploy, wait }: DeployGroupsOptions,
): Promise<readonly DeployedObject[]> {
  const client = await context.connect()
  const { emit, signal } = context
  const deployed: DeployedObject[] = []
  for (const group of groups) {
    const namespaces = namespacesOf(client, group.objects)
    await runHooks(context, group, { when: 'before', namespaces })
    if (deploy.waitForDeletionsMs !== undefined) {
      await awaitDeletions(client, { objects: group.objects, maxMs: deploy.waitForDeletionsMs, emit, signal })
    }
    const done = await applyGroup(context, client, { group, deploy })
    deployed.push(...done)
    await wait(
      group,
      done.map(({ ref }) => ref),
    )
    await runHooks(context, group, { when: 'after', namespaces })
  }
  if (deploy.prune === true) await prune(context, client, { groups, labels: deploy.labels })
  return deployed
}

/** By our own client, unless flags of kubectl were given. */
async function applyGroup(
  context: Context,
  client: KubeClient,
  { group, deploy }: { readonly group: DeployGroup; readonly deploy: DeployOptions },
): Promise<readonly DeployedObject[]> {
  const { emit, signal } = context
  const recreate = deploy.recreate === true
  const { configs, objects } = group
  const kubectl = await kubectlFor(context, configs, deploy)
  return kubectl === undefined
    ? deployResources(client, { objects, recreate, emit, signal })
    : applyWithKubectl(kubectl, { objects, force: recreate })
}

function namespacesOf(client: KubeClient, objects: readonly ResourceObject[]): readonly string[] {
  return [...new Set([client.namespace, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])])].toSorted()
}

async function runHooks(
  context: Context,
  { configs }: DeployGroup,
  { when, namespaces }: { readonly when: 'before' | 'after'; readonly namespaces: readonly string[] },
): Promise<void> {
  for (const config of configs) {
    await runDeployHooks(context, {
      hooks: config.deploy.kubectl?.hooks?.[when] ?? [],
      name: when === 'before' ? 'pre-deploy' : 'post-deploy',
      folder: config.folder,
      namespaces,
      report: (text) => context.emit({ type: 'info', text }),
    })
  }
}

interface Pruning {
  readonly groups: readonly DeployGroup[]
  readonly labels: Readonly<Record<string, string>>
}

/** What earlier runs deployed with the same labels of the user's and this one does not have. */
async function prune(context: Context, client: KubeClient, { groups, labels }: Pruning): Promise<void> {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  if (selector.length === 0) {
    throw new ToolError('USAGE', '--prune needs labels that tell this deployment from others', {
      hint: 'pass --label=app.kubernetes.io/part-of=NAME here and in every deployment of it',
    })
  }
  const labelSelector = [...selector, runIdLabel, `${runIdLabel}!=${context.runId}`].join(',')
  const objects = groups.flatMap((group) => group.objects)
  const left = await findLeftovers(client, { objects, labelSelector, signal: context.signal })
  await deleteResources(client, { objects: left, emit: context.emit, signal: context.signal })
}

/** One group for each configuration when they are to be waited for one by one, else one for all. */
export function groupsOf(
  project: Project,
  objects: readonly (readonly ResourceObject[])[],
  isIterative: boolean,
): readonly DeployGroup[] {
  const { configs } = project
  if (!isIterative) return [{ configs, objects: objects.flat() }]
  return configs.map((config, index) => ({ configs: [config], objects: objects[index] ?? [] }))
}
