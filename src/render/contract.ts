import type { DebugOptions } from '../debug/index.ts'
import type { Emit } from '../events/index.ts'
import type { ImageFacts, NodeFacts } from '../placement/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Resource, ResourceObject } from '../resource/index.ts'
import type { ResourceSelector } from './selector.ts'

/** An image that takes the place of an artifact's name in the manifests. */
export interface RenderedImage {
  /** The artifact's name in the config. */
  readonly image: string
  /** What is written instead: `repo:tag@digest`, or another name that the cluster can pull. */
  readonly reference: string
  /** Where it runs; looked up when absent. */
  readonly platforms?: readonly Platform[]
}

/** How placement rules are rendered. */
export interface PlacementOptions {
  /** False: no affinity is written and no conflict is looked for. */
  readonly enabled: boolean
  /** Of the cluster; empty when it is not known. */
  readonly nodes: readonly NodeFacts[]
  /** Write rules also where all nodes have one platform. */
  readonly forced: boolean
  /** The context is a GKE cluster: pods that may run on its arm64 nodes tolerate their taint. */
  readonly gke: boolean
  /** Also tolerate the architecture taints that nodes have. */
  readonly tolerateTaints?: boolean
  /** Feature flags of Knative that are on; undefined when they cannot be read. Asked when something needs them. */
  readonly knativeFlags?: () => Promise<ReadonlySet<string> | undefined>
  /** What to do with a pod that can run nowhere: refuse everything, which is the default, or warn and leave it. */
  readonly onConflict?: 'error' | 'warn'
  /** Finds out where an image runs. Asked once per distinct reference; a `ToolError` counts as unknown. */
  readonly inspect: (reference: string) => Promise<Pick<ImageFacts, 'platforms' | 'reason'>>
}

/** Everything that rendering needs. */
export interface RenderRequest {
  readonly resources: readonly Resource[]
  readonly builtImages: readonly RenderedImage[]
  /** Set on every object and pod template; an existing label of that name stays, a run id never does. */
  readonly labels: Readonly<Record<string, string>>
  /** For objects without one; a function for each resource as it was given. */
  readonly namespace?: string | ((resource: Resource) => string | undefined)
  /** Whether a kind that is not built into Kubernetes lives in namespaces; true when it is not given. */
  readonly isNamespaced?: (object: ResourceObject) => boolean | Promise<boolean>
  readonly placement: PlacementOptions
  /** Where kinds have images, labels and pod specs; absent: what is known of kinds. */
  readonly selector?: ResourceSelector
  /** Makes containers ready for debuggers; absent: not. */
  readonly debug?: DebugOptions
  /** Told of every built image that a resource uses; absent: a warning names those that none does. */
  readonly onUsed?: (image: string) => void
  readonly emit: Emit
}
