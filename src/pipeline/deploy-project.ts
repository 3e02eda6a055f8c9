import type { RunObject } from '../deploy/cloud-run/index.ts'
import type { DeployedObject } from '../deploy/index.ts'
import type { KubeClient, ObjectRef } from '../kube/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { resourceName, type ResourceObject } from '../resource/index.ts'
import { waitUntilStable } from '../status/index.ts'
import type { BuiltArtifact, Context, DeployOptions, DeployOutcome, GivenImage, Project } from './contract.ts'
import { checkOneCluster, splitClusters } from './clusters.ts'
import { splitProject } from './cloud-run/run-configs.ts'
import { isOnlyOnDocker, splitDocker } from './docker/docker-configs.ts'
import { deployGroups, groupsOf } from './deploy-objects.ts'
import type { Deployed } from './deployed.ts'
import { followable, followDeployed } from './follow-deployed.ts'
import { givenArtifacts } from './given-images.ts'
import { landedPods } from './landed-pods.ts'
import { loadImages } from './load-images.ts'
import { nodesFor } from './cloud-run/nodes-for.ts'
import { listNodes } from './nodes.ts'
import { renderEach } from './render-all.ts'
import { seenByNodes } from './seen-by-nodes.ts'
import { createNamespaces, describeRelease, installReleases, refsOfReleases } from './render-releases.ts'

/** What `deploy` is asked for. */
export interface DeployProjectOptions {
  readonly given: readonly GivenImage[]
  /** In place of the tags that the images were given with. */
  readonly tag?: string
  readonly deploy: DeployOptions
}

/**
 * Deploys images that were built before and waits until their resources are ready.
 * @throws PLACEMENT_CONFLICT before anything is applied; what the cluster refuses; STATUS_FAILED, STATUS_DEADLINE
 */
export async function deployProject(
  context: Context,
  project: Project,
  { given, tag, deploy }: DeployProjectOptions,
): Promise<DeployOutcome> {
  const built = givenArtifacts(given, {
    ...(context.defaultRepo === undefined ? {} : { defaultRepo: context.defaultRepo }),
    ...(context.globalSettings === undefined ? {} : { globalSettings: context.globalSettings }),
    ...(tag === undefined ? {} : { tag }),
  })
  checkFollowing(context, project, deploy)
  const nodes = await nodesFor(context, project)
  const deployed = await deployBuilt(context, project, { built, nodes, deploy })
  await followDeployed(context, { project, deploy, ...followable(deployed) })
  return deployed.outcome
}

/** Logs and ports of several clusters are not followed. @throws CONFIG_UNSUPPORTED_FIELD */
export function checkFollowing(context: Context, project: Project, { tail, portForward = [] }: DeployOptions): void {
  if (tail || portForward.length > 0) checkOneCluster(context, project, '--tail and --port-forward')
}

/** What deploying needs to know. */
export interface DeployBuiltOptions {
  readonly built: readonly BuiltArtifact[]
  readonly nodes: readonly NodeFacts[]
  readonly deploy: DeployOptions
  /** Told before anything is applied, so that it can be taken away again also when applying fails half-way. */
  readonly onApply?: (objects: readonly ResourceObject[]) => void
  /** The same for what goes to Cloud Run. */
  readonly onRun?: (objects: readonly RunObject[]) => void
  /** The same for containers of Docker on this machine. */
  readonly onContainers?: () => void
}

/**
 * Renders, applies, waits, and says where every pod landed and why. What is for Docker on this machine runs there before,
 * what is for Cloud Run is deployed there last.
 */
export async function deployBuilt(context: Context, project: Project, options: DeployBuiltOptions): Promise<Deployed> {
  const { docker, rest } = splitDocker(project)
  if (docker.configs.length === 0) return deployElsewhere(context, project, options)
  const { built } = options
  const { deployDocker } = await import('./docker/deploy-docker.ts')
  options.onContainers?.()
  const containers = await deployDocker(context, docker, options)
  const nothing: Deployed = { outcome: { built, resources: [], pods: [] }, refs: [] }
  const others = isOnlyOnDocker(project) ? nothing : await deployElsewhere(context, rest, options)
  const own = containers.map(({ name, action }) => ({ resource: `container/${name}`, action }))
  return { ...others, containers, outcome: { ...others.outcome, resources: [...own, ...others.outcome.resources] } }
}

