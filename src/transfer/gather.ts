import {
  entriesOf,
  entryOf,
  indexFromRaw,
  isAttestation,
  isConfigType,
  isImageType,
  isIndexType,
  parseConfig,
  parseManifest,
  platformOfConfig,
  type Descriptor,
  type ImageIndex,
  type IndexEntry,
} from '../image/index.ts'
import { platformsEqual, type Platform } from '../platform/index.ts'
import type { RawManifest } from '../registry/index.ts'
import type { ImageSource } from './contract.ts'

/** An entry for a new index, and where its content is. */
export interface GatheredEntry extends IndexEntry {
  readonly source: ImageSource
  /** What was read of it already. */
  readonly manifest?: RawManifest
}

/** What a reference has to offer an index. */
export interface Gathered {
  readonly top: RawManifest
  readonly entries: readonly GatheredEntry[]
  /** Set when the reference is an index: its other members may be kept. */
  readonly index?: ImageIndex
}

/** Which entries are wanted. */
export interface GatherOptions {
  /** Only these platforms, each with its attestations; all when empty. */
  readonly platforms: readonly Platform[]
  readonly signal?: AbortSignal
}

/**
 * Reads what a name offers to an index: an image is one entry, with the platform that its configuration says; an index
 * gives its own entries, as they are written. Indexes inside it stay one entry each.
 * @throws MANIFEST_UNKNOWN, MANIFEST_INVALID, REGISTRY_…
 */
export async function gatherEntries(
  source: ImageSource,
  name: string | undefined,
  options: GatherOptions,
): Promise<Gathered> {
  const top = await source.getManifest(name, options.signal)
  if (!isIndexType(top.descriptor.mediaType)) {
    const descriptor = await describeImage(source, top, options.signal)
    const isWanted = matchesPlatforms(descriptor.platform, options.platforms)
    return { top, entries: isWanted ? [{ ...entryOf(descriptor), source, manifest: top }] : [] }
  }
  const index = indexFromRaw(top.bytes, top.descriptor)
  const entries = keepPlatforms(entriesOf(index), options.platforms)
  return { top, index, entries: entries.map((entry) => ({ ...entry, source })) }
}

/** The image's descriptor with the platform that its configuration says; artifacts have none. */
export async function describeImage(
  source: ImageSource,
  { descriptor, bytes }: RawManifest,
  signal?: AbortSignal,
): Promise<Descriptor> {
  if (!isImageType(descriptor.mediaType)) return descriptor
  const parsed = parseManifest(bytes, descriptor.mediaType)
  if (parsed.kind === 'index') return descriptor
  const { config, artifactType } = parsed.manifest
  if (!isConfigType(config.mediaType)) {
    return { ...descriptor, artifactType: artifactType ?? config.mediaType }
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of source.getBlob(config, signal)) chunks.push(chunk)
  return { ...descriptor, platform: platformOfConfig(parseConfig(Buffer.concat(chunks))) }
}

/** The entries for some platforms, with the attestations of those that stay; all of them when none is named. */
export function keepPlatforms<Entry extends IndexEntry>(
  entries: readonly Entry[],
  platforms: readonly Platform[],
): readonly Entry[] {
  if (platforms.length === 0) return entries
  const kept = entries.filter(
    ({ descriptor }) => !isAttestation(descriptor) && matchesPlatforms(descriptor.platform, platforms),
  )
  return entries.filter((entry) => kept.includes(entry) || isAbout(entry.descriptor, kept))
}

/** Whether an attestation is about one of the entries. */
export function isAbout(attestation: Descriptor, entries: readonly Pick<IndexEntry, 'descriptor'>[]): boolean {
  const about = attestation.annotations?.['vnd.docker.reference.digest']
  return isAttestation(attestation) && entries.some(({ descriptor }) => descriptor.digest === about)
}

function matchesPlatforms(platform: Platform | undefined, wanted: readonly Platform[]): boolean {
  if (wanted.length === 0) return true
  if (platform === undefined) return false
  return wanted.some(
    (one) => platformsEqual(one, platform) && (one.osVersion === undefined || one.osVersion === platform.osVersion),
  )
}
