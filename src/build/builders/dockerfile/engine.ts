import type { DockerArtifact } from '../../../config/index.ts'
import type { Image } from '../../../image/index.ts'
import type { Platform } from '../../../platform/index.ts'

/** A program that builds Dockerfiles by running their instructions in containers. */
export interface Engine {
  readonly name: EngineName
  /** Whether it can be used on this machine; looked at once. */
  probe(signal: AbortSignal): Promise<EngineState>
  /**
   * Builds one platform and leaves the image in the folder of the job.
   * @throws BUILD_ENGINE_FAILED
   */
  build(job: EngineJob): Promise<Image>
}

/** The programs that are known to build Dockerfiles in containers. */
export type EngineName = 'docker' | 'buildah' | 'podman'

/** What was found out about an engine. */
export type EngineState =
  | {
      readonly isThere: true
      /** With its version: `Docker 28.5.2 with buildx 0.29.1`. */
      readonly title: string
      /** What it can run, emulated or not; the first is its own. */
      readonly platforms: readonly Platform[]
    }
  | {
      readonly isThere: false
      readonly why: string
      /** How to get it. */
      readonly hint: string
    }

/** One Dockerfile for one platform. */
export interface EngineJob {
  /** As errors call it. */
  readonly image: string
  /** Its `dockerfile` does not count. */
  readonly docker: DockerArtifact
  /** Absolute path. */
  readonly dockerfile: string
  /** The ignore file beside the Dockerfile, when there is one. */
  readonly ignoreFile?: string
  readonly contextFolder: string
  readonly platform: Platform
  /** Registries of the base images that speak http, or whose certificates nobody knows. */
  readonly insecureRegistries: readonly string[]
  /** Images that are in no registry and may be started from, by the names that the Dockerfile gets in its arguments. */
  readonly parents: readonly StoredParent[]
  /** An empty folder of its own; what is there when the build ends has to stay until the image is pushed. */
  readonly folder: string
  readonly report: (line: string) => void
  readonly signal: AbortSignal
}

/** An image in an OCI layout. */
export interface StoredParent {
  readonly reference: string
  readonly folder: string
  readonly digest: string
}
