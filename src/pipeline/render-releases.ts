import type { SkaffoldConfig } from '../config/index.ts'
import type { KubeClient, ObjectRef } from '../kube/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import {
  createSelector,
  installReleases as installWithHelm,
  renderResources,
  uninstallReleases as uninstallWithHelm,
  type InstalledRelease,
} from '../render/index.ts'
import { resourceName } from '../resource/index.ts'
import type { BuiltArtifact, Context, DeployOutcome, RenderOptions } from './contract.ts'
import { runDeployHooks } from './hooks.ts'
import { sourceOutside } from './load-resources.ts'
import { debuggingOf, placementOptions } from './render-all.ts'

/** What releases are installed with. */
export interface ReleaseOptions {
  readonly built: readonly BuiltArtifact[]
  readonly nodes: readonly NodeFacts[]
  readonly render: RenderOptions
  /** Waits until what was installed is ready. */
  readonly wait: (refs: readonly ObjectRef[]) => Promise<void>
}

/**
 * Installs or upgrades the releases of `deploy.helm`, configuration by configuration. What helm renders gets images,
 * labels and placement like everything else, charts of others and, with helm 4, hooks included. Without releases helm is
 * not looked for.
 * @throws PLACEMENT_CONFLICT before the release is installed; HELM_FAILED, PROGRAM_MISSING
 */
export async function installReleases(
  context: Context,
  configs: readonly SkaffoldConfig[],
  { built, nodes, render, wait }: ReleaseOptions,
): Promise<readonly InstalledRelease[]> {
  const installed: InstalledRelease[] = []
  for (const config of configs) {
    const { helm } = config.deploy
    if (helm === undefined || helm.releases.length === 0) continue
    const placement = await placementOptions(context, { render, nodes, built })
    const debugging = await debuggingOf(context, configs, { built, render })
    const hooks = hooksOf(context, config, render.namespace)
    await hooks('before')
    const releases = await installWithHelm(await sourceOutside(context, config, { isClusterless: false }), {
      helm,
      images: built,
      setters: render.setters ?? {},
      ...(render.namespace === undefined ? {} : { namespace: render.namespace }),
      change: (resources) =>
        renderResources({
          resources,
          builtImages: built,
          labels: render.labels,
          placement,
          ...debugging,
          selector: createSelector(render.resourceSelector ?? config.resourceSelector),
          emit: context.emit,
          // a release is one of several
          onUsed: () => {},
        }),
    })
    installed.push(...releases)
    const refs = refsOfReleases(releases)
    if (refs.length > 0) await wait(refs)
    await hooks('after')
  }
  return installed
}

function hooksOf(
  context: Context,
  { deploy: { helm }, folder }: SkaffoldConfig,
  namespace: string | undefined,
): (when: 'after' | 'before') => Promise<void> {
  return async (when) => {
    const hooks = helm?.hooks?.[when] ?? []
    if (hooks.length === 0) return
    const client = await context.connect()
    const named = (helm?.releases ?? []).map((release) => namespace ?? release.namespace ?? client.namespace)
    await runDeployHooks(context, {
      hooks,
      name: when === 'before' ? 'pre-deploy' : 'post-deploy',
      folder,
      namespaces: [...new Set(named)].toSorted(),
      report: (text) => context.emit({ type: 'info', text }),
    })
  }
}

/**
 * Makes the namespaces of releases in `manifests.helm` that say `createNamespace` and are not there yet. Like helm, nobody
 * takes them away again.
 */
export async function createNamespaces(
  client: KubeClient,
  configs: readonly SkaffoldConfig[],
  { namespace, signal }: { readonly namespace: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const releases = configs.flatMap(({ manifests }) => manifests.helm?.releases ?? [])
  const wanted = releases.filter(({ createNamespace }) => createNamespace === true)
  for (const name of new Set(wanted.flatMap((release) => namespace ?? release.namespace ?? []))) {
    const ref = { apiVersion: 'v1', kind: 'Namespace', name }
    if ((await client.get(ref, signal)) !== undefined) continue
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await client.apply(object, { fieldManager: 'catamaran', signal })
  }
}

/** Removes the releases of `deploy.helm`, the last first. Gives the names of those that were there. */
export async function uninstallReleases(
  context: Context,
  configs: readonly SkaffoldConfig[],
  { namespace, dryRun }: { readonly namespace?: string; readonly dryRun: boolean },
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const config of configs.toReversed()) {
    const { helm } = config.deploy
    if (helm === undefined || helm.releases.length === 0) continue
    const outside = await sourceOutside(context, config, { isClusterless: false })
    const names = await uninstallWithHelm(outside, { helm, dryRun, ...(namespace === undefined ? {} : { namespace }) })
    for (const name of names) {
      const text = dryRun ? ` - release "${name}" would be uninstalled` : ` - release "${name}" uninstalled`
      context.emit({ type: 'info', text })
    }
    removed.push(...names)
  }
  return removed
}

/** The addresses of what releases consist of. */
export function refsOfReleases(releases: readonly InstalledRelease[]): readonly ObjectRef[] {
  return releases
    .flatMap(({ objects }) => objects)
    .map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
      apiVersion,
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    }))
}

/** The objects of a release, for the outcome. */
export function describeRelease({ objects, action }: InstalledRelease): DeployOutcome['resources'] {
  return objects.map((object) => {
    const { namespace } = object.metadata
    return { resource: resourceName(object), ...(namespace === undefined ? {} : { namespace }), action }
  })
}
