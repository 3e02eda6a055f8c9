import {
  createIndex,
  digestOf,
  isForeignLayerType,
  type AttachedManifest,
  type Blob,
  type Descriptor,
  type Image,
  type ImageIndex,
} from '../image/index.ts'
import { platformTagSuffix, type Platform } from '../platform/index.ts'
import { withDigest, withTag, type Reference } from '../reference/index.ts'
import type { PushOutcome, RawManifest, Registry } from '../registry/index.ts'

/** A blob that is in the registry now, and how it came there. */
export interface BlobEvent {
  readonly digest: string
  readonly sizeBytes: number
  readonly how: PushOutcome
}

/** Images to push under one name. */
export interface PublishRequest {
  /** With a tag; without one the result is only found by its digest. */
  readonly reference: Reference
  /** One per platform, in the order that the index shall have. */
  readonly images: readonly Image[]
  readonly signal?: AbortSignal
  /** Called once per blob of each image. */
  readonly onBlob?: (event: BlobEvent) => void
}

/** What the name points at now. */
export interface Published {
  /** With tag and digest. */
  readonly reference: Reference
  readonly digest: string
  readonly mediaType: string
  readonly platforms: readonly Platform[]
}

/**
 * Pushes images so that nobody ever sees half of them: blobs, manifests by digest, then tags, last the one that was
 * asked for. One image goes under the tag itself. Several get tags of their own, `v1_linux_amd64`, `v1_linux_arm_v7`,
 * and the tag is an index of them, as is that of one with attestations. What the registry has already is not sent again, and a tag that points at the
 * right digest is not written.
 * @throws INDEX_EMPTY without images, INDEX_PLATFORM_TWICE, REGISTRY_…
 */
export async function publishImages(registry: Registry, request: PublishRequest): Promise<Published> {
  const top = topOf(request.images)
  const { reference } = request
  const result: Published = {
    reference: withDigest(reference, top.descriptor.digest),
    digest: top.descriptor.digest,
    mediaType: top.descriptor.mediaType,
    platforms: request.images.map(({ platform }) => platform),
  }
  const work: TagWork = { to: top, signal: request.signal }
  const tags = ownTags(request)
  // all at once: a round trip may take longer than the build
  const [isThere, areTagged] = await Promise.all([
    isTagged(registry, reference, work),
    Promise.all(tags.map(async (own) => isTagged(registry, own.reference, own))),
  ])
  if (isThere) for (const image of request.images) reportAll(image, request)
  else await Promise.all(request.images.map(async (image) => pushImage(registry, image, request)))
  const untagged = tags.filter((_, index) => areTagged[index] === false)
  await Promise.all(untagged.map(async (own) => writeTop(registry, own.reference, own)))
  if (!isThere) await writeTop(registry, reference, work)
  return result
}

/** Pushes one image's blobs, then its manifest by digest. */
export async function pushImage(
  registry: Registry,
  image: Image,
  request: Omit<PublishRequest, 'images'>,
): Promise<Descriptor> {
  const { reference, signal } = request
  if (await isThereWhole(registry, image, request)) {
    reportAll(image, request)
    return image.descriptor
  }
  const push = async (blob: Blob): Promise<void> => {
    const how = await registry.pushBlob(reference, blob, signal)
    report(blob.descriptor, how, request)
  }
  await Promise.all(blobsOf(image).map(push))
  await registry.putManifest(withDigest(reference, image.descriptor.digest), manifestOf(image), signal)
  for (const attached of image.attached ?? []) {
    await Promise.all(attached.blobs.map(push))
    await registry.putManifest(withDigest(reference, attached.descriptor.digest), manifestOf(attached), signal)
  }
  return image.descriptor
}

/** Asked only about images that were read from the same repository: one request then stands for one per blob. */
async function isThereWhole(
  registry: Registry,
  { layers, descriptor, attached }: Image,
  { reference, signal }: Omit<PublishRequest, 'images'>,
): Promise<boolean> {
  const isReadFrom = ({ knownIn }: Blob): boolean =>
    knownIn?.registry === reference.registry && knownIn.repository === reference.repository
  if (attached !== undefined || layers.length === 0 || !layers.every(isReadFrom)) return false
  return (await registry.resolve(withDigest(reference, descriptor.digest), signal)) !== undefined
}

/** The tag of one platform's image beside the index: `v1_linux_arm_v7`. */
export function platformTag(tag: string, platform: Platform): string {
  return `${tag}_${platformTagSuffix(platform)}`
}

interface TagWork {
  readonly to: RawManifest
  readonly signal: AbortSignal | undefined
}

function topOf(images: readonly Image[]): RawManifest {
  const [only, ...others] = images
  const isAlone = only !== undefined && others.length === 0 && only.attached === undefined
  return isAlone ? manifestOf(only) : manifestOf(indexOf(images))
}

function indexOf(images: readonly Image[]): ImageIndex {
  const attached = images.flatMap((image) => image.attached ?? [])
  return createIndex({ manifests: [...images, ...attached].map(({ descriptor }) => descriptor) })
}

/** The tags of single images, beside an index. */
function ownTags({
  reference,
  images,
  signal,
}: PublishRequest): readonly (TagWork & { readonly reference: Reference })[] {
  const { tag } = reference
  if (images.length < 2 || tag === undefined) return []
  return images.map((image) => ({
    reference: withTag(reference, platformTag(tag, image.platform)),
    to: manifestOf(image),
    signal,
  }))
}

async function writeTop(registry: Registry, reference: Reference, { to, signal }: TagWork): Promise<void> {
  const { tag } = reference
  const target = tag === undefined ? withDigest(reference, to.descriptor.digest) : withTag(reference, tag)
  await registry.putManifest(target, to, signal)
}

async function isTagged(registry: Registry, reference: Reference, { to, signal }: TagWork): Promise<boolean> {
  const { tag } = reference
  if (tag === undefined) return false
  const found = await registry.resolve(withTag(reference, tag), signal)
  return found?.digest === to.descriptor.digest
}

function manifestOf({
  descriptor,
  rawManifest,
}: Pick<AttachedManifest | Image | ImageIndex, 'descriptor' | 'rawManifest'>): RawManifest {
  return { descriptor, bytes: rawManifest }
}

/** The configuration, and the layers that registries keep: others come from their own addresses. */
function blobsOf(image: Image): readonly Blob[] {
  const config: Blob = {
    descriptor: { ...image.manifest.config, digest: digestOf(image.rawConfig), size: image.rawConfig.length },
    async *open() {
      yield image.rawConfig
    },
  }
  return [config, ...image.layers.filter(({ descriptor }) => !isForeignLayerType(descriptor.mediaType))]
}

function reportAll(image: Image, request: Omit<PublishRequest, 'images'>): void {
  for (const { descriptor } of blobsOf(image)) report(descriptor, 'exists', request)
}

function report({ digest, size }: Descriptor, how: PushOutcome, { onBlob }: Omit<PublishRequest, 'images'>): void {
  onBlob?.({ digest, sizeBytes: size, how })
}
