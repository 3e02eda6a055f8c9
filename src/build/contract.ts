import type { Artifact } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'

/** One artifact for some platforms. */
export interface BuildRequest {
  readonly artifact: Artifact
  /** Absolute path of the build context. */
  readonly contextFolder: string
  /** Never empty. A builder that is not {@link Builder.multiPlatform} gets exactly one. */
  readonly platforms: readonly Platform[]
  /** The tagged name that the result will have: `registry/repository:tag`. */
  readonly reference: Reference
  readonly push: boolean
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Images that still have to be pushed, in the order of the request, or what the builder has pushed on its own. */
export type BuildResult =
  | { readonly kind: 'images'; readonly images: readonly Image[] }
  | { readonly kind: 'pushed'; readonly digest: string }

/** Makes images of artifacts; each kind of artifact has its own. May be called several times at once. */
/** Makes images of artifacts of one kind. */
export interface Builder {
  /** Whether one call may make several platforms (custom scripts); the others are called once per platform. */
  readonly multiPlatform: boolean
  build(request: BuildRequest): Promise<BuildResult>
  /**
   * Absolute paths that the result depends on, sorted: files, and folders where a new file would count. Without platforms:
   * for all that the artifact may be built for.
   */
  dependencies(
    request: Pick<BuildRequest, 'artifact' | 'contextFolder' | 'signal'> & Partial<Pick<BuildRequest, 'platforms'>>,
  ): Promise<readonly string[]>
}
