import { digestOf } from './digest.ts'
import { imageFromRaw, inFamily } from './image.ts'
import { familyOf, mediaTypes, toFamily, type MediaTypeFamily } from './media-types.ts'
import type { Descriptor, Image, Layer } from './types.ts'
import { encode, wireDescriptor } from './write.ts'

/** An image in the words of one family, and what these have no place for. */
export interface ConvertedImage {
  readonly image: Image
  /** Left out, or why the image is as it was. */
  readonly lost: readonly string[]
}

/**
 * Puts the manifest of an image into the words of Docker or of OCI. Configuration and layers stay as they are, and so do
 * their digests. Docker's manifests have no place for annotations, nor its lists for attestations; an image with a layer
 * that has no counterpart is given back as it is.
 * @see https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
 */
export function convertImage(image: Image, family: MediaTypeFamily): ConvertedImage {
  const { manifest, layers } = image
  const odd = layers.find(({ descriptor }) => familyOf(toFamily(descriptor.mediaType, family)) !== family)
  if (odd !== undefined) return { image, lost: [`layers of type ${odd.descriptor.mediaType} have no counterpart`] }
  const isDocker = family === 'docker'
  if ([manifest, manifest.config, ...manifest.layers].every(({ mediaType }) => familyOf(mediaType) === family)) {
    return isDocker && image.attached !== undefined
      ? { image: withoutAttached(image), lost: ['attestations'] }
      : { image, lost: [] }
  }
  const converted = layers.map((layer) => layerIn(family, layer))
  const rawManifest = encode({
    ...documentOf(image),
    mediaType: mediaTypes[family].manifest,
    config: wireDescriptor({ ...plainFor(family, manifest.config), mediaType: mediaTypes[family].config }),
    layers: converted.map(({ descriptor }) => wireDescriptor(descriptor)),
    ...(isDocker ? ociOnly : {}),
  })
  const { platform } = image.descriptor
  const made = imageFromRaw({
    rawManifest,
    rawConfig: image.rawConfig,
    descriptor: {
      mediaType: mediaTypes[family].manifest,
      digest: digestOf(rawManifest),
      size: rawManifest.length,
      ...(platform === undefined ? {} : { platform }),
    },
    openLayer: ({ digest }, signal) => openOf(converted, digest, signal),
  })
  return { image: { ...made, layers: converted }, lost: lostIn(image, family) }
}

/** Members that Docker's manifests do not have. */
const ociOnly = { annotations: undefined, artifactType: undefined, subject: undefined }

function withoutAttached(image: Image): Image {
  const { attached: _, ...plain } = image
  return plain
}

function documentOf({ rawManifest }: Image): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(rawManifest)) as Record<string, unknown>
}

function layerIn(family: MediaTypeFamily, layer: Layer): Layer {
  const { descriptor, ...others } = inFamily(layer, family)
  return { ...others, open: (signal) => layer.open(signal), descriptor: plainFor(family, descriptor) }
}

/** Docker's descriptors name type, size, digest and other places, and nothing else. */
function plainFor(family: MediaTypeFamily, descriptor: Descriptor): Descriptor {
  if (family === 'oci') return descriptor
  const { mediaType, digest, size, urls } = descriptor
  return { mediaType, digest, size, ...(urls === undefined ? {} : { urls }) }
}

function openOf(layers: readonly Layer[], digest: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  const layer = layers.find(({ descriptor }) => descriptor.digest === digest)
  if (layer === undefined) throw new Error(`the image has no layer ${digest}`)
  return layer.open(signal)
}

/** What is attested is attested of another manifest. */
function lostIn({ manifest, attached, descriptor }: Image, family: MediaTypeFamily): readonly string[] {
  const attestations = attached === undefined ? [] : ['attestations']
  if (family === 'oci') return attestations
  const all = [manifest, manifest.config, ...manifest.layers, descriptor]
  return [
    ...(all.some(({ annotations }) => annotations !== undefined) ? ['annotations'] : []),
    ...(manifest.subject === undefined ? [] : ['the subject']),
    ...attestations,
  ]
}
