import {
  isAttestation,
  isForeignLayerType,
  isImageType,
  isIndexType,
  parseManifest,
  type Blob,
  type Descriptor,
} from '../image/index.ts'
import type { RawManifest } from '../registry/index.ts'
import { createLimiter, type Limiter } from '../support/index.ts'
import type { BlobEvent } from './publish.ts'
import type { ImageSink, ImageSource } from './contract.ts'

/** From where to where, and who is told. */
export interface CopyWork {
  readonly source: ImageSource
  readonly sink: ImageSink & Pick<ImageSource, 'repository' | 'hasBlob'>
  /**
   * Asked before the first blob: whether an earlier copy may have left some there. Then each is looked for before it is sent,
   * for not every registry says so when a mount is asked for.
   */
  readonly isResumed?: () => Promise<boolean>
  readonly signal?: AbortSignal
  /** Called once per blob. */
  readonly onBlob?: (event: BlobEvent) => void
  /** Called as bytes of a blob that has to be sent come from the source. */
  readonly onProgress?: (digest: string, sizeBytes: number, doneBytes: number) => void
  /** Called once per manifest that was written. */
  readonly onManifest?: (descriptor: Descriptor) => void
}

/** Copies manifests with all they name; what was brought once is not brought again. */
export interface Copier {
  /**
   * Brings a manifest and everything below it, children first, images before their attestations, under its digest.
   * Layers that registries do not keep are left to their own addresses.
   */
  bring(manifest: Descriptor | RawManifest): Promise<RawManifest>
  /** Only what is below a manifest. */
  bringContent(manifest: RawManifest): Promise<void>
}

/** So many manifests are read or written at once; each brings its blobs, which are limited by the registry's host. */
const manifestsAtOnce = 16

/** A copier between two places. Within one repository there is nothing to bring. */
export function createCopier(work: CopyWork): Copier {
  const limit = createLimiter(manifestsAtOnce)
  const context: Context = {
    ...work,
    limit,
    isSamePlace: isSamePlace(work.source, work.sink),
    blobs: new Map(),
    manifests: new Map(),
  }
  return {
    bring: async (manifest) => bring(context, manifest),
    bringContent: async (manifest) => bringContent(context, manifest),
  }
}

interface Context extends CopyWork {
  readonly limit: Limiter
  readonly isSamePlace: boolean
  readonly blobs: Map<string, Promise<void>>
  readonly manifests: Map<string, Promise<RawManifest>>
}

/** Whether both are the same repository of a registry: what one has the other has. */
export function isSamePlace(
  { repository: from }: Pick<ImageSource, 'repository'>,
  { repository: to }: Pick<ImageSource, 'repository'>,
): boolean {
  return from !== undefined && from.registry === to?.registry && from.repository === to.repository
}

async function bring(context: Context, manifest: Descriptor | RawManifest): Promise<RawManifest> {
  const { digest } = 'bytes' in manifest ? manifest.descriptor : manifest
  const known = context.manifests.get(digest)
  if (known !== undefined) return known
  const bringing = bringOnce(context, manifest)
  context.manifests.set(digest, bringing)
  return bringing
}

async function bringOnce(context: Context, manifest: Descriptor | RawManifest): Promise<RawManifest> {
  const { source, sink, signal, limit } = context
  const raw = 'bytes' in manifest ? manifest : await limit(async () => source.getManifest(manifest.digest, signal))
  if (context.isSamePlace) return raw
  await bringContent(context, raw)
  await limit(async () => sink.putManifest(raw.descriptor.digest, raw, signal))
  context.onManifest?.(raw.descriptor)
  return raw
}

async function bringContent(context: Context, { descriptor, bytes }: RawManifest): Promise<void> {
  if (context.isSamePlace) return
  // what catamaran cannot read is passed on as it is; the registry judges whether it is whole
  if (!isIndexType(descriptor.mediaType) && !isImageType(descriptor.mediaType)) return
  const parsed = parseManifest(bytes, descriptor.mediaType)
  if (parsed.kind === 'image') {
    const { config, layers } = parsed.manifest
    const kept = layers.filter(({ mediaType }) => !isForeignLayerType(mediaType))
    await Promise.all([config, ...kept].map(async (blob) => bringBlob(context, blob)))
    return
  }
  const { manifests } = parsed.index
  const first = manifests.filter((entry) => !isAttestation(entry))
  await Promise.all(first.map(async (entry) => bring(context, entry)))
  await Promise.all(manifests.filter(isAttestation).map(async (entry) => bring(context, entry)))
}

async function bringBlob(context: Context, descriptor: Descriptor): Promise<void> {
  const known = context.blobs.get(descriptor.digest)
  if (known !== undefined) return known
  const bringing = pushOnce(context, descriptor)
  context.blobs.set(descriptor.digest, bringing)
  return bringing
}

async function pushOnce(context: Context, descriptor: Descriptor): Promise<void> {
  const { source, sink, signal, onBlob } = context
  const isNear = source.repository?.registry === sink.repository?.registry
  const isResumed = await context.isResumed?.()
  // at another registry there is nothing to mount from but the repository itself: one question instead of two
  const elsewhere = isResumed === true ? undefined : sink.repository
  const knownIn = isNear ? source.repository : elsewhere
  const blob: Blob = {
    descriptor,
    open: (innerSignal) => observed(context, descriptor, source.getBlob(descriptor, innerSignal ?? signal)),
    ...(knownIn === undefined ? {} : { knownIn }),
  }
  const isThere = isNear && isResumed === true && (await sink.hasBlob(descriptor, signal))
  const how = isThere ? 'exists' : await sink.pushBlob(blob, signal)
  onBlob?.({ digest: descriptor.digest, sizeBytes: descriptor.size, how })
}

async function* observed(
  { onProgress }: Context,
  { digest, size }: Descriptor,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let done = 0
  for await (const chunk of source) {
    done += chunk.length
    onProgress?.(digest, size, done)
    yield chunk
  }
}
