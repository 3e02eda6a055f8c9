/** A file of a build context. */
export interface ContextFile {
  /** Below the context, with slashes: `a/b`. */
  readonly path: string
  readonly absolutePath: string
  /** `other` are sockets, pipes and devices. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** When the file was last changed in any way; nobody can set it back. */
  readonly ctimeMs: number
  readonly inode: number
  readonly device: number
  /** How many names the file has. */
  readonly linkCount: number
  /** Of symlinks, as it is on disk. */
  readonly linkTarget?: string
}
