import type { ContextFile } from './context-file.ts'

/** What tells whether a file is still what it was. */
export type FileStamp = Pick<ContextFile, 'sizeBytes' | 'mtimeMs' | 'ctimeMs' | 'inode'>

/** What is known about the bytes of a file. */
export interface KnownFile {
  /** `sha256:…` */
  readonly digest: string
  /** As many of the first bytes as were remembered. */
  readonly head: Uint8Array
}
