import {
  isAttestation,
  isConfigType,
  isIndexType,
  parseConfig,
  parseManifest,
  platformOfConfig,
  type Descriptor,
} from '../image/index.ts'
import { isToolError } from '../errors/index.ts'
import { normalizePlatform, type Platform } from '../platform/index.ts'
import { formatReference, parseReference, withDigest, type Reference } from '../reference/index.ts'
import type { RawManifest, Registry } from '../registry/index.ts'
import { openInspectionStore, type InspectionStore } from './inspection-store.ts'

/** What an image name offers. */
export interface Inspection {
  /** With its digest. */
  readonly reference: string
  readonly digest: string
  readonly kind: 'image' | 'index'
  /** As they are listed, normalised; attestations are none. `unknown` when what is there does not say. */
  readonly platforms: readonly Platform[] | 'unknown'
  /** Why they are unknown. */
  readonly reason?: string
}

/** Looks at images that were not built here. */
export interface Inspector {
  /**
   * Each image is asked for once, however it is spelt; a failed question may be asked again.
   * @throws REFERENCE_INVALID, MANIFEST_UNKNOWN, MANIFEST_INVALID, REGISTRY_…
   */
  inspect(reference: string, signal?: AbortSignal): Promise<Inspection>
}

/** What an inspector works with. */
export interface InspectorOptions {
  readonly registry: Registry
  /** Where answers are kept for later runs; absent: they are not. */
  readonly cacheFolder?: string
}

/**
 * Makes an inspector that remembers its answers. With a cache, a name that an earlier run has seen costs one HEAD, which
 * registries do not count as a pull, and a digest costs nothing.
 */
export function createInspector({ registry, cacheFolder }: InspectorOptions): Inspector {
  const store = cacheFolder === undefined ? undefined : openInspectionStore(cacheFolder)
  const known = new Map<string, Promise<Inspection>>()
  return {
    async inspect(text, signal) {
      const parsed = parseReference(text)
      const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
      const name = formatReference(reference)
      const earlier = known.get(name)
      if (earlier !== undefined) return earlier
      const looking = inspectOnce({ registry, store, signal }, reference)
      known.set(name, looking)
      looking.catch(() => known.delete(name))
      return looking
    },
  }
}

interface Sources {
  readonly registry: Registry
  readonly store: InspectionStore | undefined
  readonly signal: AbortSignal | undefined
}

async function inspectOnce({ registry, store, signal }: Sources, reference: Reference): Promise<Inspection> {
  const name = formatReference(reference)
  const digest = store === undefined ? undefined : await knownDigest({ registry, store, signal }, reference)
  const kept = digest === undefined ? undefined : await store?.find(digest)
  if (digest !== undefined && kept !== undefined) {
    return { reference: formatReference(withDigest(reference, digest)), digest, ...kept }
  }
  const found = await lookAt(registry, reference, signal)
  const { kind, platforms } = found
  if (platforms !== 'unknown') await store?.keep(name, found.digest, { kind, platforms })
  return found
}

/** What the name points at, when something may be known of that. */
async function knownDigest(
  { registry, store, signal }: Sources & { readonly store: InspectionStore },
  reference: Reference,
): Promise<string | undefined> {
  if (reference.digest !== undefined) return reference.digest
  if (!(await store.hasSeen(formatReference(reference)))) return undefined
  try {
    return (await registry.resolve(reference, signal))?.digest
  } catch (error) {
    // a mirror may have what its registry cannot be asked for
    if (isToolError(error) && error.code !== 'ABORTED') return undefined
    throw error
  }
}

/** Indexes inside indexes are rare, and a circle of them is not possible; a long chain is nobody's image. */
const maxDepth = 3

async function lookAt(registry: Registry, reference: Reference, signal?: AbortSignal): Promise<Inspection> {
  const top = await registry.getManifest(reference, signal)
  const { descriptor } = top
  const pinned = withDigest(reference, descriptor.digest)
  const look: Look = { registry, repository: pinned, signal }
  const kind = isIndexType(descriptor.mediaType) ? 'index' : 'image'
  const found = await platformsOf(top, look, 0)
  return {
    reference: formatReference(pinned),
    digest: descriptor.digest,
    kind,
    ...(typeof found === 'string' ? { platforms: 'unknown', reason: found } : { platforms: unique(found) }),
  }
}

interface Look {
  readonly registry: Registry
  readonly repository: Reference
  readonly signal: AbortSignal | undefined
}

/** The platforms, or why they are unknown. */
async function platformsOf(
  { bytes, descriptor }: RawManifest,
  look: Look,
  depth: number,
): Promise<readonly Platform[] | string> {
  const parsed = tryParse(bytes, descriptor.mediaType)
  if (typeof parsed === 'string') return parsed
  if (parsed.kind === 'image') return platformOfImage(parsed.manifest.config, look)
  if (depth >= maxDepth) return 'its indexes are nested too deeply'
  const children = parsed.index.manifests.filter((entry) => !isAttestation(entry))
  const found = await Promise.all(children.map(async (entry) => platformsOfEntry(entry, look, depth + 1)))
  const known = found.filter((platforms) => typeof platforms !== 'string').flat()
  if (known.length > 0) return known
  return found.find((platforms) => typeof platforms === 'string') ?? 'its index is empty'
}

async function platformsOfEntry(entry: Descriptor, look: Look, depth: number): Promise<readonly Platform[] | string> {
  const { platform } = entry
  if (platform !== undefined && platform.os !== '' && platform.architecture !== '' && !isIndexType(entry.mediaType)) {
    return [normalizePlatform(platform)]
  }
  const manifest = await look.registry.getManifest(withDigest(look.repository, entry.digest), look.signal)
  return platformsOf(manifest, look, depth)
}

async function platformOfImage(
  config: Descriptor,
  { registry, repository, signal }: Look,
): Promise<readonly Platform[] | string> {
  if (!isConfigType(config.mediaType)) return `it is no image to run: its content is ${config.mediaType}`
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.getBlob(repository, config, signal)) chunks.push(chunk)
  try {
    return [normalizePlatform(platformOfConfig(parseConfig(Buffer.concat(chunks))))]
  } catch (error) {
    if (isToolError(error, 'IMAGE_CONFIG_INVALID')) return error.message
    throw error
  }
}

function tryParse(bytes: Uint8Array, mediaType: string): ReturnType<typeof parseManifest> | string {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (isToolError(error, 'MANIFEST_INVALID')) return error.message
    throw error
  }
}

function unique(platforms: readonly Platform[]): readonly Platform[] {
  const seen = new Set<string>()
  return platforms.filter((platform) => {
    const key = JSON.stringify(platform)
    return !seen.has(key) && seen.add(key).size > 0
  })
}
