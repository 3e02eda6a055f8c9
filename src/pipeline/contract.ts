import type { Builder } from '../build/index.ts'
import type { Artifact, GlobalSettings, ResourceSelectorConfig, SkaffoldConfig } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import type { Google } from '../google/index.ts'
import type { Inspector } from '../inspect/index.ts'
import type { KubeClient } from '../kube/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Registry } from '../registry/index.ts'
import type { StatusSelector } from '../status/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { NodeGroup } from './node-groups.ts'
import type { OwnCluster } from './own-cluster.ts'
import type { PortForwardMode } from './port-forward/contract.ts'

/** The configurations of one project, dependencies before dependants. */
export interface Project {
  readonly configs: readonly SkaffoldConfig[]
  /** Absolute paths of the files that the configurations were read from; empty for standard input. */
  readonly files: readonly string[]
}

/** Everything a use case needs from outside; put together in `cli/`. What is a function is made at the first call. */
export interface Context {
  readonly registry: () => Promise<Registry>
  readonly inspector: () => Promise<Inspector>
  /** Makes images of an artifact where its configuration says. */
  readonly builder: (artifact: Pick<Artifact, 'builder' | 'cluster' | 'googleCloudBuild'>) => Promise<Builder>
  /** Connects to the cluster; the same client afterwards. */
  readonly connect: () => Promise<KubeClient>
  /** Google's APIs, with the user's credentials. */
  readonly google: () => Promise<Google>
  /** In place of what `deploy.cloudrun` says. */
  readonly cloudRun?: { readonly project?: string; readonly location?: string }
  /** The kubeconfig context that is used, without connecting; undefined when there is none. */
  readonly kubeContext: () => Promise<string | undefined>
  /**
   * Another cluster of the kubeconfig, by its context; the same client for the same name. Absent: all that is deployed goes
   * to one, whatever the configurations say.
   */
  readonly inContext?: (name: string) => Pick<Context, 'connect' | 'kubeContext'>
  /** The kubeconfig file that programs are told to use, absolute; absent: they find it themselves. */
  readonly kubeconfig?: string
  /** This machine as containers see it: `linux` and its architecture. */
  readonly host: Platform
  /** Absolute; relative paths of the configurations start here. */
  readonly cwd: string
  /** Nodes that neither the choice of platforms nor placement looks at; none when absent. */
  readonly leaveOutNodes?: readonly NodeGroup[]
  /** The cluster, when it is one on this machine; absent or undefined: images have to be pushed. */
  readonly localCluster?: () => Promise<OwnCluster | undefined>
  /** Registry path that image names are moved under. */
  readonly defaultRepo?: string
  /** What the user has set for the cluster's context once and for all; absent: nothing. */
  readonly globalSettings?: GlobalSettings
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A label value that tells the objects of this run from those of others. */
  readonly runId: string
}

/** What `build`, `run` and `dev` are asked to build. */
export interface BuildOptions {
  /** `--platform`. */
  readonly platforms: readonly string[]
  /** `-t`: the tag of every image, instead of the tag policy's. */
  readonly tag?: string
  /** Absent: the config's `build.local.push`, which is on by default. */
  readonly push?: boolean
  /** `-b`: only artifacts whose image contains one of these; empty for all. */
  readonly onlyImages: readonly string[]
  readonly onlyOnePlatform: boolean
  readonly checkCluster: boolean
}

/** How resources are rendered. */
export interface RenderOptions {
  /** True: always write node affinity; false: never; absent: on mixed clusters. */
  readonly affinity?: boolean
  readonly gkeToleration: boolean
  /** What to do with pods that can run nowhere; `error` when absent. */
  readonly onConflict?: 'error' | 'warn'
  readonly labels: Readonly<Record<string, string>>
  /** Absent: the config's `deploy.kubectl.defaultNamespace`, else the context's. */
  readonly namespace?: string
  /** Values for manifests and charts that ask for them, by name. */
  readonly setters?: Readonly<Record<string, string>>
  /** In place of the configurations' own. */
  readonly resourceSelector?: ResourceSelectorConfig
  /** Makes containers ready for debuggers; absent: not. */
  readonly debug?: { readonly protocols: readonly string[] }
}

