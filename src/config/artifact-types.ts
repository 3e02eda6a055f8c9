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
