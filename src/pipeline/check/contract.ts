import type { NodeFacts } from '../../placement/index.ts'
import type { Resource } from '../../resource/index.ts'

/** What is checked, and against which nodes. */
export interface CheckRequest {
  /** Workloads as manifests or the cluster have them. */
  readonly resources: readonly Resource['object'][]
  readonly nodes: readonly NodeFacts[]
  /** Read the headers of the programs that images start. */
  readonly deep?: boolean
}

/** Whether the pods of one workload run wherever the scheduler may put them. */
export type CheckVerdict =
  /** On every node that takes them. */
  | 'runs'
  /** There is a node that takes them, and on which an image of theirs cannot run. */
  | 'crashes'
  /** No node takes them and runs all their images. */
  | 'pending'
  /** An image could not be read. */
  | 'unknown'

/** One workload, or one of several pod templates in it. */
export interface CheckedWorkload {
  /** `deployment.apps/web` */
  readonly resource: string
  readonly namespace?: string
  readonly images: readonly CheckedImage[]
  readonly verdict: CheckVerdict
  /** Per platform of the nodes. */
  readonly platforms: readonly CheckedPlatform[]
  /** One thing to change each; empty when nothing has to be. */
  readonly changes: readonly string[]
}

/** One image of a workload. */
export interface CheckedImage {
  readonly reference: string
  /** `os/architecture`; `unknown` when it could not be read. */
  readonly platforms: readonly string[] | 'unknown'
  /** Why they are unknown. */
  readonly reason?: string
  /** Programs that are not for the platform that the image claims: its platform is left out of the others. */
  readonly wrong?: readonly string[]
}

/** The nodes of one platform, as one workload sees them. */
export interface CheckedPlatform {
  readonly platform: string
  readonly nodes: number
  /** Of these nodes, how many the scheduler may choose. */
  readonly taking: number
  readonly runs: 'yes' | 'no' | 'emulated' | 'unknown'
  readonly reason: string
}

/** What the check found. */
export interface CheckReport {
  readonly nodes: readonly { readonly platform: string; readonly count: number }[]
  readonly workloads: readonly CheckedWorkload[]
}
