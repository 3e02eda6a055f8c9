import type { Blob, Descriptor } from '../../../image/index.ts'
import { parseReference, withDigest } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'

/** Where one image name leads: to a registry, or to a layout on disk. */
export interface ImageStore {
  /** What the name stands for, or the manifest of that digest beside it. */
  getManifest(
    digest: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array }>
  open(descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  readonly knownIn?: NonNullable<Blob['knownIn']>
}

/**
 * The store that a name of FROM or `--from` leads to.
 * @throws REFERENCE_INVALID
 */
export async function openImageStore(name: string, registry: Registry): Promise<ImageStore> {
  return Promise.resolve(registryStore(registry, name))
}

function registryStore(registry: Registry, name: string): ImageStore {
  const parsed = parseReference(name)
  const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
  return {
    getManifest: (digest, signal) =>
      registry.getManifest(digest === undefined ? reference : withDigest(reference, digest), signal),
    open: (descriptor, signal) => registry.getBlob(reference, descriptor, signal),
    knownIn: { registry: reference.registry, repository: reference.repository },
  }
}
