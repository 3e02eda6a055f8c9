import type { Platform } from '../platform/index.ts'

/** A taint of a node, as the API has it. */
export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

/** What placement needs to know about a node. */
export interface NodeFacts {
  readonly name: string
  /** From `status.nodeInfo`, normalised. */
  readonly platform: Platform
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly ready?: boolean
  /** Foreign platforms that the node is known to run through emulation. */
  readonly emulates?: readonly Platform[]
}

/** Where an image runs, as far as it could be found out. */
export interface ImageFacts {
  readonly reference: string
  /** `unknown` when the image could not be read: it may run anywhere or nowhere. */
  readonly platforms: readonly Platform[] | 'unknown'
  /** Why the platforms are unknown. */
  readonly reason?: string
}

/** A pod spec as manifests have it, with nothing dropped. */
export type PodSpec = Readonly<Record<string, unknown>>
