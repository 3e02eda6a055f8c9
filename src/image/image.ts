import { ToolError } from '../errors/index.ts'
import { normalizePlatform } from '../platform/index.ts'
import { digestOf, verifyBytes } from './digest.ts'
import { familyOf, mediaTypes, toFamily, type MediaTypeFamily } from './media-types.ts'
import { parseConfig, parseManifest } from './parse.ts'
import { platformOfConfig } from './platform.ts'
import type { Blob, Descriptor, Image, ImageConfig, ImageManifest, Layer } from './types.ts'
import { configBytes, manifestBytes } from './write.ts'

/** What an image is made of. */
export interface ImageParts {
  /** `rootfs` is made from the layers. */
  readonly config: Omit<ImageConfig, 'rootfs'>
  /** Lowest first. Their media types are put into the family's words. */
  readonly layers: readonly Layer[]
  readonly annotations?: Readonly<Record<string, string>>
  /** `oci` when absent. */
  readonly family?: MediaTypeFamily
}

/** An image as it is stored, and how to open its layers. */
export interface RawImage {
  readonly rawManifest: Uint8Array
  readonly rawConfig: Uint8Array
  /** What the manifest was found under; its platform, when it has one, is kept. */
  readonly descriptor?: Descriptor
  /** Gives the bytes of one of the manifest's layers. */
  readonly openLayer: (descriptor: Descriptor, signal?: AbortSignal) => AsyncIterable<Uint8Array>
  readonly knownIn?: NonNullable<Blob['knownIn']>
}

/**
 * Makes an image out of its parts. Equal parts give equal bytes: keys have a fixed order and nothing of the time or the
 * machine goes in.
 */
export function createImage(parts: ImageParts): Image {
  const family = parts.family ?? 'oci'
  const types = mediaTypes[family]
  const layers = parts.layers.map((layer) => inFamily(layer, family))
  const config: ImageConfig = {
    ...parts.config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  }
  const rawConfig = configBytes(config)
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(rawConfig), size: rawConfig.length },
    layers: layers.map(({ descriptor }) => descriptor),
    ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
  }
  return assemble({ manifest, rawManifest: manifestBytes(manifest), config, rawConfig, layers })
}

/**
 * An image from stored bytes, which are verified against its own digests and kept as they are.
 * @throws MANIFEST_INVALID, IMAGE_CONFIG_INVALID, DIGEST_MISMATCH; IMAGE_INVALID when it holds an artifact and no image,
 *   or when layers and diff ids do not pair up
 */
export function imageFromRaw(raw: RawImage): Image {
  if (raw.descriptor !== undefined) verifyBytes(raw.rawManifest, raw.descriptor, 'manifest')
  const parsed = parseManifest(raw.rawManifest, raw.descriptor?.mediaType)
  if (parsed.kind === 'index') throw new ToolError('IMAGE_INVALID', 'an index is not one image')
  const { manifest } = parsed
  verifyBytes(raw.rawConfig, manifest.config, 'image configuration')
  const config = parseConfig(raw.rawConfig)
  const layers = pairLayers(manifest, config, raw)
  return assemble({ ...raw, manifest, config, layers })
}

function assemble(parts: {
  readonly manifest: ImageManifest
  readonly rawManifest: Uint8Array
  readonly config: ImageConfig
  readonly rawConfig: Uint8Array
  readonly layers: readonly Layer[]
  readonly descriptor?: Descriptor
}): Image {
  const spelt = platformOfConfig(parts.config)
  const { manifest, rawManifest, config, rawConfig, layers } = parts
  const descriptor: Descriptor = parts.descriptor ?? {
    mediaType: manifest.mediaType,
    digest: digestOf(rawManifest),
    size: rawManifest.length,
  }
  return {
    descriptor: { platform: spelt, ...descriptor },
    rawManifest,
    manifest,
    rawConfig,
    config,
    platform: normalizePlatform(spelt),
    layers,
  }
}

/** The same layer by the name that its type has in the family. */
export function inFamily(layer: Layer, family: MediaTypeFamily): Layer {
  const { mediaType } = layer.descriptor
  if (familyOf(mediaType) === family) return layer
  return {
    ...layer,
    open: (signal) => layer.open(signal),
    descriptor: { ...layer.descriptor, mediaType: toFamily(mediaType, family) },
  }
}

function pairLayers(manifest: ImageManifest, config: ImageConfig, raw: RawImage): readonly Layer[] {
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== manifest.layers.length) {
    throw new ToolError(
      'IMAGE_INVALID',
      `the manifest has ${manifest.layers.length} layers and the configuration ${diffIds.length} diff ids`,
    )
  }
  return manifest.layers.map((descriptor, index) => ({
    descriptor,
    diffId: diffIds[index] ?? '',
    open: (signal) => raw.openLayer(descriptor, signal),
    ...(raw.knownIn === undefined ? {} : { knownIn: raw.knownIn }),
  }))
}
