import { createIndex, digestOf, type Descriptor, type Image } from '../image/index.ts'
import type { RawManifest, Registry } from '../registry/index.ts'

/** Images that were built and need not come from a registry. */
export interface BuiltImages {
  /** Reads these images from where they are, and everything else from the registry it was made of. */
  readonly registry: Registry
  /** Remembers images; the digest of the one, or of their index. */
  add(images: readonly Image[]): string
}

/** Remembers what is built, by digest: a build that starts from it needs no round trip, and no push before it. */
export function rememberImages(registry: Registry): BuiltImages {
  const manifests = new Map<string, RawManifest>()
  const blobs = new Map<string, (signal?: AbortSignal) => AsyncIterable<Uint8Array>>()
  const addImage = (image: Image): void => {
    const { rawManifest: bytes, rawConfig, manifest, layers } = image
    const digest = digestOf(bytes)
    manifests.set(digest, { descriptor: { ...plain(image.descriptor), digest }, bytes })
    blobs.set(manifest.config.digest, () => once(rawConfig))
    for (const layer of layers) {
      const { descriptor, knownIn } = layer
      if (knownIn === undefined) blobs.set(descriptor.digest, (signal) => layer.open(signal))
      // What was read through here has to be known by where it really is.
      else if (!blobs.has(descriptor.digest)) {
        blobs.set(descriptor.digest, (signal) => registry.getBlob(knownIn, descriptor, signal))
      }
    }
  }
  return {
    add(images) {
      images.forEach(addImage)
      const [first, ...others] = images
      if (first === undefined) throw new Error('no image was built')
      if (others.length === 0) return first.descriptor.digest
      const { descriptor, rawManifest } = createIndex({ manifests: images.map((image) => image.descriptor) })
      manifests.set(descriptor.digest, { descriptor, bytes: rawManifest })
      return descriptor.digest
    },
    registry: {
      resolve: (reference, signal) => registry.resolve(reference, signal),
      async getManifest(reference, signal) {
        const found = reference.digest === undefined ? undefined : manifests.get(reference.digest)
        return found ?? registry.getManifest(reference, signal)
      },
      getBlob: (repository, descriptor, signal) =>
        blobs.get(descriptor.digest)?.(signal) ?? registry.getBlob(repository, descriptor, signal),
      getBlobRange: (repository, descriptor, span) => registry.getBlobRange(repository, descriptor, span),
      hasBlob: (repository, descriptor, signal) => registry.hasBlob(repository, descriptor, signal),
      pushBlob: (repository, blob, signal) => registry.pushBlob(repository, blob, signal),
      putManifest: (reference, manifest, signal) => registry.putManifest(reference, manifest, signal),
      listReferrers: (reference, options) => registry.listReferrers(reference, options),
      listTags: (repository, signal) => registry.listTags(repository, signal),
      close: () => registry.close(),
    },
  }
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}