async function deployElsewhere(context: Context, project: Project, options: DeployBuiltOptions): Promise<Deployed> {
  const { cluster, run } = splitProject(project)
  if (run.configs.length === 0) return deployToClusters(context, project, options)
  const { built, deploy, onRun } = options
  const nothing: Deployed = { outcome: { built, resources: [], pods: [] }, refs: [] }
  const first = cluster.configs.length === 0 ? nothing : await deployToClusters(context, cluster, options)
  const { deployRun, describeRun } = await import('./cloud-run/deploy-run.ts')
  const onDeploy = onRun === undefined ? {} : { onDeploy: onRun }
  const deployed = await deployRun(context, run, { built, deploy, ...onDeploy })
  const resources = [...first.outcome.resources, ...deployed.map(describeRun)]
  return { ...first, outcome: { ...first.outcome, resources }, run: deployed }
}

/** One after the other, where the configurations name several. */
async function deployToClusters(context: Context, project: Project, options: DeployBuiltOptions): Promise<Deployed> {
  const parts = splitClusters(context, project)
  if (parts.length === 1) return deployToCluster(context, project, options)
  const all: Deployed[] = []
  for (const part of parts) {
    context.emit({
      type: 'info',
      text: `Deploying to the cluster of context ${(await part.context.kubeContext()) ?? ''}`,
    })
    const nodes = await listNodes(part.context)
    all.push(await deployToCluster(part.context, part.project, { ...options, nodes }))
  }
  const outcomes = all.map(({ outcome }) => outcome)
  return {
    outcome: {
      built: options.built,
      resources: outcomes.flatMap(({ resources }) => resources),
      pods: outcomes.flatMap(({ pods }) => pods),
    },
    refs: all.flatMap(({ refs }) => refs),
  }
}

async function deployToCluster(
  context: Context,
  project: Project,
  { built: all, nodes, deploy, onApply }: DeployBuiltOptions,
): Promise<Deployed> {
  const built = await seenByNodes(context, all)
  await loadImages(context, built, deploy)
  const client = await context.connect()
  const labels = { ...deploy.labels, 'skaffold.dev/run-id': context.runId }
  const render = { ...deploy, labels }
  const rendered = await renderEach(context, project, { built, nodes, client, render })
  const objects = rendered.map((resources) => resources.map(({ object }) => object))
  context.emit({ type: 'deployStarted' })
  onApply?.(objects.flat())
  const releases = await installReleases(context, project.configs, {
    built,
    nodes,
    render,
    wait: (refs) => waitFor(context, client, { project, deploy, refs }),
  })
  const ofReleases = refsOfReleases(releases)
  await createNamespaces(client, project.configs, { namespace: deploy.namespace, signal: context.signal })
  const groups = groupsOf(project, objects, deploy.iterativeStatusCheck ?? true)
  const deployed = await deployGroups(context, groups, {
    deploy,
    wait: async ({ configs }, refs) => {
      if (refs.length === 0 && ofReleases.length > 0) return
      await waitFor(context, client, { project: { ...project, configs }, deploy, refs })
    },
  })
  const refs = [...ofReleases, ...deployed.map(({ ref }) => ref)]
  const pods = await landedPods(context, client, { refs, nodes, built })
  const resources = [...releases.flatMap(describeRelease), ...deployed.map(describeDeployed)]
  return { outcome: { built, resources, pods }, refs }
}

const defaultDeadlineSeconds = 600

/** What is waited for, and how. */
export interface Waiting {
  readonly project: Project
  readonly deploy: DeployOptions
  readonly refs: readonly ObjectRef[]
}

/** Waits until what was deployed is ready, unless that is turned off. */
export async function waitFor(context: Context, client: KubeClient, { project, deploy, refs }: Waiting): Promise<void> {
  const settings = project.configs.map((config) => config.deploy)
  if (!(deploy.statusCheck ?? settings.every((one) => one.statusCheck !== false))) return
  const deadlines = settings.flatMap((one) => one.statusCheckDeadlineSeconds ?? [])
  await waitUntilStable(client, {
    objects: refs,
    deadlineMs: (deadlines.length === 0 ? defaultDeadlineSeconds : Math.max(...deadlines)) * 1000,
    tolerateFailures: deploy.tolerateFailures ?? settings.some((one) => one.tolerateFailuresUntilDeadline === true),
    ...(deploy.statusSelectors === undefined ? {} : { selectors: deploy.statusSelectors }),
    emit: context.emit,
    signal: context.signal,
    now: context.now,
  })
}

/** An object of the outcome. */
export function describeDeployed({ ref, action }: DeployedObject): DeployOutcome['resources'][number] {
  const { apiVersion, kind, name, namespace } = ref
  return {
    resource: resourceName({ apiVersion, kind, metadata: { name } }),
    ...(namespace === undefined ? {} : { namespace }),
    action,
  }
}
