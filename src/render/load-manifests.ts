import type { HelmConfig, ManifestsConfig } from '../config/index.ts'
import type { Resource } from '../resource/index.ts'
import { templateReleases, type ReleaseInputs, type RenderedRelease } from './helm/template-releases.ts'
import { applySetters } from './setters.ts'
import { readRemoteManifests } from './sources/remote-manifests.ts'
import { renderKpt, transformResources } from './sources/kpt.ts'
import { buildKustomizations } from './sources/kustomize.ts'
import type { SourceOutside } from './sources/outside.ts'
import { readRawYaml } from './sources/raw-yaml.ts'

/** Everything that one configuration's manifests are made of. */
export interface ManifestsRequest extends ReleaseInputs {
  readonly manifests: ManifestsConfig
  /** Releases that helm would install by itself, rendered behind all others. */
  readonly installed?: HelmConfig
  /** There are such releases, so that there may be no other manifests. */
  readonly installsReleases?: boolean
}

/** The manifests of one configuration before anything of ours is put into them. */
export interface LoadedManifests {
  /** In Skaffold's order: kpt, raw YAML, remote manifests, kustomize, helm. */
  readonly resources: readonly Resource[]
  /** The namespace of the release that a resource comes from; a resource that is not from helm is not in here. */
  readonly ofReleases: ReadonlyMap<Resource, string | undefined>
}

/**
 * Reads and renders the manifests of one configuration, all sources at the same time, setters and kpt's transformations
 * applied to those that are not helm's.
 * @throws what the sources throw: RESOURCE_INVALID, WORKSPACE_NO_MATCH, REMOTE_MANIFEST_FAILED, KUSTOMIZE_FAILED,
 *   HELM_FAILED, KPT_FAILED, PROGRAM_MISSING, SETTER_INVALID
 */
export async function loadManifests(outside: SourceOutside, request: ManifestsRequest): Promise<LoadedManifests> {
  const { manifests, installed, setters } = request
  const releases = async (helm: HelmConfig | undefined): Promise<readonly RenderedRelease[]> =>
    helm === undefined ? [] : templateReleases(outside, helm, request)
  const [kpt, raw, remote, kustomized, ...helm] = await Promise.all([
    renderKpt(outside, manifests.kpt ?? []),
    readRawYaml(outside, manifests.rawYaml, { isExpected: request.installsReleases !== true }),
    readRemoteManifests(outside, manifests.remoteManifests ?? []),
    manifests.kustomize === undefined ? [] : buildKustomizations(outside, manifests.kustomize, setters),
    releases(manifests.helm),
    releases(installed),
  ])
  const own = [...kpt, ...raw, ...remote, ...kustomized]
  const changed = await transformResources(outside, own, manifests.transform ?? [])
  const rendered = helm.flat()
  return {
    resources: [
      ...changed.map((resource) => applySetters(resource, setters)),
      ...rendered.flatMap(({ resources }) => resources),
    ],
    ofReleases: new Map(
      rendered.flatMap(({ release, resources }) =>
        resources.map((resource) => [resource, request.namespace ?? release.namespace] as const),
      ),
    ),
  }
}
