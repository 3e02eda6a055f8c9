import type { Emit } from '../../events/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'

/** One image to run as a container of Docker's engine on this machine. */
export interface ContainerSpec {
  /** The artifact's name in the config. */
  readonly artifact: string
  readonly reference: string
  /** Absent: the engine chooses. */
  readonly platform?: Platform
  readonly ports: readonly PublishedPort[]
  /** What takes the place of the image's own; absent members stay as they are. */
  readonly launch?: ContainerLaunch
}

/** A port of a container, and where it is to be had on this machine. */
export interface PublishedPort {
  readonly port: number
  readonly address: string
  /** What is taken if it is free. */
  readonly localPort?: number
}

/** How a container is started when not as its image says. */
export interface ContainerLaunch {
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Images whose files have to be in `/dbg`, which each of them fills. */
  readonly helpers: readonly string[]
}

/** A container that runs. */
export interface RunningContainer {
  readonly artifact: string
  readonly name: string
  readonly action: 'created' | 'configured' | 'unchanged'
}

/** Containers of one run. */
export interface ContainersRequest extends DockerOutside {
  readonly containers: readonly ContainerSpec[]
  readonly runId: string
  /** Further labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Waits until they run, and are healthy where the image can tell; absent: not at all. */
  readonly deadlineMs?: number
  readonly now: () => number
}

/** What is needed from outside, and how containers of this run are told from others. */
export interface DockerOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
}
