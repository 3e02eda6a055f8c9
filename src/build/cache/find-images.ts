import { isToolError } from '../../errors/index.ts'
import {
  imageFromRaw,
  isAttestation,
  parseManifest,
  type AttachedManifest,
  type Image,
  type ImageManifest,
} from '../../image/index.ts'
import { onlyStrict, type Platform } from '../../platform/index.ts'
import { withDigest } from '../../reference/index.ts'
import type { RawManifest, Registry, Repository } from '../../registry/index.ts'

/** Where images are looked for. */
export interface ImagePlace {
  readonly registry: Registry
  readonly repository: Repository
  readonly signal: AbortSignal
}

/**
 * The images of a manifest or index that was pushed: their documents are read, and their layers only when somebody opens
 * them. Undefined when the registry has no such digest any more.
 */
export async function findImages(digest: string, place: ImagePlace): Promise<readonly Image[] | undefined> {
  return (await findAll(digest, place))?.map(({ image }) => image)
}

/** The same with the attestations that the index lists for each image. */
export async function findAttestedImages(digest: string, place: ImagePlace): Promise<readonly Image[] | undefined> {
  const found = await findAll(digest, place)
  if (found === undefined) return undefined
  return Promise.all(
    found.map(async ({ image, attestations }) => {
      const attached = await Promise.all(
        attestations.map(async (one) => readAttached(one, image.descriptor.digest, place)),
      )
      return withAttached(
        image,
        attached.flatMap((one) => one ?? []),
      )
    }),
  )
}

interface FoundImage {
  readonly image: Image
  /** Digests of those that the same index lists. */
  readonly attestations: readonly string[]
}

/** Indexes may hold indexes. */
async function findAll(digest: string, place: ImagePlace): Promise<readonly FoundImage[] | undefined> {
  const top = await manifestAt(digest, place)
  if (top === undefined) return undefined
  const parsed = parseManifest(top.bytes, top.descriptor.mediaType)
  if (parsed.kind === 'image') return [{ image: await readImage(top, parsed.manifest, place), attestations: [] }]
  const { manifests } = parsed.index
  const found: FoundImage[] = []
  for (const child of manifests.filter((one) => !isAttestation(one))) {
    const inside = await findAll(child.digest, place)
    if (inside === undefined) return undefined
    const own = manifests.filter((one) => isAttestation(one) && one.annotations?.[subjectKey] === child.digest)
    const attestations = own.map((one) => one.digest)
    found.push(...inside.map((one) => ({ ...one, attestations: [...one.attestations, ...attestations] })))
  }
  return found
}

/** The image with these attestations; undefined when one of them is not there any more. */
export async function findAttached(
  image: Image,
  digests: readonly string[],
  place: ImagePlace,
): Promise<Image | undefined> {
  const found = await Promise.all(digests.map(async (digest) => readAttached(digest, image.descriptor.digest, place)))
  const attached = found.flatMap((one) => one ?? [])
  return attached.length < digests.length ? undefined : withAttached(image, attached)
}

/** How BuildKit says which manifest of the same index an attestation is about. */
const subjectKey = 'vnd.docker.reference.digest'

function withAttached(image: Image, attached: readonly AttachedManifest[]): Image {
  return attached.length === 0 ? image : { ...image, attached }
}

/** @see https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
async function readAttached(digest: string, subject: string, place: ImagePlace): Promise<AttachedManifest | undefined> {
  const manifest = await manifestAt(digest, place)
  if (manifest === undefined) return undefined
  const parsed = parseManifest(manifest.bytes, manifest.descriptor.mediaType)
  if (parsed.kind === 'index') return undefined
  const { registry, repository } = place
  const knownIn = { registry: repository.registry, repository: repository.repository }
  const { config, layers } = parsed.manifest
  const blobs = [config, ...layers].map((descriptor) => ({
    descriptor,
    knownIn,
    open: (signal?: AbortSignal) => registry.getBlob(repository, descriptor, signal),
  }))
  const annotations = { [subjectKey]: subject, 'vnd.docker.reference.type': 'attestation-manifest' }
  const platform = { os: 'unknown', architecture: 'unknown' }
  return { descriptor: { ...manifest.descriptor, annotations, platform }, rawManifest: manifest.bytes, blobs }
}

/** The one for that platform, and no other that would do. */
export function imageFor(platform: Platform, images: readonly Image[]): Image | undefined {
  return images.find((image) => onlyStrict(platform).matches(image.platform))
}

/** What a digest names in a repository, or undefined when it is not there. */
export async function manifestAt(
  digest: string,
  { registry, repository, signal }: ImagePlace,
): Promise<RawManifest | undefined> {
  try {
    return await registry.getManifest(withDigest(repository, digest), signal)
  } catch (error) {
    if (isToolError(error, 'MANIFEST_UNKNOWN')) return undefined
    throw error
  }
}

async function readImage(
  { bytes }: RawManifest,
  manifest: ImageManifest,
  { registry, repository, signal }: ImagePlace,
): Promise<Image> {
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.getBlob(repository, manifest.config, signal)) chunks.push(chunk)
  return imageFromRaw({
    rawManifest: bytes,
    rawConfig: Buffer.concat(chunks),
    openLayer: (layer, layerSignal) => registry.getBlob(repository, layer, layerSignal),
    knownIn: { registry: repository.registry, repository: repository.repository },
  })
}
