import { isToolError } from '../../errors/index.ts'
import {
  indexFromRaw,
  isAttestation,
  isConfigType,
  isIndexType,
  parseConfig,
  parseManifest,
  platformOfConfig,
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
} from '../../image/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { RawManifest } from '../../registry/index.ts'
import { isAbout, nameWithin, openStore, type ImageSource, type Location } from '../../transfer/index.ts'
import type { ImageContext } from './context.ts'
import { pinned } from './write-index.ts'

/** What a reference stands for. */
export interface ImageReport {
  /** With its digest. */
  readonly reference: string
  readonly digest: string
  readonly mediaType: string
  readonly kind: 'image' | 'index'
  readonly annotations: Readonly<Record<string, string>>
  /** Of an index one for each entry but attestations, which belong to their image. */
  readonly entries: readonly EntryReport[]
}

/** One entry of an index, or the one image. */
export interface EntryReport {
  readonly descriptor: Descriptor
  /** As the entry or, where it says nothing, the configuration says. */
  readonly platform?: Platform
  readonly kind: 'image' | 'index' | 'artifact'
  /** Compressed layers, configuration and manifest. */
  readonly sizeBytes: number
  readonly layers: number
  readonly created?: string
  readonly annotations: Readonly<Record<string, string>>
  readonly attestations: readonly AttestationReport[]
  /** The manifest as stored; absent when it is missing. */
  readonly manifest?: Uint8Array
  /** The configuration as stored. */
  readonly config?: Uint8Array
  /** Why no more is known. */
  readonly problem?: string
}

/** What is stated about an image. */
export interface AttestationReport {
  readonly digest: string
  /** Its predicates: `https://slsa.dev/provenance/v1`. */
  readonly predicates: readonly string[]
}

/**
 * The manifest or index that a reference stands for, as stored.
 * @throws MANIFEST_UNKNOWN, REGISTRY_…
 */
export async function readManifest(context: ImageContext, from: Location): Promise<RawManifest> {
  const { store } = await openStore(from, 'read', context)
  return store.getManifest(nameWithin(from), context.signal)
}

/**
 * Reads what a reference stands for: every entry's manifest and configuration.
 * @throws MANIFEST_UNKNOWN, MANIFEST_INVALID, REGISTRY_…
 */
export async function inspectImage(context: ImageContext, from: Location): Promise<ImageReport> {
  const { store } = await openStore(from, 'read', context)
  const top = await store.getManifest(nameWithin(from), context.signal)
  const { digest, mediaType } = top.descriptor
  const base = { reference: pinned(from, digest), digest, mediaType }
  if (!isIndexType(mediaType)) {
    const entry = { ...(await reportManifest(store, top, context.signal)), manifest: top.bytes }
    return { ...base, kind: 'image', annotations: entry.annotations, entries: [entry] }
  }
  const { index } = indexFromRaw(top.bytes, top.descriptor)
  const own = index.manifests.filter((entry) => !isAttestation(entry))
  const attestations = index.manifests.filter(isAttestation)
  const entries = await Promise.all(
    own.map(async (entry) => {
      const about = attestations.filter((one) => isAbout(one, [{ descriptor: entry }]))
      return reportEntry(store, { entry, about }, context.signal)
    }),
  )
  return { ...base, kind: 'index', annotations: index.annotations ?? {}, entries }
}

interface Entry {
  readonly entry: Descriptor
  readonly about: readonly Descriptor[]
}

/** An entry whose content is missing is still an entry. */
async function reportEntry(store: ImageSource, { entry, about }: Entry, signal: AbortSignal): Promise<EntryReport> {
  const attestations = await Promise.all(about.map(async (one) => reportAttestation(store, one, signal)))
  try {
    const manifest = await store.getManifest(entry.digest, signal)
    const report = await reportManifest(store, { bytes: manifest.bytes, descriptor: entry }, signal)
    const annotations = { ...report.annotations, ...entry.annotations }
    return { ...report, manifest: manifest.bytes, annotations, attestations }
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_UNKNOWN') && !isToolError(error, 'MANIFEST_INVALID')) throw error
    return { ...emptyReport(entry), attestations, problem: error.message }
  }
}

async function reportManifest(
  store: ImageSource,
  { bytes, descriptor }: RawManifest,
  signal: AbortSignal,
): Promise<EntryReport> {
  if (isIndexType(descriptor.mediaType)) return { ...emptyReport(descriptor), kind: 'index' }
  const parsed = parseManifest(bytes, descriptor.mediaType)
  if (parsed.kind === 'index') return { ...emptyReport(descriptor), kind: 'index' }
  const { manifest } = parsed
  const sizeBytes = [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, descriptor.size)
  const base = {
    ...emptyReport(descriptor),
    sizeBytes,
    layers: manifest.layers.length,
    annotations: manifest.annotations ?? {},
  }
  if (!isConfigType(manifest.config.mediaType)) return { ...base, kind: 'artifact' }
  return { ...base, ...(await reportConfig(store, { manifest, descriptor }, signal)) }
}

async function reportConfig(
  store: ImageSource,
  { manifest, descriptor }: { readonly manifest: ImageManifest; readonly descriptor: Descriptor },
  signal: AbortSignal,
): Promise<Partial<EntryReport>> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of store.getBlob(manifest.config, signal)) chunks.push(chunk)
    const config = Buffer.concat(chunks)
    const parsed: ImageConfig = parseConfig(config)
    return {
      config,
      platform: descriptor.platform ?? platformOfConfig(parsed),
      ...(parsed.created === undefined ? {} : { created: parsed.created }),
    }
  } catch (error) {
    if (!isToolError(error, 'BLOB_UNKNOWN') && !isToolError(error, 'IMAGE_CONFIG_INVALID')) throw error
    return { problem: error.message }
  }
}

async function reportAttestation(
  store: ImageSource,
  { digest, mediaType }: Descriptor,
  signal: AbortSignal,
): Promise<AttestationReport> {
  try {
    const parsed = parseManifest((await store.getManifest(digest, signal)).bytes, mediaType)
    const layers = parsed.kind === 'image' ? parsed.manifest.layers : []
    const predicates = layers.map(({ annotations }) => annotations?.['in-toto.io/predicate-type'])
    return { digest, predicates: predicates.filter((predicate) => predicate !== undefined) }
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_UNKNOWN') && !isToolError(error, 'MANIFEST_INVALID')) throw error
    return { digest, predicates: [] }
  }
}

function emptyReport(descriptor: Descriptor): EntryReport {
  const { platform } = descriptor
  return {
    descriptor,
    ...(platform === undefined ? {} : { platform }),
    kind: 'image',
    sizeBytes: descriptor.size,
    layers: 0,
    annotations: descriptor.annotations ?? {},
    attestations: [],
  }
}
