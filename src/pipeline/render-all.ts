import type { SkaffoldConfig } from '../config/index.ts'
import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { createSelector, renderResources, validateResources, type PlacementOptions } from '../render/index.ts'
import { memoizeAsync } from '../support/index.ts'
import type { Resource, ResourceObject } from '../resource/index.ts'
import type { BuiltArtifact, Context, Project, RenderOptions } from './contract.ts'
import type { DebuggingOptions } from './debug-images.ts'
import { loadResources, sourceOutside } from './load-resources.ts'
import { readKnativeFlags } from './knative-flags.ts'
import { runAfterHooks, runBeforeHooks } from './render-hooks.ts'

/** What rendering for a cluster needs to know. */
export interface RenderAllOptions {
  readonly built: readonly BuiltArtifact[]
  readonly nodes: readonly NodeFacts[]
  readonly render: RenderOptions
  /** The cluster, where there is one: it knows which custom kinds live in namespaces. */
  readonly client?: KubeClient
  /** No cluster is asked and no namespace is filled in. */
  readonly offline?: boolean
  /** Render what `deploy.helm` would install, too. */
  readonly withInstalled?: boolean
  /** Told of every built image that is used; absent: a warning names those that are not. */
  readonly onUsed?: (image: string) => void
}

/** {@link renderEach} in one list. */
export async function renderAll(
  context: Context,
  project: Project,
  options: RenderAllOptions,
): Promise<readonly Resource[]> {
  return (await renderEach(context, project, options)).flat()
}

/**
 * Renders the resources of all configurations, each with its own default namespace; dependencies come first. Images are
 * looked up once for all of them.
 * @returns the resources of each configuration
 */
export async function renderEach(
  context: Context,
  project: Project,
  options: RenderAllOptions,
): Promise<readonly (readonly Resource[])[]> {
  const used = new Set<string>()
  const shared: Shared = {
    ...options,
    context,
    placement: await placementOptions(context, options),
    debugging: await debuggingOf(context, project.configs, options),
    onUsed: options.onUsed ?? ((image) => used.add(image)),
  }
  for (const config of project.configs) await runBeforeHooks(context, config)
  const rendered = await Promise.all(project.configs.map((config) => renderConfig(config, shared)))
  // A chart that helm installs by itself has not been seen yet.
  const isComplete = options.withInstalled === true || project.configs.every(({ deploy }) => deploy.helm === undefined)
  if (options.onUsed === undefined && isComplete) warnUnused(context, project, { built: options.built, used })
  return rendered
}

/** Looking into images for their programs is loaded only for `debug`. */
export async function debuggingOf(
  context: Context,
  configs: readonly SkaffoldConfig[],
  options: Pick<RenderAllOptions, 'built' | 'render'>,
): Promise<DebuggingOptions> {
  if (options.render.debug === undefined) return {}
  const { debugOptionsOf } = await import('./debug-images.ts')
  return debugOptionsOf(context, configs, options)
}

/** How the pods of a run are placed; every image is looked up once. */
export async function placementOptions(
  context: Context,
  { render, nodes, built, client }: Pick<RenderAllOptions, 'built' | 'render' | 'nodes' | 'client'>,
): Promise<PlacementOptions> {
  const isGke = render.gkeToleration && ((await context.kubeContext()) ?? '').startsWith('gke')
  return {
    enabled: render.affinity !== false,
    nodes,
    forced: render.affinity === true,
    gke: isGke,
    tolerateTaints: true,
    onConflict: render.onConflict ?? 'error',
    ...(client === undefined ? {} : { knativeFlags: async () => readKnativeFlags(client, context.signal) }),
    inspect: memoizeAsync(async (reference: string) => {
      const own = built.find((one) => one.reference === reference)
      // in no registry, or in one that only the nodes know by this name
      const isUnknownOutside = own?.pushedAs !== undefined || (own?.digest !== undefined && !reference.includes('@'))
      if (own?.platforms !== undefined && isUnknownOutside) {
        return { reference, digest: own.digest ?? '', kind: 'image', platforms: own.platforms }
      }
      return (await context.inspector()).inspect(reference, context.signal)
    }),
  }
}

interface Shared extends RenderAllOptions {
  readonly context: Context
  readonly placement: PlacementOptions
  readonly debugging: DebuggingOptions
  readonly onUsed: (image: string) => void
}

async function renderConfig(config: SkaffoldConfig, shared: Shared): Promise<readonly Resource[]> {
  const { context, built, render, placement, client, onUsed, offline = false } = shared
  const { resources, ofReleases } = await loadResources(context, config, {
    built,
    render,
    offline,
    withInstalled: shared.withInstalled ?? false,
  })
  const namespace = offline ? undefined : (render.namespace ?? config.deploy.kubectl?.defaultNamespace)
  // Helm puts what has no namespace into the release's when it installs; what it renders shows none.
  const ofRelease = (resource: Resource): string | undefined =>
    client === undefined ? undefined : (ofReleases.get(resource) ?? namespace)
  const request = {
    selector: createSelector(render.resourceSelector ?? config.resourceSelector),
    namespace: (resource: Resource) => (ofReleases.has(resource) ? ofRelease(resource) : namespace),
    ...(client === undefined ? {} : { isNamespaced: isNamespacedIn(client, context.signal) }),
    labels: render.labels,
    builtImages: built,
    placement,
    ...shared.debugging,
    emit: context.emit,
    onUsed,
  }
  const wanted = client === undefined ? resources : resources.filter(({ object }) => isForCluster(object))
  const rendered = await renderResources({ ...request, resources: wanted })
  const changed = await runAfterHooks(context, config, rendered)
  // What a hook has changed may run somewhere else.
  const final = changed === rendered ? rendered : await renderResources({ ...request, labels: {}, resources: changed })
  const functions = config.manifests.validate ?? []
  if (functions.length > 0) {
    await validateResources(await sourceOutside(context, config, { isClusterless: true }), final, functions)
  }
  return final
}

/** kpt's own files are printed by `render`, as in Skaffold, and mean nothing to a cluster. */
function isForCluster({ kind, metadata }: ResourceObject): boolean {
  return kind !== 'Kptfile' && metadata.annotations?.['config.kubernetes.io/local-config'] !== 'true'
}

/** Images that only others are built from do not stand in manifests. */
function warnUnused(
  { emit }: Context,
  project: Project,
  { built, used }: { readonly built: readonly BuiltArtifact[]; readonly used: ReadonlySet<string> },
): void {
  const artifacts = project.configs.flatMap((config) => config.build.artifacts)
  const bases = new Set(artifacts.flatMap(({ requires = [] }) => requires.map(({ image }) => image)))
  for (const { image } of built) {
    if (used.has(image) || bases.has(image)) continue
    emit({
      type: 'warning',
      text: `image [${image}] is not used by any resource`,
      hint: `name it in a manifest: "image: ${image}"`,
    })
  }
}

/** A kind that the cluster does not have yet may come with the same deployment: most kinds live in namespaces. */
function isNamespacedIn(client: KubeClient, signal: AbortSignal): (object: ResourceObject) => Promise<boolean> {
  return async (object) => {
    try {
      return await client.isNamespaced(object, signal)
    } catch (error) {
      if (isToolError(error, 'KUBE_UNKNOWN_KIND')) return true
      throw error
    }
  }
}
