import type { DeployHooks } from './cluster-types.ts'
import type { HostHook } from './hook-types.ts'

/** `manifests`: what is rendered; in this order: kpt, raw YAML, remote manifests, kustomize, helm. */
export interface ManifestsConfig {
  /**
   * Globs relative to the config's folder, and URLs; templates rendered. When nothing was written: `k8s/*.yaml` if the
   * file has only this configuration and nothing else that is rendered, else none.
   */
  readonly rawYaml: readonly string[]
  readonly remoteManifests?: readonly RemoteManifest[]
  readonly kustomize?: KustomizeConfig
  readonly helm?: HelmConfig
  /** Folders of kpt packages. */
  readonly kpt?: readonly string[]
  /** kpt functions that change, or check, what was rendered. */
  readonly transform?: readonly KptFunction[]
  readonly validate?: readonly KptFunction[]
  readonly hooks?: RenderHooks
}

/** Manifests that are read from a cluster. */
export interface RemoteManifest {
  /** `kind/name`, with `namespace:` before it where it is not the default one. */
  readonly manifest: string
  readonly kubeContext?: string
}

/** `manifests.kustomize`. */
export interface KustomizeConfig {
  /** Folders and URLs, templates rendered; `.` when nothing was written. */
  readonly paths: readonly string[]
  /** Words for `kustomize build`; one with spaces is several. */
  readonly buildArgs: readonly string[]
}

/** A kpt function by its name in Skaffold, with `key:value` texts. */
export interface KptFunction {
  readonly name: string
  readonly configMap?: readonly string[]
}

/** Commands around rendering. */
export interface RenderHooks {
  readonly before?: readonly { readonly host?: HostHook }[]
  /** The manifests are on standard input; with `withChange` standard output takes their place. */
  readonly after?: readonly { readonly host?: HostHook & { readonly withChange?: boolean } }[]
}

/** `manifests.helm` and `deploy.helm`. */
export interface HelmConfig {
  readonly flags: HelmFlags
  readonly releases: readonly HelmRelease[]
  /** Releases that are installed at a time; 0: no limit. `deploy.helm` only. */
  readonly concurrency?: number
  /** Commands around the installation; `deploy.helm` only. */
  readonly hooks?: DeployHooks
}

/** Words that are added to helm's commands. */
export interface HelmFlags {
  readonly global?: readonly string[]
  readonly install?: readonly string[]
  readonly upgrade?: readonly string[]
  readonly template?: readonly string[]
  readonly depBuild?: readonly string[]
}

/** One release. Templates of names, paths and versions are rendered; those of values need the images that were built. */
export interface HelmRelease {
  readonly name: string
  /** A folder or archive; one of this and the next is there. */
  readonly chartPath?: string
  readonly remoteChart?: string
  readonly repo?: string
  readonly version?: string
  readonly namespace?: string
  readonly createNamespace?: boolean
  /** Releases that have to be installed before this one. */
  readonly dependsOn?: readonly string[]
  /** Templates. */
  readonly valuesFiles: readonly string[]
  readonly setValues: Readonly<Record<string, string>>
  /** Templates, keys included. */
  readonly setValueTemplates: Readonly<Record<string, string>>
  readonly setFiles: Readonly<Record<string, string>>
  /** Values that a file is made of. */
  readonly overrides?: Readonly<Record<string, unknown>>
  readonly packaged?: { readonly version?: string; readonly appVersion?: string }
  readonly skipBuildDependencies: boolean
  readonly skipTests: boolean
  readonly useHelmSecrets: boolean
  readonly recreatePods: boolean
  readonly wait: boolean
  /** Absent: a release of a remote chart is not upgraded. */
  readonly upgradeOnChange?: boolean
}

/** `resourceSelector`: where images, labels and pod specs are in kinds, in place of what is known of them. */
export interface ResourceSelectorConfig {
  readonly allow?: readonly ResourceFilter[]
  readonly deny?: readonly ResourceFilter[]
}

/** Paths of one kind, as `.spec.containers.*.image`; `.*` is any. */
export interface ResourceFilter {
  /** `Deployment.apps`. */
  readonly groupKind: string
  readonly image?: readonly string[]
  readonly labels?: readonly string[]
  readonly podSpec?: readonly string[]
}
