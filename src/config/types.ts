import type { CustomAction, TestCase, VerifyCase } from './action-types.ts'
import type { ArtifactBuilder } from './artifact-types.ts'
import type { DeployHooks, PortForwardConfig, SyncConfig } from './cluster-types.ts'
import type { HostHooks } from './hook-types.ts'
import type { HelmConfig, ManifestsConfig, ResourceSelectorConfig } from './manifest-types.ts'

/**
 * skaffold.yaml in its newest version as data; members are spelt as in the file. What catamaran does not support is not
 * here: it is refused by name by the commands that would use it.
 */
export interface SkaffoldConfig {
  readonly apiVersion: string
  readonly kind: 'Config'
  readonly metadata?: { readonly name?: string }
  readonly build: BuildConfig
  readonly manifests: ManifestsConfig
  readonly deploy: DeployConfig
  readonly test?: readonly TestCase[]
  readonly verify?: readonly VerifyCase[]
  readonly customActions?: readonly CustomAction[]
  readonly resourceSelector?: ResourceSelectorConfig
  readonly portForward?: readonly PortForwardConfig[]
  /** The file, as given, and the folder that relative paths start from. */
  readonly file: string
  readonly folder: string
}

/** `build`. */
export interface BuildConfig {
  readonly artifacts: readonly Artifact[]
  readonly tagPolicy: TagPolicy
  readonly platforms?: readonly string[]
  readonly insecureRegistries?: readonly string[]
  readonly local?: LocalBuild
  readonly cluster?: ClusterBuild
  readonly googleCloudBuild?: GoogleCloudBuild
  readonly hooks?: HostHooks
}

/** `build.local`: builds on this machine. */
export interface LocalBuild {
  readonly push?: boolean
  /** 0: no limit. */
  readonly concurrency?: number
  readonly useBuildkit?: boolean
  readonly useDockerCLI?: boolean
  readonly tryImportMissing?: boolean
}

/** One entry of `build.artifacts`; exactly one of the builder members is there (`docker: {}` when none was written). */
export interface Artifact {
  readonly image: string
  /** Folder of the build context, as written; `.` when absent. */
  readonly context: string
  readonly platforms?: readonly string[]
  /** Artifacts that have to be built first; their reference is given to the build as the argument `alias`. */
  readonly requires?: readonly { readonly image: string; readonly alias: string }[]
  readonly hooks?: HostHooks
  readonly sync?: SyncConfig
  /** For `debug`; absent: found out from the image. */
  readonly runtimeType?: 'go' | 'jvm' | 'netcore' | 'nodejs' | 'python'
  readonly builder: ArtifactBuilder
  /** `build.cluster` of its configuration: it is built there. */
  readonly cluster?: ClusterBuild
  /** `build.googleCloudBuild` of its configuration: it is built there. */
  readonly googleCloudBuild?: GoogleCloudBuild
}

/** `build.cluster`: builds in pods of the cluster; members as in skaffold.yaml. */
export interface ClusterBuild {
  /** Absent: the context's. */
  readonly namespace?: string
  /** How many pods at once; 0: no limit. */
  readonly concurrency?: number
  /** A duration as Go writes them. */
  readonly timeout?: string
  readonly pullSecretName?: string
  /** Of a file on this machine that the secret is made of; of a file in the secret when it is there already. */
  readonly pullSecretPath?: string
  readonly pullSecretMountPath?: string
  readonly randomPullSecret?: boolean
  readonly dockerConfig?: { readonly path?: string; readonly secretName?: string }
  readonly randomDockerConfigSecret?: boolean
  readonly serviceAccount?: string
  readonly runAsUser?: number
  readonly resources?: { readonly limits?: PodResources; readonly requests?: PodResources }
  readonly volumes?: readonly unknown[]
  readonly tolerations?: readonly unknown[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly HTTP_PROXY?: string
  readonly HTTPS_PROXY?: string
}

/** Quantities as Kubernetes writes them. */
export interface PodResources {
  readonly cpu?: string
  readonly memory?: string
  readonly ephemeralStorage?: string
  readonly resourceStorage?: string
}

/** Google Cloud Build; members as in skaffold.yaml. */
export type GoogleCloudBuild = Readonly<Record<string, unknown>> & {
  readonly projectId?: string
  readonly concurrency?: number
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

/** `deploy.kubectl`. */
export interface KubectlDeploy {
  readonly defaultNamespace?: string
  readonly hooks?: DeployHooks
  /** What only the real kubectl can do. */
  readonly flags?: {
    readonly global?: readonly string[]
    readonly apply?: readonly string[]
    readonly delete?: readonly string[]
    readonly disableValidation?: boolean
  }
}

/** `deploy`: how the resources get into the cluster. */
export interface DeployConfig {
  readonly kubeContext?: string
  readonly statusCheck?: boolean
  readonly statusCheckDeadlineSeconds?: number
  readonly tolerateFailuresUntilDeadline?: boolean
  readonly kubectl?: KubectlDeploy
  /** Releases that helm installs. */
  readonly helm?: HelmConfig
  /** Services, jobs and worker pools of Cloud Run in place of a cluster. */
  readonly cloudrun?: CloudRunDeploy
  /** Containers on this machine's Docker. */
  readonly docker?: { readonly images?: readonly string[]; readonly useCompose?: boolean }
  readonly logs?: { readonly prefix: 'container' | 'podAndContainer' | 'none' | 'auto' }
}

/** `deploy.cloudrun`. */
export interface CloudRunDeploy {
  readonly projectid?: string
  readonly region?: string
  readonly hooks?: HostHooks
}
