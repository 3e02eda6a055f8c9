import { ToolError } from '../errors/index.ts'
import { formatPlatformFully } from '../platform/index.ts'
import { digestOf, verifyBytes } from './digest.ts'
import { familyOf, mediaTypes, type MediaTypeFamily } from './media-types.ts'
import { parseManifest } from './parse.ts'
import { isAttestation, platformKey } from './platform.ts'
import type { Descriptor, ImageIndex, IndexManifest } from './types.ts'
import { indexBytes } from './write.ts'

/** What an index is made of. */
export interface IndexParts {
  /** In the order that readers shall prefer them. */
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
  /** When absent: `docker` if every child is of Docker's types and there are no annotations, else `oci`. */
  readonly family?: MediaTypeFamily
}

/**
 * Stitches descriptors into an index. The order and every member of the descriptors are kept.
 * @throws INDEX_EMPTY without children; INDEX_PLATFORM_TWICE when two children are for the very same platform
 */
export function createIndex(parts: IndexParts): ImageIndex {
  checkChildren(parts.manifests)
  const family = parts.family ?? familyOfChildren(parts)
  const index: IndexManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes[family].index,
    manifests: parts.manifests,
    ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
  }
  const rawManifest = indexBytes(index)
  return {
    descriptor: { mediaType: index.mediaType, digest: digestOf(rawManifest), size: rawManifest.length },
    rawManifest,
    index,
  }
}

/**
 * An index from stored bytes, which are kept as they are.
 * @throws MANIFEST_INVALID, DIGEST_MISMATCH; IMAGE_INVALID when the bytes are one image
 */
export function indexFromRaw(rawManifest: Uint8Array, descriptor?: Descriptor): ImageIndex {
  if (descriptor !== undefined) verifyBytes(rawManifest, descriptor, 'index')
  const parsed = parseManifest(rawManifest, descriptor?.mediaType)
  if (parsed.kind === 'image') throw new ToolError('IMAGE_INVALID', 'one image is not an index')
  const { index } = parsed
  return {
    descriptor: descriptor ?? {
      mediaType: index.mediaType,
      digest: digestOf(rawManifest),
      size: rawManifest.length,
    },
    rawManifest,
    index,
  }
}

/** The first two children that are for the very same platform, if there are any; attestations do not count. */
export function findTwins(manifests: readonly Descriptor[]): readonly [Descriptor, Descriptor] | undefined {
  const seen = new Map<string, Descriptor>()
  for (const child of manifests) {
    if (child.platform === undefined || isAttestation(child)) continue
    const key = platformKey(child.platform)
    const twin = seen.get(key)
    if (twin !== undefined) return [twin, child]
    seen.set(key, child)
  }
  return undefined
}

function checkChildren(manifests: readonly Descriptor[]): void {
  if (manifests.length === 0) {
    throw new ToolError('INDEX_EMPTY', 'an index needs at least one image', { hint: 'name the images to put into it' })
  }
  const twins = findTwins(manifests)
  if (twins === undefined) return
  const [first, second] = twins
  const platform = first.platform === undefined ? '' : formatPlatformFully(first.platform)
  throw new ToolError(
    'INDEX_PLATFORM_TWICE',
    `two images of the index are for ${platform}: ${first.digest} and ${second.digest}`,
    { hint: 'leave one of them out' },
  )
}

function familyOfChildren({ manifests, annotations }: IndexParts): MediaTypeFamily {
  const isDocker = annotations === undefined && manifests.every(({ mediaType }) => familyOf(mediaType) === 'docker')
  return isDocker ? 'docker' : 'oci'
}
