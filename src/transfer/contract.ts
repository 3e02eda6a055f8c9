import type { Blob, Descriptor } from '../image/index.ts'
import type { ByteSpan, PushOutcome, RawManifest, ReferrerOptions, Repository } from '../registry/index.ts'

/** Images to read, all of one repository: of a registry, a folder, an archive, docker's engine. Names are tags or digests. */
export interface ImageSource {
  /** How people call it: `registry.example.com/team/app`, `oci:build`. */
  readonly title: string
  /** Set for a repository of a registry: blobs can be mounted from it. */
  readonly repository?: Repository
  /** @throws MANIFEST_UNKNOWN */
  getManifest(name: string | undefined, signal?: AbortSignal): Promise<RawManifest>
  /** Verified bytes: what is wrong with them throws at the end of the stream. */
  getBlob(descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Bytes of a part, which cannot be verified. */
  getBlobRange(descriptor: Descriptor, span: ByteSpan): AsyncIterable<Uint8Array>
  /** Whether the blob is there, with the size that its descriptor says. */
  hasBlob(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>
}

/** What else may be asked about the images of a repository. */
export interface ImageCatalog {
  listTags(signal?: AbortSignal): Promise<readonly string[]>
  /** What has the digest as its subject: signatures, attestations. */
  listReferrers(digest: string, options?: ReferrerOptions): Promise<readonly Descriptor[]>
}

/** A place to write images to. */
export interface ImageSink {
  /** What a tag or digest points at, or undefined when there is no such manifest. */
  resolve(name: string, signal?: AbortSignal): Promise<Descriptor | undefined>
  pushBlob(blob: Blob, signal?: AbortSignal): Promise<PushOutcome>
  /** Under its own digest, or under a tag. What it names has to be there already. */
  putManifest(name: string, manifest: RawManifest, signal?: AbortSignal): Promise<void>
}

/** A place that images are read from and written to. */
export interface ImageStore extends ImageSource, ImageCatalog, ImageSink {}
