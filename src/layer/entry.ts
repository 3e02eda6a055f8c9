/** What an entry of an archive is. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo'

/** What archives keep about a file beside its bytes. */
export interface EntryMetadata {
  /** Below the root, without leading slash: `a/b`; `''` is the root itself. */
  readonly path: string
  readonly kind: EntryKind
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeSeconds: number
  /** Of a symlink, as written; of a hard link the path of its file in the same archive. */
  readonly linkTarget?: string
  readonly device?: { readonly major: number; readonly minor: number }
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
}

/** An entry that is read from a tar stream. */
export interface TarEntry extends EntryMetadata {
  /** Bytes of the body; 0 unless it is a file. */
  readonly size: number
  /** Where the body starts in the stream. */
  readonly bodyOffset: number
  /** The file's bytes, to be read once and before the next entry is asked for; else they are skipped. */
  readonly body: AsyncIterable<Uint8Array>
}

/** An entry to be written. */
export interface LayerEntry extends EntryMetadata {
  /** Bytes that `open` gives; when absent they are gathered first. */
  readonly size?: number
  /** The file's bytes; absent: an empty file, or one with `body`. */
  readonly open?: () => AsyncIterable<Uint8Array>
  /** Names the bytes that `open` gives, on every machine and for ever; a cache of layers needs it. */
  readonly contentId?: string
  /** In place of `open` and `contentId`. */
  readonly body?: EntryBody
}

/** The bytes of a file. */
export interface EntryBody {
  open(): AsyncIterable<Uint8Array>
  /** Its `contentId`, known at the latest when the bytes were read. */
  known(): { readonly id: string } | undefined
  /** All the bytes at once and without the event loop, for small files; they may be overwritten by the next call. */
  read?(): Uint8Array
}

/** Whether an entry has bytes, be they none. */
export function hasBody({ kind, open, body }: LayerEntry): boolean {
  return kind === 'file' && (open !== undefined || body !== undefined)
}

/** What names the bytes of an entry, as far as that is known. */
export function contentIdOf({ contentId, body }: LayerEntry): string | undefined {
  return body === undefined ? contentId : body.known()?.id
}
