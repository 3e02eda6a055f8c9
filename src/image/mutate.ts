import { ToolError } from '../errors/index.ts'
import { digestOf } from './digest.ts'
import { imageFromRaw } from './image.ts'
import { indexFromRaw } from './image-index.ts'
import type { ContainerConfig, Descriptor, Image, ImageConfig, ImageIndex } from './types.ts'
import { configBytes, encode, sorted, wireDescriptor } from './write.ts'

/*
 * Every change edits the stored document and leaves what it does not touch as it was, members that no specification
 * names included. A change to what is there already gives the same bytes only where the document was written here.
 */

/** The image with a changed configuration. Layers cannot change this way: `rootfs` is kept. */
export function withConfig(image: Image, change: (config: ImageConfig) => Omit<ImageConfig, 'rootfs'>): Image {
  const rawConfig = configBytes({ ...change(image.config), rootfs: image.config.rootfs })
  const config = wireDescriptor({ ...image.manifest.config, digest: digestOf(rawConfig), size: rawConfig.length })
  const { platform: _, ...descriptor } = image.descriptor
  return rebuilt(image, { rawManifest: edited(image.rawManifest, { config }), rawConfig, descriptor })
}

/** The image with changed settings for its containers: environment, command, labels. */
export function withContainerConfig(image: Image, change: (config: ContainerConfig) => ContainerConfig): Image {
  return withConfig(image, (config) => ({ ...config, config: change(config.config ?? {}) }))
}

/** The image with these labels added or replaced. */
export function withLabels(image: Image, labels: Readonly<Record<string, string>>): Image {
  return withContainerConfig(image, (config) => ({ ...config, Labels: { ...config.Labels, ...labels } }))
}

/** The image with these annotations on its manifest added or replaced. */
export function withAnnotations(image: Image, annotations: Readonly<Record<string, string>>): Image {
  const all = sorted({ ...image.manifest.annotations, ...annotations })
  return rebuilt(image, {
    rawManifest: edited(image.rawManifest, { annotations: all }),
    rawConfig: image.rawConfig,
    descriptor: image.descriptor,
  })
}

/** The index with these annotations added or replaced. */
export function withIndexAnnotations(index: ImageIndex, annotations: Readonly<Record<string, string>>): ImageIndex {
  return indexFromRaw(
    edited(index.rawManifest, { annotations: sorted({ ...index.index.annotations, ...annotations }) }),
  )
}

/** The index with only the children that `keep` accepts, their descriptors as they were. */
export function filterIndex(index: ImageIndex, keep: (child: Descriptor) => boolean): ImageIndex {
  const document = JSON.parse(new TextDecoder().decode(index.rawManifest)) as { manifests?: readonly unknown[] }
  const manifests = document.manifests?.filter((_, at) => {
    const child = index.index.manifests[at]
    return child !== undefined && keep(child)
  })
  return indexFromRaw(edited(index.rawManifest, { manifests }))
}

function rebuilt(
  image: Image,
  changed: { readonly rawManifest: Uint8Array; readonly rawConfig: Uint8Array; readonly descriptor: Descriptor },
): Image {
  const { rawManifest, rawConfig } = changed
  const made = imageFromRaw({
    rawManifest,
    rawConfig,
    descriptor: { ...changed.descriptor, digest: digestOf(rawManifest), size: rawManifest.length },
    openLayer: ({ digest }, signal) => openLayer(image, digest, signal),
  })
  return { ...made, layers: image.layers }
}

function openLayer(image: Image, digest: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  const layer = image.layers.find(({ descriptor }) => descriptor.digest === digest)
  if (layer === undefined) throw new ToolError('IMAGE_INVALID', `the image has no layer ${digest}`)
  return layer.open(signal)
}

/** The document with some members replaced or added. */
function edited(bytes: Uint8Array, members: object): Uint8Array {
  return encode({ ...(JSON.parse(new TextDecoder().decode(bytes)) as object), ...members })
}
