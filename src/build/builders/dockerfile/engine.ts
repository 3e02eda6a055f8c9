import type { DockerArtifact } from '../../../config/index.ts'
import type { Image } from '../../../image/index.ts'
import type { Platform } from '../../../platform/index.ts'

/** A program that builds Dockerfiles by running their instructions in containers. */
export interface Engine {
  readonly name: EngineName
  /** Whether it can be used on this machine; looked at once. */
  probe(signal: AbortSignal): Promise<EngineState>
  /**
   * Builds one platform and leaves the image in the folder of the job, or in the registry that the job names.
   * @throws BUILD_TOOL_FAILED, BUILD_TOOL_MISSING, BUILD_RESULT_INVALID
   */
  build(job: EngineJob): Promise<Image>
}

/** The programs that are known to build Dockerfiles in containers. */
export type EngineName = 'docker' | 'buildah' | 'podman'

/** Fields of `docker` in skaffold.yaml that not every engine can do. */
export type EngineFeature = 'secrets' | 'ssh' | 'squash'

/** What was found out about an engine. */
export type EngineState =
  | {
      readonly isThere: true
      /** With its version: `Docker 28.5.2 with buildx 0.29.1`. */
      readonly title: string
      /** What it can run, emulated or not; the first is its own. Empty: it is known only once it builds. */
      readonly platforms: readonly Platform[]
      /** Its machines, when it may have several; absent: it runs on one. */
      readonly nodes?: readonly EngineNode[]
      /** What it cannot do. */
      readonly lacks: readonly EngineFeature[]
    }
  | {
      readonly isThere: false
      readonly why: string
      /** How to get it. */
      readonly hint: string
    }

/** A machine of an engine. */
export interface EngineNode {
  readonly name: string
  /** What it is, without emulation; absent: nobody can say. */
  readonly native?: Platform
  /** What it runs, emulated or not. */
  readonly platforms: readonly Platform[]
  /** What its owner says that it is for: it gets these before all other nodes. */
  readonly pinned: readonly Platform[]
}

/** One Dockerfile for one platform. */
export interface EngineJob {
  /** As errors call it. */
  readonly image: string
  /** Its `dockerfile` does not count. */
  readonly docker: DockerArtifact
  /** Absolute path. */
  readonly dockerfile: string
  /** BuildKit also says how it made the image, which stands beside it. */
  readonly hasProvenance?: true
  /** The ignore file beside the Dockerfile, when there is one. */
  readonly ignoreFile?: string
  readonly contextFolder: string
  readonly platform: Platform
  /** Registries of the base images that speak http, or whose certificates nobody knows. */
  readonly insecureRegistries: readonly string[]
  /** Base images come from others as well. */
  readonly hasOtherRegistries?: true
  /** Images that are in no registry and may be started from, by the names that the Dockerfile gets in its arguments. */
  readonly parents: readonly StoredParent[]
  /** `registry/repository` of the image: caches get names beside it. */
  readonly repository: string
  /** The image may be pushed right away, by its digest and without a tag; absent: it has to come here. */
  readonly pushing?: EnginePush
  /** An empty folder of its own; what is there when the build ends has to stay until the image is pushed. */
  readonly folder: string
  readonly report: (line: string) => void
  readonly signal: AbortSignal
}

/** The registry that an image goes to. */
export interface EnginePush {
  readonly isInsecure: boolean
  /** On this machine, where a machine elsewhere finds another one. */
  readonly isLoopback: boolean
  /** What was pushed, with attestations: documents only, layers when they are opened. */
  read(digest: string): Promise<readonly Image[]>
}

/** An image in an OCI layout. */
export interface StoredParent {
  readonly reference: string
  readonly folder: string
  readonly digest: string
  readonly image: Image
}
