import type { Artifact } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'
import type { InputTree } from './cache/digest-tree.ts'

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
  /** The result is put together with other platforms: a builder that pushes on its own leaves the name to its caller. */
  readonly isPart?: true
  /** What the artifact requires, built. Absent: nothing. */
  readonly parents?: readonly ParentImage[]
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** An artifact that another one requires. */
export interface ParentImage {
  /** The argument, or variable, that the build gets its name in. */
  readonly alias: string
  /** The artifact's name in the configuration. */
  readonly image: string
  /** `repo:tag@digest`; without the digest when it was not pushed. */
  readonly reference: string
  /** Empty when a script has pushed it. */
  readonly images: readonly Image[]
}

/** Images that still have to be pushed, in the order of the request, or what the builder has pushed on its own. */
export type BuildResult =
  | { readonly kind: 'images'; readonly images: readonly Image[] }
  | { readonly kind: 'pushed'; readonly digest: string }

/** Makes images of artifacts of one kind. May be called several times at once. */
export interface Builder {
  /** Whether one call may make several platforms (custom scripts); the others are called once per platform. */
  readonly multiPlatform: boolean
  build(request: BuildRequest): Promise<BuildResult>
  /** What an equal build has made before and is still there; undefined: it has to be built. Absent: nothing is remembered. */
  find?(request: BuildRequest): Promise<BuildResult | undefined>
  /**
   * Absolute paths that the result depends on, sorted: files, and folders where a new file would count. Without platforms:
   * for all that the artifact may be built for. With the `reference` of a request that is built next, what is looked at need
   * not be looked at again.
   */
  dependencies(
    request: Pick<BuildRequest, 'artifact' | 'contextFolder' | 'signal'> &
      Partial<Pick<BuildRequest, 'platforms' | 'reference'>>,
  ): Promise<readonly string[]>
  /** The same as a tree whose folders have stamps, for builders that know it in less time; undefined: ask for the paths. */
  inputs?(request: Parameters<Builder['dependencies']>[0]): Promise<InputTree | undefined>
  /**
   * What has to be copied into containers of the image for them to be as if it was built anew; undefined: it has to be built.
   * Absent: nothing is known of where files go.
   */
  autoSync?(request: AutoSyncRequest): Promise<readonly SyncedFile[] | undefined>
  /** Who would build each platform, and why; nothing is built. Absent: the builder does it all itself, always alike. */
  explain?(
    request: Pick<BuildRequest, 'artifact' | 'contextFolder' | 'platforms' | 'signal'>,
  ): Promise<readonly Explanation[]>
}

/** Files of an artifact that changed since it was built or synchronized; absolute. */
export interface AutoSyncRequest extends Pick<BuildRequest, 'artifact' | 'contextFolder' | 'signal'> {
  readonly written: readonly string[]
  readonly deleted: readonly string[]
}

/** A file and its place in the container; both absolute. */
export interface SyncedFile {
  readonly source: string
  readonly destination: string
}

/** Why a platform of an artifact is built the way it is. */
export interface Explanation {
  readonly platform: Platform
  /** `native`, `docker`, `docker and native` for instance; `none` when nobody can. */
  readonly builder: string
  readonly reason: string
  /** The one edit of the Dockerfile that leaves more to the native builder. */
  readonly edit?: string
}
