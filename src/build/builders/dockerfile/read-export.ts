import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../../../errors/index.ts'
import {
  createImage,
  imageFromRaw,
  isAttestation,
  parseManifest,
  verifyStream,
  type AttachedManifest,
  type Descriptor,
  type Image,
} from '../../../image/index.ts'
import { openLayout, type Layout } from '../../../layout/index.ts'
import { formatPlatform, normalizePlatform, onlyStrict, type Platform } from '../../../platform/index.ts'

/**
 * All images of an OCI layout that a builder has written, in the order of its index; attestations go with the image that they are about.
 * @throws LAYOUT_INVALID, MANIFEST_INVALID, IMAGE_INVALID
 */
export async function readLayoutImages(folder: string): Promise<readonly Image[]> {
  const layout = await openLayout(folder)
  const { index } = await layout.getIndex()
  return imagesOf(layout, index.manifests)
}

/**
 * The image of a folder that skopeo and buildah call `dir:`, in OCI's words: what OCI's configuration has no word for,
 * health checks for instance, stays in it.
 * @throws MANIFEST_INVALID, IMAGE_INVALID, DIGEST_MISMATCH
 */
export async function readDirImage(folder: string): Promise<Image> {
  const rawManifest = await readFile(join(folder, 'manifest.json'))
  const parsed = parseManifest(rawManifest)
  if (parsed.kind === 'index') throw invalid(`${folder} holds several images`)
  const pathOf = ({ digest }: Descriptor): string => join(folder, digest.replace(/^sha256:/, ''))
  const image = imageFromRaw({
    rawManifest,
    rawConfig: await readFile(pathOf(parsed.manifest.config)),
    openLayer: (layer, signal) => verifyStream(createReadStream(pathOf(layer), { signal }), layer, 'layer'),
  })
  return createImage({ config: image.config, layers: image.layers, family: 'oci' })
}

/**
 * The only image of what was made, and for the platform that was asked for: nothing is ever labelled with another one.
 * @throws BUILD_RESULT_INVALID
 */
export function onlyImageFor(platform: Platform, images: readonly Image[], maker: string): Image {
  const [image, ...others] = images
  if (image === undefined || others.length > 0) throw invalid(`${maker} made ${images.length} images, not one`)
  if (onlyStrict(platform).matches(image.platform)) return image
  const [made, wanted] = [image.platform, normalizePlatform(platform)].map(formatPlatform)
  throw new ToolError('BUILD_RESULT_INVALID', `${maker} was asked for ${wanted} and made an image for ${made}`, {
    hint: `build for ${made} only, with --platform or the platforms of the artifact`,
  })
}

async function imagesOf(layout: Layout, descriptors: readonly Descriptor[]): Promise<readonly Image[]> {
  const nested = await Promise.all(
    descriptors
      .filter((descriptor) => !isAttestation(descriptor))
      .map(async ({ digest }): Promise<readonly Image[]> => {
        const { bytes, descriptor } = await layout.getManifest(digest)
        const parsed = parseManifest(bytes, descriptor.mediaType)
        if (parsed.kind === 'index') return imagesOf(layout, parsed.index.manifests)
        const rawConfig = await readWhole(layout.getBlob(parsed.manifest.config))
        const openLayer = (layer: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array> =>
          layout.getBlob(layer, signal)
        const image = imageFromRaw({ rawManifest: bytes, rawConfig, openLayer })
        const attached = await attachedTo(digest, layout, descriptors)
        return [attached.length === 0 ? image : { ...image, attached }]
      }),
  )
  return nested.flat()
}

/** Attestations that the same index lists for an image. */
async function attachedTo(
  digest: string,
  layout: Layout,
  descriptors: readonly Descriptor[],
): Promise<readonly AttachedManifest[]> {
  const own = descriptors.filter(({ annotations }) => annotations?.['vnd.docker.reference.digest'] === digest)
  return Promise.all(
    own.map(async (descriptor) => {
      const { bytes: rawManifest } = await layout.getManifest(descriptor.digest)
      const parsed = parseManifest(rawManifest, descriptor.mediaType)
      if (parsed.kind === 'index') throw invalid(`the attestation ${descriptor.digest} is an index`)
      const { config, layers } = parsed.manifest
      const open = (blob: Descriptor) => (signal?: AbortSignal) => layout.getBlob(blob, signal)
      const blobs = [config, ...layers].map((blob) => ({ descriptor: blob, open: open(blob) }))
      return { descriptor, rawManifest, blobs }
    }),
  )
}

async function readWhole(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function invalid(message: string): ToolError {
  return new ToolError('BUILD_RESULT_INVALID', message, { hint: 'let the build make one image' })
}
