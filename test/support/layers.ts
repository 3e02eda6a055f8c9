import { digestOf, mediaTypes, type Layer } from '../../src/image/index.ts'
import type { LayerEntry } from '../../src/layer/index.ts'
import { formatHeader } from '../../src/layer/write-tar.ts'

const plain = { uid: 0, gid: 0, mtimeSeconds: 0 } as const

/** All bytes of a stream. */
export async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * A stream of the given pieces.
 * @yields each of them
 */
export async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks
}

/** A file of a layer: 0644, root's, of 1970. */
export function aFile(path: string, content: string | Uint8Array = '', more: Partial<LayerEntry> = {}): LayerEntry {
  const bytes = Buffer.from(content)
  return { ...plain, path, kind: 'file', mode: 0o644, size: bytes.length, open: () => pieces(bytes), ...more }
}

/** A directory of a layer: 0755, root's, of 1970. */
export function aDirectory(path: string, more: Partial<LayerEntry> = {}): LayerEntry {
  return { ...plain, path, kind: 'directory', mode: 0o755, ...more }
}

export function aLink(path: string, linkTarget: string, kind: 'symlink' | 'hardlink' = 'symlink'): LayerEntry {
  return { ...plain, path, kind, mode: 0o777, linkTarget }
}

/** An uncompressed layer with the entries in this order, in one archive however wrong they are. */
export async function aRawLayer(entries: readonly LayerEntry[]): Promise<Layer> {
  const parts: Buffer[] = []
  for (const entry of entries) {
    const body = entry.open === undefined ? Buffer.alloc(0) : await gather(entry.open())
    parts.push(formatHeader(entry, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512))
  }
  return rawLayerOf(Buffer.concat([...parts, Buffer.alloc(1024)]))
}

/** A layer that holds these bytes. */
export function rawLayerOf(bytes: Buffer): Layer {
  const digest = digestOf(bytes)
  const descriptor = { mediaType: mediaTypes.oci.layer, digest, size: bytes.length }
  return { descriptor, diffId: digest, open: () => pieces(bytes) }
}
