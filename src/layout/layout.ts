import type { Blob, Descriptor, ImageIndex } from '../image/index.ts'

/** A manifest or index as stored, with its descriptor. */
export interface StoredManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/**
 * A folder in OCI's image layout. What is written is there whole or not at all; the same content is stored once.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export interface Layout {
  /** `index.json`. */
  getIndex(): Promise<ImageIndex>
  /** What a name stands for. */
  getRef(name: string): Promise<Descriptor | undefined>
  /** A manifest by its digest; BLOB_UNKNOWN when it is not there. */
  getManifest(digest: string): Promise<StoredManifest>
  /** Verified bytes: what is wrong with them throws at the end of the stream. */
  getBlob(descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Stores verified bytes; says whether they were there. */
  putBlob(blob: Blob, signal?: AbortSignal): Promise<'exists' | 'written'>
  putManifest(manifest: StoredManifest): Promise<void>
  /** Lets a name stand for a manifest that is in the layout. Of several processes the last one wins. */
  setRef(name: string, descriptor: Descriptor): Promise<void>
  /** Lists a manifest that has no name, unless it is listed already: what is listed nowhere belongs to nothing. */
  addEntry(descriptor: Descriptor): Promise<void>
}
