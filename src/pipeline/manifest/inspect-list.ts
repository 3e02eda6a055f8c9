import { isIndexType, parseManifest, writeIndex, type Descriptor } from '../../image/index.ts'
import { formatReference, parseReference } from '../../reference/index.ts'
import { describeImage, nameWithin, openStore, parseLocation, type ImageSource } from '../../transfer/index.ts'
import type { ImageContext } from '../image/context.ts'
import { findEntry } from './annotate-list.ts'
import { listName, wholeLocation, wholeName } from './names.ts'
import { unknownList } from './push-list.ts'
import { keptManifest, readList, type WorkingEntry, type WorkingList } from './working-list.ts'

/** What `manifest inspect` is asked for. */
export interface InspectListRequest {
  /** A list on this machine, in which `manifest` is looked for. */
  readonly list?: string
  readonly manifest: string
}

/** A manifest as it is stored, and what it says about its entries. */
export interface InspectedManifest {
  readonly bytes: Uint8Array
  readonly isIndex: boolean
  /** Of an index one for each entry, else one. */
  details(): Promise<readonly ManifestDetails[]>
}

/** One image's manifest, and what is said about it. */
export interface ManifestDetails {
  /** `repository:tag` or `repository@digest`. */
  readonly reference: string
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/**
 * A list on this machine, else what a registry has under the name.
 * @throws MANIFEST_LIST_UNKNOWN, INDEX_ENTRY_UNKNOWN, MANIFEST_UNKNOWN
 */
export async function inspectManifest(context: ImageContext, request: InspectListRequest): Promise<InspectedManifest> {
  const { list: listText, manifest } = request
  if (listText !== undefined) {
    const list = await readList(context, listName(listText))
    if (list === undefined) throw unknownList(listName(listText))
    const entry = findEntry(list, { list: listText, manifest }, context.cwd)
    const one = await entryDetails(context, list, entry)
    return { bytes: one.bytes, isIndex: false, details: async () => [one] }
  }
  const local = await localList(context, manifest)
  if (local !== undefined) return describeLocal(context, local)
  return inspectRemote(context, manifest)
}

async function localList(context: ImageContext, text: string): Promise<WorkingList | undefined> {
  const location = parseLocation(text)
  if (location.kind !== 'registry' || location.reference.digest !== undefined) return undefined
  return readList(context, listName(text))
}

function describeLocal(context: ImageContext, list: WorkingList): InspectedManifest {
  return {
    bytes: writeIndex(list).rawManifest,
    isIndex: true,
    details: async () => Promise.all(list.entries.map(async (entry) => entryDetails(context, list, entry))),
  }
}

async function entryDetails(context: ImageContext, list: WorkingList, entry: WorkingEntry): Promise<ManifestDetails> {
  const { descriptor, from } = entry
  const kept = await keptManifest(context, list.name, descriptor.digest)
  if (kept !== undefined) return { reference: from, descriptor, bytes: kept.bytes }
  const { store } = await openStore(parseLocation(from), 'read', context)
  const { bytes } = await store.getManifest(descriptor.digest, context.signal)
  return { reference: from, descriptor, bytes }
}

async function inspectRemote(context: ImageContext, text: string): Promise<InspectedManifest> {
  const location = wholeLocation(text, context.cwd)
  const { store } = await openStore(location, 'read', context)
  const top = await store.getManifest(nameWithin(location), context.signal)
  if (isIndexType(top.descriptor.mediaType)) {
    return { bytes: top.bytes, isIndex: true, details: async () => entriesOfRemote(context, store, { text, ...top }) }
  }
  return {
    bytes: top.bytes,
    isIndex: false,
    async details() {
      const descriptor = await describeImage(store, top, context.signal)
      return [{ reference: wholeName(text, context.cwd), descriptor, bytes: top.bytes }]
    },
  }
}

async function entriesOfRemote(
  { signal }: ImageContext,
  store: ImageSource,
  { text, bytes }: { readonly text: string; readonly bytes: Uint8Array },
): Promise<readonly ManifestDetails[]> {
  const parsed = parseManifest(bytes)
  if (parsed.kind === 'image') return []
  return Promise.all(
    parsed.index.manifests.map(async (descriptor) => ({
      reference: withDigestOf(text, descriptor.digest),
      descriptor,
      bytes: (await store.getManifest(descriptor.digest, signal)).bytes,
    })),
  )
}

function withDigestOf(text: string, digest: string): string {
  const location = parseLocation(text)
  if (location.kind !== 'registry') return `${text}@${digest}`
  const { tag } = parseReference(formatReference(location.reference))
  return formatReference({ ...location.reference, tag: tag ?? 'latest', digest })
}
