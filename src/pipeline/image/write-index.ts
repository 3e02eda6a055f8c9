import { ToolError } from '../../errors/index.ts'
import { isAttestation, type Descriptor, type ImageIndex } from '../../image/index.ts'
import type { PushOutcome } from '../../registry/index.ts'
import {
  createCopier,
  createDryStore,
  formatLocation,
  nameWithin,
  openStore,
  type Copier,
  type GatheredEntry,
  type ImageSource,
  type ImageStore,
  type Location,
  type WritePlan,
} from '../../transfer/index.ts'
import { tellProgress } from './blob-progress.ts'
import type { ImageContext } from './context.ts'

/** An index to write, and where to. */
export interface IndexWrite {
  readonly index: ImageIndex
  /** What its entries are made of, in its order. */
  readonly entries: readonly GatheredEntry[]
  readonly to: Location
  /** The digest that the tag has to have now, or `none`; anything is right when absent. */
  readonly expectDigest?: string
  readonly dryRun: boolean
}

/** What came of it. */
export interface IndexWritten {
  /** As it is named on a command line, with the digest. */
  readonly reference: string
  readonly digest: string
  /** What a dry run left undone. */
  readonly plan?: WritePlan
  /** Entries that were brought from elsewhere, in order. */
  readonly brought: readonly Descriptor[]
}

/**
 * Brings what the index names to where the index goes, writes it under its tag, and reads the tag back: a tag that
 * somebody else moved in the meantime is an error and not a lost architecture.
 * @throws TAG_MOVED, REGISTRY_…
 */
export async function putIndex(context: ImageContext, write: IndexWrite): Promise<IndexWritten> {
  const { to, index, expectDigest } = write
  const { digest } = index.descriptor
  const opened = await openStore(to, 'write', context)
  const dry = write.dryRun ? createDryStore(opened.store) : undefined
  const store = dry?.store ?? opened.store
  const tag = nameWithin(to) ?? digest
  const brought = await bringEntries(context, store, write)
  // as late as can be: registries have no way to compare and write at once
  if (expectDigest !== undefined) await checkExpected(context, store, { to, tag, expectDigest })
  await store.putManifest(tag, { descriptor: index.descriptor, bytes: index.rawManifest }, context.signal)
  if (dry === undefined) {
    await opened.finish()
    await readBack(context, store, { to, tag, digest })
  }
  return {
    reference: pinned(to, digest),
    digest,
    brought,
    ...(dry === undefined ? {} : { plan: dry.plan() }),
  }
}

/** Images before attestations, as far as one place can tell; each source has one copier, so that nothing comes twice. */
async function bringEntries(
  context: ImageContext,
  store: ImageStore,
  { entries, to }: IndexWrite,
): Promise<readonly Descriptor[]> {
  const copiers = new Map<ImageSource, Copier>()
  const onProgress = tellProgress(context, formatLocation(to))
  const brought = new Set<string>()
  const copierOf = (source: ImageSource): Copier => {
    const known = copiers.get(source)
    if (known !== undefined) return known
    const copier = createCopier({
      source,
      sink: store,
      signal: context.signal,
      onBlob: ({ digest, sizeBytes, how }) => reportBlob(context, { to, digest, sizeBytes, how }),
      onProgress,
      onManifest: ({ digest }) => brought.add(digest),
    })
    copiers.set(source, copier)
    return copier
  }
  const bring = async ({ source, manifest, descriptor }: GatheredEntry): Promise<unknown> =>
    copierOf(source).bring(manifest ?? descriptor)
  await Promise.all(entries.filter(({ descriptor }) => !isAttestation(descriptor)).map(bring))
  await Promise.all(entries.filter(({ descriptor }) => isAttestation(descriptor)).map(bring))
  return entries.map(({ descriptor }) => descriptor).filter(({ digest }) => brought.has(digest))
}

interface Moved {
  readonly to: Location
  readonly digest: string
  readonly sizeBytes: number
  readonly how: PushOutcome
}

function reportBlob({ emit }: ImageContext, { to, digest, sizeBytes, how }: Moved): void {
  emit({ type: 'blobPushed', image: formatLocation(to), digest, sizeBytes, how })
}

async function checkExpected(
  { signal }: ImageContext,
  store: ImageStore,
  { to, tag, expectDigest }: { readonly to: Location; readonly tag: string; readonly expectDigest: string },
): Promise<void> {
  const found = (await store.resolve(tag, signal))?.digest ?? 'none'
  if (found === expectDigest) return
  const place = formatLocation(to)
  const what = found === 'none' ? `${place} does not exist` : `${place} points at ${found}`
  throw new ToolError('TAG_MOVED', `${what}, and not at ${expectDigest} as expected; nothing was written to it`, {
    hint: 'look at what is there now, then try again with its digest',
  })
}

async function readBack(
  { signal }: ImageContext,
  store: ImageStore,
  { to, tag, digest }: { readonly to: Location; readonly tag: string; readonly digest: string },
): Promise<void> {
  const found = (await store.resolve(tag, signal))?.digest
  if (found === digest) return
  const place = formatLocation(to)
  throw new ToolError('TAG_MOVED', `${place} points at ${found ?? 'nothing'} right after ${digest} was written to it`, {
    hint: 'something else pushes the same tag: let one job write the index after all others are done',
  })
}

/** The place with the digest added; `docker-daemon:` and archives keep their own name. */
export function pinned(to: Location, digest: string): string {
  if (to.kind !== 'registry') return `${formatLocation(to)}@${digest}`
  const { registry, repository, tag } = to.reference
  return formatLocation({
    kind: 'registry',
    reference: { registry, repository, ...(tag === undefined ? {} : { tag }), digest },
  })
}
