/**
 * skaffold.yaml in its newest version as data; members are spelt as in the file. Only what catamaran supports is here:
 * every other valid field is refused by name when the file is read.
 */
export interface SkaffoldConfig {
  readonly apiVersion: string
  readonly kind: 'Config'
  readonly metadata?: { readonly name?: string }
  readonly build: BuildConfig
  readonly manifests: ManifestsConfig
  readonly deploy: DeployConfig
  /** The file, as given, and the folder that relative paths start from. */
  readonly file: string
  readonly folder: string
}

export interface BuildConfig {
  readonly artifacts: readonly Artifact[]
  readonly tagPolicy: TagPolicy
  readonly platforms?: readonly string[]
  readonly insecureRegistries?: readonly string[]
  readonly local?: { readonly push?: boolean; readonly concurrency?: number }
}

/** One entry of `build.artifacts`; exactly one of the builder members is there (`docker: {}` when none was written). */
export interface Artifact {
  readonly image: string
  /** Folder of the build context, as written; `.` when absent. */
  readonly context: string
  readonly platforms?: readonly string[]
  readonly builder: DockerArtifact | CustomArtifact
}

export interface DockerArtifact {
  readonly kind: 'docker'
  /** Path of the Dockerfile relative to the context; `Dockerfile` when absent. */
  readonly dockerfile: string
  readonly target?: string
  /** Values after templating; a null value in the file takes the environment's. */
  readonly buildArgs: Readonly<Record<string, string>>
  readonly noCache?: boolean
}

export interface CustomArtifact {
  readonly kind: 'custom'
  readonly buildCommand: string
  readonly dependencies: {
    readonly paths?: readonly string[]
    readonly ignore?: readonly string[]
    readonly command?: string
    readonly dockerfile?: { readonly path: string; readonly buildArgs: Readonly<Record<string, string>> }
  }
}

/** How tags are made; `components` of a template are policies of their own. */
export type TagPolicy =
  | SimpleTagPolicy
  | {
      readonly kind: 'customTemplate'
      readonly template: string
      readonly components: readonly { readonly name: string; readonly policy: SimpleTagPolicy }[]
    }

type SimpleTagPolicy =
  | {
      readonly kind: 'gitCommit'
      readonly variant: 'Tags' | 'CommitSha' | 'AbbrevCommitSha' | 'TreeSha' | 'AbbrevTreeSha' | 'Branches'
      readonly prefix: string
      readonly ignoreChanges: boolean
    }
  | { readonly kind: 'sha256' }
  | { readonly kind: 'inputDigest' }
  | { readonly kind: 'envTemplate'; readonly template: string }
  | { readonly kind: 'dateTime'; readonly format?: string; readonly timezone?: string }

export interface ManifestsConfig {
  /**
   * Globs relative to the config's folder, templates rendered. When nothing was written: `k8s/*.yaml` if the file has only
   * this configuration, else none.
   */
  readonly rawYaml: readonly string[]
}

export interface DeployConfig {
  readonly kubeContext?: string
  readonly statusCheck?: boolean
  readonly statusCheckDeadlineSeconds?: number
  readonly tolerateFailuresUntilDeadline?: boolean
  readonly kubectl?: { readonly defaultNamespace?: string }
  readonly logs?: { readonly prefix: 'container' | 'podAndContainer' | 'none' | 'auto' }
}
