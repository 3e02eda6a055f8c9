import type { Blob, Descriptor } from '../image/index.ts'
import type { Repository } from './contract.ts'

/** A blob to read, and until when. */
export interface BlobRead {
  readonly repository: Repository
  readonly descriptor: Descriptor
  readonly signal?: AbortSignal | undefined
  /** Whether a push will follow: one token then does for both. */
  readonly isForPush?: boolean
}

/** A blob to push, and until when. */
export interface BlobPush {
  readonly repository: Repository
  readonly blob: Blob
  readonly signal?: AbortSignal | undefined
}
