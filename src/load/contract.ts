import type { Image } from '../image/index.ts'
import type { RunProcess } from '../subprocess/index.ts'

/** An image that is to be on the nodes of a cluster without coming from a registry. */
export interface LoadableImage {
  /** `repository:tag`, as manifests name it. */
  readonly reference: string
  /** Absent: Docker's engine on this machine has it under that name. */
  readonly image?: Image
}

/** What became of it. */
export type LoadOutcome = 'Found' | 'Loaded'

/** Brings images to where the pods of one cluster look for them. */
export interface ImageLoader {
  /** In Skaffold's words: `kind cluster nodes`. */
  readonly title: string
  /** @throws IMAGE_LOAD_FAILED */
  load(image: LoadableImage): Promise<LoadOutcome>
}

/** What loaders need from outside. */
export interface LoadOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}
