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
  /** What the tag or digest points at, or undefined when there is no such manifest. Asks the registry itself, no mirror. */
  resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor | undefined>
  getManifest(reference: Reference, signal?: AbortSignal): Promise<RawManifest>
  /** The blob's verified bytes: a wrong digest or size throws at the end of the stream. */
  getBlob(repository: Repository, descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Some bytes of a blob, both ends included; fewer at the end of the blob. A part cannot be verified.
   * @throws REGISTRY_FAILED when the registry gives no parts
   */
  getBlobRange(repository: Repository, descriptor: Descriptor, range: ByteSpan): AsyncIterable<Uint8Array>
  /** Whether a blob is there, with the size that its descriptor says. */
  hasBlob(repository: Repository, descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>
  pushBlob(repository: Repository, blob: Blob, signal?: AbortSignal): Promise<PushOutcome>
  /**
   * Stores manifest bytes under the reference's digest or, if it has none, its tag. For one with a subject, the subject's
   * list of referrers is kept where the registry keeps none.
   */
  putManifest(reference: Reference, manifest: RawManifest, signal?: AbortSignal): Promise<void>
  /** What has the reference's digest as its subject: signatures, attestations. Of one type, when it is given. */
  listReferrers(reference: Reference, options?: ReferrerOptions): Promise<readonly Descriptor[]>
  /** All tags, pages followed. */
  listTags(repository: Repository, signal?: AbortSignal): Promise<readonly string[]>
  /** Closes idle connections. */
  close(): Promise<void>
}

/** A part of a blob, both ends included. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
  readonly signal?: AbortSignal
}

/** Which referrers to list. */
export interface ReferrerOptions {
  readonly artifactType?: string
  /** All tags of the repository, or undefined, when that is known: where referrers are kept under tags, no other is asked for. */
  readonly tags?: Promise<readonly string[] | undefined>
  readonly signal?: AbortSignal
}

/** Where blobs live. A `Reference` is one as well. */
export type Repository = Pick<Reference, 'registry' | 'repository'>
