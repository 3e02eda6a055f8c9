import type { Builder } from '../build/index.ts'
import type { SkaffoldConfig } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Inspector } from '../inspect/index.ts'
import type { KubeClient } from '../kube/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Registry } from '../registry/index.ts'
import type { RunProcess } from '../subprocess/index.ts'

/** The configurations of one project, dependencies before dependants. */
export interface Project {
  readonly configs: readonly SkaffoldConfig[]
}

/** Everything a use case needs from outside; put together in `cli/`. */
export interface Context {
  readonly registry: Registry
  readonly inspector: Inspector
  readonly builders: Readonly<Record<'docker' | 'custom', Builder>>
  /** Connects to the cluster at the first call; the same client afterwards. */
  readonly connect: () => Promise<KubeClient>
  /** This machine as containers see it: `linux` and its architecture. */
  readonly host: Platform
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What `build`, `run` and `dev` are asked to build. */
export interface BuildOptions {
  /** `--platform`. */
  readonly platforms: readonly string[]
  readonly defaultRepo?: string
  /** `-t`: the tag of every image, instead of the tag policy's. */
  readonly tag?: string
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
  readonly labels: Readonly<Record<string, string>>
  readonly namespace?: string
}

export interface DeployOptions extends RenderOptions {
  /** Absent: the config's `deploy.statusCheck`, which is on by default. */
  readonly statusCheck?: boolean
  readonly tolerateFailures: boolean
  readonly tail: boolean
}

/** One artifact, built or given. */
export interface BuiltArtifact {
  /** The artifact's name in the config. */
  readonly image: string
  /** `repo:tag@digest`. */
  readonly reference: string
  readonly digest: string
  readonly platforms: readonly Platform[]
  /** Why these platforms. */
  readonly reason: string
}