/** How resources are deployed and waited for. */
export interface DeployOptions extends RenderOptions {
  /** Absent: the config's `deploy.statusCheck`, which is on by default. */
  readonly statusCheck?: boolean
  /** Absent: the config's `deploy.tolerateFailuresUntilDeadline`. */
  readonly tolerateFailures?: boolean
  /** Custom kinds that are waited for, beside those of Kubernetes itself. */
  readonly statusSelectors?: readonly StatusSelector[]
  readonly tail: boolean
  /** Also loads images that were built before into a cluster on this machine. */
  readonly loadImages?: boolean
  /** Ports to forward afterwards; none when absent. */
  readonly portForward?: readonly PortForwardMode[]
  /** How long to wait for what is being deleted and is to be deployed again; absent: not at all. */
  readonly waitForDeletionsMs?: number
  /** Applies with the user's kubectl, also where skaffold.yaml has no flags for it. */
  readonly useKubectl?: boolean
  /** Deletes what cannot be changed, and makes it anew. */
  readonly recreate?: boolean
  /** Deletes what earlier deployments with the same labels had and this one has not. */
  readonly prune?: boolean
  /** Whether each configuration is ready before the next is deployed; true when absent. */
  readonly iterativeStatusCheck?: boolean
}

/** What happens by itself when a file has changed. A changed skaffold.yaml always begins anew. */
export interface AutoOptions {
  readonly build: boolean
  readonly sync: boolean
  readonly deploy: boolean
}

/** What `dev` is asked for. */
export interface DevOptions {
  readonly build: BuildOptions
  readonly deploy: DeployOptions
  /** Delete what was deployed at the end. */
  readonly cleanup: boolean
  /** Leaves out the tests of the images. */
  readonly skipTests?: boolean
  /** What a changed file brings about; absent: everything. */
  readonly auto?: AutoOptions
  /** In place of `auto`, where somebody can change it and ask for what is held. */
  readonly control?: DevControl
  /** A first iteration that fails does not end the session either. */
  readonly keepRunningOnFailure?: boolean
  /** Parts of names: files of other artifacts are not watched; absent or empty: those of all are. */
  readonly watchImages?: readonly string[]
  /** Look for changes every so many milliseconds instead of being told. */
  readonly watch?: { readonly poll: boolean; readonly pollMs: number }
}

/** What of `dev` happens by itself now, and what is asked for once. */
export interface DevControl {
  auto(): AutoOptions
  /** Told of stages that are asked for; with none when more happens by itself from now on. */
  onAsk(listener: (asked: Partial<AutoOptions>) => void): void
}

/** An image that was built before, as `-a` and `-i` name it. */
export interface GivenImage {
  /** The artifact's name in the config. */
  readonly image: string
  /** What to deploy in its place. */
  readonly reference: string
}

/** One artifact, built or given. */
export interface BuiltArtifact {
  /** The artifact's name in the config. */
  readonly image: string
  /** `repo:tag@digest`; without the digest in a dry run. */
  readonly reference: string
  /** Absent in a dry run, and for a given image that was not pinned. */
  readonly digest?: string
  /** The image itself, when it was built here and not pushed. */
  readonly made?: Image
  /** Its name on this machine, when the cluster knows it by another. */
  readonly pushedAs?: string
  /** Absent for a given image: the registry is asked when it matters. */
  readonly platforms?: readonly Platform[]
  /** Why these platforms. */
  readonly reason: string
}

/** What was deployed, and where its pods are. */
export interface DeployOutcome {
  readonly built: readonly BuiltArtifact[]
  readonly resources: readonly DeployedResource[]
  readonly pods: readonly LandedPod[]
}

/** What applying made of one object. */
export interface DeployedResource {
  /** As kubectl names it: `deployment.apps/web`. */
  readonly resource: string
  readonly namespace?: string
  readonly action: 'created' | 'configured' | 'unchanged'
}

/** A pod, its node, and why it is there. */
export interface LandedPod {
  readonly pod: string
  readonly namespace: string
  /** Empty while the pod waits for a node. */
  readonly node: string
  readonly platform: string
  readonly phase: string
  /** Why it can run there, and why not elsewhere. */
  readonly reason: string
}
