/** The bytes of a file, and what they are. */
export interface KnownBytes {
  readonly digest: string
  readonly bytes: Uint8Array
}

/** Bytes that were read to find out what is in a file, until somebody takes them to copy it. */
export interface KeptBytes {
  keep(path: string, known: KnownBytes): void
  take(path: string, digest: string): Uint8Array | undefined
  forget(): void
}

const maxBytes = 32 * 1024 * 1024

/** Keeps 32 MiB at most; what comes later has to be read again. */
export function createKeptBytes(): KeptBytes {
  const kept = new Map<string, KnownBytes>()
  let sizeBytes = 0
  const remove = (path: string): KnownBytes | undefined => {
    const known = kept.get(path)
    sizeBytes -= known?.bytes.length ?? 0
    kept.delete(path)
    return known
  }
  return {
    keep(path, known) {
      remove(path)
      if (sizeBytes + known.bytes.length > maxBytes) return
      kept.set(path, known)
      sizeBytes += known.bytes.length
    },
    take(path, digest) {
      const known = remove(path)
      return known?.digest === digest ? known.bytes : undefined
    },
    forget() {
      kept.clear()
      sizeBytes = 0
    },
  }
}
