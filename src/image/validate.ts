import { formatPlatformFully, platformsEqual } from '../platform/index.ts'
import { digestOf, isDigest, parseDigest } from './digest.ts'
import { findTwins } from './image-index.ts'
import { compressionOf, familyOf, isConfigType, isImageType, isIndexType } from './media-types.ts'
import { isAttestation, platformOfConfig } from './platform.ts'
import type { Descriptor, Image, ImageIndex } from './types.ts'

/** Something that is wrong with an image or index, though it could be read. */
export interface Problem {
  /** Where: `config.rootfs.diff_ids`, `manifests[2].platform`. */
  readonly where: string
  readonly message: string
}

/** Every way in which the image's documents contradict each other or the specification; empty for a good image. */
export function validateImage(image: Image): readonly Problem[] {
  return [
    ...checkBytes('manifest', image.rawManifest, image.descriptor),
    ...checkBytes('config', image.rawConfig, image.manifest.config),
    ...checkConfigType(image),
    ...checkLayers(image),
    ...checkHistory(image),
    ...checkPlatform(image),
  ]
}

/** Every way in which the index contradicts itself or the specification; its children are not read. */
export function validateIndex(index: ImageIndex): readonly Problem[] {
  const { manifests, mediaType } = index.index
  const problems = [...checkBytes('index', index.rawManifest, index.descriptor)]
  if (manifests.length === 0) problems.push({ where: 'manifests', message: 'the index has no children' })
  const twins = findTwins(manifests)
  if (twins?.[0].platform !== undefined) {
    const platform = formatPlatformFully(twins[0].platform)
    problems.push({ where: 'manifests', message: `two children are for ${platform}` })
  }
  return [...problems, ...manifests.flatMap((child, at) => checkChild(child, `manifests[${at}]`, mediaType))]
}

function checkBytes(where: string, bytes: Uint8Array, claim: Descriptor): readonly Problem[] {
  const problems: Problem[] = []
  if (bytes.length !== claim.size) {
    problems.push({ where, message: `${bytes.length} bytes, and not ${claim.size} as its descriptor says` })
  }
  if (!isDigest(claim.digest)) return [...problems, { where, message: `${claim.digest} cannot be verified` }]
  const found = digestOf(bytes, parseDigest(claim.digest).algorithm)
  if (found !== claim.digest) problems.push({ where, message: `is ${found}, and not ${claim.digest}` })
  return problems
}

function checkConfigType({ manifest }: Image): readonly Problem[] {
  if (isConfigType(manifest.config.mediaType)) return []
  return [{ where: 'manifest.config.mediaType', message: `${manifest.config.mediaType} is no image configuration` }]
}

function checkLayers({ manifest, config, layers }: Image): readonly Problem[] {
  const problems: Problem[] = []
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== manifest.layers.length) {
    const message = `${diffIds.length} diff ids for ${manifest.layers.length} layers`
    problems.push({ where: 'config.rootfs.diff_ids', message })
  }
  for (const [at, { mediaType, digest }] of manifest.layers.entries()) {
    const where = `manifest.layers[${at}]`
    const compression = compressionOf(mediaType)
    if (compression === undefined) problems.push({ where, message: `${mediaType} is no layer type` })
    else if (familyOf(mediaType) !== familyOf(manifest.mediaType)) {
      problems.push({ where, message: `${mediaType} inside ${manifest.mediaType}` })
    }
    if (compression === 'none' && diffIds[at] !== undefined && diffIds[at] !== digest) {
      problems.push({ where, message: 'is not compressed, yet its digest is not its diff id' })
    }
    if (layers[at]?.descriptor.digest !== digest) problems.push({ where, message: 'is not the layer at hand' })
  }
  return problems
}

function checkHistory({ config, manifest }: Image): readonly Problem[] {
  if (config.history === undefined || config.history.length === 0) return []
  const filled = config.history.filter((entry) => entry.empty_layer !== true).length
  if (filled === manifest.layers.length) return []
  const message = `${filled} entries with a layer for ${manifest.layers.length} layers`
  return [{ where: 'config.history', message }]
}

function checkPlatform({ config, descriptor }: Image): readonly Problem[] {
  const own = platformOfConfig(config)
  if (descriptor.platform === undefined || platformsEqual(own, descriptor.platform)) return []
  const message = `${formatPlatformFully(descriptor.platform)}, where the configuration says ${formatPlatformFully(own)}`
  return [{ where: 'descriptor.platform', message }]
}

function checkChild(child: Descriptor, where: string, indexType: string): readonly Problem[] {
  const problems: Problem[] = []
  const isKnown = isImageType(child.mediaType) || isIndexType(child.mediaType)
  if (isKnown && child.platform === undefined && isImageType(child.mediaType) && !isAttestation(child)) {
    problems.push({ where: `${where}.platform`, message: 'is missing' })
  }
  if (familyOf(indexType) === 'docker' && familyOf(child.mediaType) !== 'docker') {
    problems.push({ where: `${where}.mediaType`, message: `${child.mediaType} inside a Docker manifest list` })
  }
  return problems
}
