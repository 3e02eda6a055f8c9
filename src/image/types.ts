import type { Platform } from '../platform/index.ts'

/**
 * A content descriptor. Unknown members of the wire document are kept in the raw bytes, not here.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** Bytes as stored. */
  readonly size: number
  readonly platform?: Platform
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly urls?: readonly string[]
  /** Base64 content carried inside the descriptor. */
  readonly data?: string
}

/** Something with bytes: opened as often as needed, each time from the start. */
export interface Blob {
  readonly descriptor: Descriptor
  /** The bytes as stored (compressed where the media type says so). */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** `registry/repository` where the blob is known to be, so that a push may mount it instead of sending it. */
  readonly knownIn?: { readonly registry: string; readonly repository: string }
}

/** One layer of an image. `diffId` is the digest of the uncompressed tar. */
export interface Layer extends Blob {
  readonly diffId: string
}

/** @see https://github.com/opencontainers/image-spec/blob/main/manifest.md */
export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** @see https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageConfig {
  readonly created?: string
  readonly author?: string
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
  readonly config?: ContainerConfig
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] }
  readonly history?: readonly HistoryEntry[]
}

/** The `config` member of an image configuration, as Docker and OCI write it. */
export interface ContainerConfig {
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly Volumes?: Readonly<Record<string, object>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
  readonly ArgsEscaped?: boolean
  readonly Healthcheck?: Healthcheck
  readonly OnBuild?: readonly string[]
  readonly Shell?: readonly string[]
}

/** Docker's health check; durations are nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** How one layer came to be, or a step of the build that made none. */
export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/** One platform's image: its documents, as bytes and as data, and its layers. Immutable. */
export interface Image {
  readonly descriptor: Descriptor
  readonly rawManifest: Uint8Array
  readonly manifest: ImageManifest
  readonly rawConfig: Uint8Array
  readonly config: ImageConfig
  /** What the config says, normalised. */
  readonly platform: Platform
  readonly layers: readonly Layer[]
  /** What stands beside it in an index and is about it: attestations of the build. Absent: nothing. */
  readonly attached?: readonly AttachedManifest[]
}

/** A manifest that is about an image, as the index lists it. */
export interface AttachedManifest {
  /** With the annotations that say what it is about. */
  readonly descriptor: Descriptor
  readonly rawManifest: Uint8Array
  readonly blobs: readonly Blob[]
}

/** An OCI image index or Docker manifest list. */
export interface ImageIndex {
  readonly descriptor: Descriptor
  readonly rawManifest: Uint8Array
  readonly index: IndexManifest
}

/** @see https://github.com/opencontainers/image-spec/blob/main/image-index.md */
export interface IndexManifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}
