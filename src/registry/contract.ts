import type { Blob, Descriptor } from '../image/index.ts'
import type { Reference } from '../reference/index.ts'

/** A manifest or index as stored, digest and size verified. */
export interface RawManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** How a blob came to be in the registry. */
export type PushOutcome = 'exists' | 'mounted' | 'uploaded'

/**
 * A client for every registry: it finds out scheme, credentials and tokens by host. All methods throw `ToolError`s
 * with a `REGISTRY_…` code.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export interface Registry {
  /** What the tag or digest points at, or undefined when the registry has no such manifest. */
  resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor | undefined>
  getManifest(reference: Reference, signal?: AbortSignal): Promise<RawManifest>
  /** The blob's verified bytes: a wrong digest or size throws at the end of the stream. */
  getBlob(repository: Repository, descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  pushBlob(repository: Repository, blob: Blob, signal?: AbortSignal): Promise<PushOutcome>
  /** Stores manifest bytes under the reference's digest or, if it has none, its tag. */
  putManifest(reference: Reference, manifest: RawManifest, signal?: AbortSignal): Promise<void>
  /** All tags, pages followed. */
  listTags(repository: Repository, signal?: AbortSignal): Promise<readonly string[]>
  /** Closes idle connections. */
  close(): Promise<void>
}

/** Where blobs live. A `Reference` is one as well. */
export type Repository = Pick<Reference, 'registry' | 'repository'>
