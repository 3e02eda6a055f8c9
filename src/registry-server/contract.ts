/** Where a blob is: the same content may be in several repositories, and is only seen in those it was put into. */
export interface BlobStore {
  /** The blob's size in bytes, or undefined when the repository does not have it. */
  stat(repository: string, digest: string): Promise<number | undefined>
  /** The bytes from `start` up to and including `end`. Only after {@link stat} found it. */
  open(repository: string, digest: string, range?: ByteRange): AsyncIterable<Uint8Array>
  /** Puts a blob of another repository, or of any when `from` is absent, into this one; false when it is not there. */
  mount(repository: string, digest: string, from?: string): Promise<boolean>
  /** False when the repository did not have it. */
  remove(repository: string, digest: string): Promise<boolean>
}

/** Both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Bytes on their way to become a blob. Of one upload, only one `append`, `finish` or `cancel` runs at a time. */
export interface UploadStore {
  /** Gives the new upload's id. */
  start(repository: string): Promise<string>
  /** Bytes received so far, or undefined when there is no such upload. */
  size(repository: string, id: string): Promise<number | undefined>
  /** Adds bytes at the end. Those that arrived before the source failed are kept. Gives the new size. */
  append(repository: string, id: string, source: AsyncIterable<Uint8Array>): Promise<number>
  /** Ends the upload: a blob when the digest is right, else (false) everything is thrown away. */
  finish(repository: string, id: string, digest: string): Promise<boolean>
  /** False when there is no such upload. */
  cancel(repository: string, id: string): Promise<boolean>
}

/** A manifest or index as it was pushed. */
export interface StoredManifest {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** Digest of the manifest that this one refers to. */
  readonly subject?: string
}

/** Manifests by digest. They are no blobs: neither is found as the other. */
export interface ManifestStore {
  get(repository: string, digest: string): Promise<StoredManifest | undefined>
  put(repository: string, manifest: StoredManifest): Promise<void>
  /** Removes it and every tag on it; false when the repository did not have it. */
  remove(repository: string, digest: string): Promise<boolean>
  /** Digests of the manifests whose subject this is, in code unit order. */
  referrers(repository: string, subject: string): Promise<readonly string[]>
}

/** Tags, and which repositories there are. */
export interface TagStore {
  /** The digest, or undefined when there is no such tag. */
  get(repository: string, tag: string): Promise<string | undefined>
  /** Points a tag at a manifest that the repository has. */
  set(repository: string, tag: string, digest: string): Promise<void>
  /** False when there was no such tag. */
  remove(repository: string, tag: string): Promise<boolean>
  /** In code unit order; undefined when the repository never had a blob or manifest. */
  list(repository: string): Promise<readonly string[] | undefined>
  /** All repositories that ever had a blob or manifest, in code unit order. */
  repositories(): Promise<readonly string[]>
}

/**
 * What the embedded registry keeps its content in. A change is there for every later call once its promise is
 * fulfilled, and never half there. Names and digests are checked before they come here.
 */
export interface RegistryStore {
  readonly blobs: BlobStore
  readonly uploads: UploadStore
  readonly manifests: ManifestStore
  readonly tags: TagStore
}
