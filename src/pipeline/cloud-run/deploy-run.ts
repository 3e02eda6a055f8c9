import type { SkaffoldConfig } from '../../config/index.ts'
import {
  awaitRun,
  checkRunPlatform,
  deleteFromRun,
  deployToRun,
  runName,
  runObjectOf,
  type RunDeployed,
  type RunObject,
} from '../../deploy/cloud-run/index.ts'
import type { Emit } from '../../events/index.ts'
import type { ResourceObject } from '../../resource/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { BuiltArtifact, Context, DeployedResource, DeployOptions, Project } from '../contract.ts'
import { runDeployHooks } from '../hooks.ts'
import { renderEach } from '../render-all.ts'
import { placeOfRun } from './run-configs.ts'

/** What deploying to Cloud Run needs to know. */
export interface DeployRunOptions {
  readonly built: readonly BuiltArtifact[]
  readonly deploy: DeployOptions
  /** Told before anything is sent. */
  readonly onDeploy?: (objects: readonly RunObject[]) => void
}

/**
 * Renders and deploys configurations that are for Cloud Run, one after the other, and waits for each. No image that cannot
 * run there is deployed.
 * @throws PLATFORM_NOT_OFFERED before anything is sent; what Cloud Run refuses; STATUS_FAILED, STATUS_DEADLINE
 */
export async function deployRun(
  context: Context,
  project: Project,
  { built, deploy, onDeploy }: DeployRunOptions,
): Promise<readonly RunDeployed[]> {
  const rendered = await renderForRun(context, project, { built, deploy })
  const groups = project.configs.map((config, index) => ({ config, objects: rendered[index] ?? [] }))
  return sendToRun(context, groups, { deploy, ...(onDeploy === undefined ? {} : { onDeploy }) })
}

/** What one configuration has for Cloud Run. */
export interface RunGroup {
  readonly config: SkaffoldConfig
  readonly objects: readonly ResourceObject[]
}

/** Deploys what was rendered, with hooks around it. */
export async function sendToRun(
  context: Context,
  groups: readonly RunGroup[],
  { deploy, onDeploy }: Omit<DeployRunOptions, 'built'>,
): Promise<readonly RunDeployed[]> {
  const { emit, signal } = context
  const placed = groups.map(({ config, objects }) => {
    const place = placeOfRun(context, config)
    return { config, place, objects, targets: objects.map((object) => runObjectOf(object, place)) }
  })
  const inspect = memoizeAsync(async (image: string) => (await context.inspector()).inspect(image, signal))
  const all = groups.flatMap(({ objects }) => objects)
  await checkRunPlatform(all, inspect)
  const google = await context.google()
  emit({ type: 'deployStarted' })
  const deployed: RunDeployed[] = []
  for (const { config, place, objects, targets } of placed) {
    onDeploy?.(targets)
    await runHooks(context, config, 'before')
    const done = await deployToRun(google, { objects, place, emit, signal })
    deployed.push(...done)
    await waitForRun(context, config, { deploy, objects: done })
    await runHooks(context, config, 'after')
  }
  return deployed
}

async function renderForRun(
  context: Context,
  project: Project,
  { built, deploy }: Pick<DeployRunOptions, 'built' | 'deploy'>,
): Promise<readonly (readonly ResourceObject[])[]> {
  const labels = { ...deploy.labels, 'skaffold.dev/run-id': context.runId }
  // there are no nodes to choose from, and namespaces are projects
  const render = { ...deploy, labels, affinity: false, gkeToleration: false }
  const rendered = await renderEach(context, project, { built, nodes: [], render, offline: true })
  return rendered.map((resources) => resources.map(({ object }) => object))
}

async function runHooks(context: Context, { deploy, folder }: SkaffoldConfig, when: 'after' | 'before'): Promise<void> {
  const hooks = deploy.cloudrun?.hooks?.[when] ?? []
  await runDeployHooks(context, {
    hooks: hooks.map((host) => ({ host })),
    name: when === 'before' ? 'pre-deploy' : 'post-deploy',
    folder,
    namespaces: [],
    report: (text) => context.emit({ type: 'info', text }),
  })
}

const defaultDeadlineSeconds = 600

interface Waiting {
  readonly deploy: DeployOptions
  readonly objects: readonly RunObject[]
}

async function waitForRun(
  context: Context,
  { deploy: settings }: SkaffoldConfig,
  { deploy, objects }: Waiting,
): Promise<void> {
  if (!(deploy.statusCheck ?? settings.statusCheck ?? true)) return
  const { emit, signal, now } = context
  await awaitRun(await context.google(), {
    objects,
    deadlineMs: (settings.statusCheckDeadlineSeconds ?? defaultDeadlineSeconds) * 1000,
    tolerateFailures: deploy.tolerateFailures ?? settings.tolerateFailuresUntilDeadline ?? false,
    emit,
    signal,
    now,
  })
}

/** Deletes what the manifests of configurations for Cloud Run name. Gives the names of what was there. */
export async function deleteRun(
  context: Context,
  project: Project,
  { dryRun, emit }: { readonly dryRun: boolean; readonly emit: Emit },
): Promise<readonly string[]> {
  const deploy: DeployOptions = { labels: {}, gkeToleration: false, tail: false }
  const rendered = await renderForRun(context, project, { built: [], deploy })
  const objects = project.configs.flatMap((config, index) =>
    (rendered[index] ?? []).map((object) => runObjectOf(object, placeOfRun(context, config))),
  )
  return deleteFromRun(await context.google(), { objects, dryRun, emit, signal: context.signal })
}

/** An object of the outcome. */
export function describeRun({ action, project, ...object }: RunDeployed): DeployedResource {
  return { resource: runName({ ...object, project }), namespace: project, action }
}
