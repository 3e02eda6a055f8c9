import type { CustomAction, TestCase, VerifyCase } from './action-types.ts'
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

/** How an artifact is built. */
export type ArtifactBuilder =
  | BazelArtifact
  | BuildpacksArtifact
  | CustomArtifact
  | DockerArtifact
  | JibArtifact
  | KanikoArtifact
  | KoArtifact

/** Files that a build depends on, as globs below the context. */
export interface FileDependencies {
  readonly paths?: readonly string[]
  readonly ignore?: readonly string[]
}

/** Built from a Dockerfile. */
export interface DockerArtifact {
  readonly kind: 'docker'
  /** Path of the Dockerfile relative to the context; `Dockerfile` when absent. */
  readonly dockerfile: string
  readonly target?: string
  /** Values after templating; a null value in the file takes the environment's. */
  readonly buildArgs: Readonly<Record<string, string>>
  readonly noCache?: boolean
  readonly network?: string
  readonly addHost?: readonly string[]
  readonly cacheFrom?: readonly string[]
  readonly cliFlags?: readonly string[]
  readonly pullParent?: boolean
  readonly squash?: boolean
  readonly ssh?: string
  readonly secrets?: readonly { readonly id: string; readonly src?: string; readonly env?: string }[]
}

/** Built by jib, the plugin of Maven and Gradle. */
export interface JibArtifact {
  readonly kind: 'jib'
  readonly project?: string
  readonly args?: readonly string[]
  /** Found out from the build files when absent. */
  readonly type?: string
  readonly fromImage?: string
}

/** A Go program, built by ko. */
export interface KoArtifact {
  readonly kind: 'ko'
  readonly fromImage?: string
  readonly dependencies?: FileDependencies
  readonly dir?: string
  /** `KEY=value`; values are templates, as in the members below. */
  readonly env?: readonly string[]
  readonly flags?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly ldflags?: readonly string[]
  readonly main?: string
}

/** Built by Bazel. */
export interface BazelArtifact {
  readonly kind: 'bazel'
  readonly target: string
  readonly args?: readonly string[]
  readonly platforms?: readonly { readonly platform: string; readonly target: string }[]
}

/** Built by Cloud Native Buildpacks. */
export interface BuildpacksArtifact {
  readonly kind: 'buildpacks'
  readonly builder: string
  readonly runImage?: string
  readonly env?: readonly string[]
  readonly buildArgs?: readonly string[]
  readonly buildpacks?: readonly string[]
  readonly trustBuilder?: boolean
  readonly projectDescriptor: string
  readonly clearCache?: boolean
  readonly volumes?: readonly { readonly host: string; readonly target: string; readonly options?: string }[]
  readonly dependencies: FileDependencies
}

/** Built by the Kaniko executor in a pod; members as in skaffold.yaml, a flag of the executor each. */
export interface KanikoArtifact extends KanikoFlags {
  readonly kind: 'kaniko'
  readonly dockerfile: string
  readonly target?: string
  readonly buildArgs: Readonly<Record<string, string>>
  /** Of the executor. */
  readonly image: string
  /** Takes the build context; needs a shell and tar. */
  readonly initImage: string
  /** Of the executor; values after templating. */
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
  readonly cache?: {
    readonly repo?: string
    readonly hostPath?: string
    readonly ttl?: string
    readonly cacheCopyLayers?: boolean
    readonly cacheRunLayers?: boolean
  }
  /** Folder of the context that is sent in its place. */
  readonly contextSubPath?: string
  /** Names to push to beside the artifact's. */
  readonly destination?: readonly string[]
  readonly digestFile?: string
  readonly imagePullSecret?: string
  readonly volumeMounts?: readonly unknown[]
  readonly buildContextCompressionLevel?: number
  readonly copyMaxRetries?: number
  readonly copyTimeout?: string
}

interface KanikoFlags {
  readonly cleanup?: boolean
  readonly force?: boolean
  readonly ignorePaths?: readonly string[]
  readonly imageFSExtractRetry?: string
  readonly imageNameWithDigestFile?: string
  readonly insecure?: boolean
  readonly insecurePull?: boolean
  readonly insecureRegistry?: readonly string[]
  readonly label?: Readonly<Record<string, string | null>>
  readonly logFormat?: string
  readonly logTimestamp?: boolean
  readonly ociLayoutPath?: string
  readonly pushRetry?: string
  readonly registryCertificate?: Readonly<Record<string, string | null>>
  readonly registryMirror?: string
  readonly reproducible?: boolean
  readonly singleSnapshot?: boolean
  readonly skipTLS?: boolean
  readonly skipTLSVerifyPull?: boolean
  readonly skipTLSVerifyRegistry?: readonly string[]
  readonly skipUnusedStages?: boolean
  readonly snapshotMode?: string
  readonly tarPath?: string
  readonly useNewRun?: boolean
  readonly verbosity?: string
  readonly whitelistVarRun?: boolean
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

/** Built by a command of the user's. */
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
