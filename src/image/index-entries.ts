import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import type { Platform } from '../platform/index.ts'
import { indexFromRaw } from './image-index.ts'
import { familyOf, mediaTypes, type MediaTypeFamily } from './media-types.ts'
import type { Descriptor, ImageIndex } from './types.ts'
import { descriptorSchema, withoutNulls } from './wire.ts'
import { encode, encodeAsDocker, inDockersOrder, sorted, wireDescriptor, wirePlatform } from './write.ts'

/** One entry of an index, together with the members of it that no specification names. */
export interface IndexEntry {
  readonly descriptor: Descriptor
  /** As the document has it. */
  readonly wire: Readonly<Record<string, unknown>>
}

/** What to change in an entry; what is left out stays. */
export interface EntryChange {
  readonly platform?: Partial<Platform>
  readonly annotations?: Readonly<Record<string, string>>
  /** Keys of annotations to take away. */
  readonly dropAnnotations?: readonly string[]
}

/** What an index is written from. */
export interface IndexDocument {
  /** `docker`: the very bytes that `docker manifest push` writes, where it can write this index; else without spaces. */
  readonly layout?: 'docker'
  /** In the order that readers shall prefer them. */
  readonly entries: readonly IndexEntry[]
  /** Added to those of `base`. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Keys of annotations of `base` to leave out. */
  readonly dropAnnotations?: readonly string[]
  /** When absent: Docker's list if all entries are of Docker's types and nothing else needs OCI's index. */
  readonly family?: MediaTypeFamily
  /** The index whose other members are kept: subject, artifact type, annotations, unknown ones. */
  readonly base?: ImageIndex
}

/** The entries of an index, in its order. */
export function entriesOf(index: ImageIndex): readonly IndexEntry[] {
  const { manifests } = documentOf(index)
  const wires = Array.isArray(manifests) ? (manifests as readonly Record<string, unknown>[]) : []
  return index.index.manifests.map((descriptor, at) => ({ descriptor, wire: wires[at] ?? {} }))
}

/** An entry for something that was in no index before. */
export function entryOf(descriptor: Descriptor): IndexEntry {
  return { descriptor, wire: wireDescriptor(descriptor) as Record<string, unknown> }
}

/** The entry with another platform or other annotations; everything else about it stays as it is written. */
export function changeEntry(entry: IndexEntry, change: EntryChange): IndexEntry {
  const annotations = annotationsOf(entry, change)
  const platform = platformOf(entry, change)
  const wire = {
    ...entry.wire,
    ...(platform === undefined ? {} : { platform }),
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  }
  const written = JSON.parse(JSON.stringify(wire)) as Record<string, unknown>
  return { descriptor: v.parse(descriptorSchema, withoutNulls(written)), wire: written }
}

/**
 * Writes an index. Entries keep every member they have, and so does `base`.
 * @throws INDEX_EMPTY without entries; INDEX_ANNOTATED for annotations or a subject in Docker's list, which has no place for them
 */
export function writeIndex(parts: IndexDocument): ImageIndex {
  if (parts.entries.length === 0) {
    throw new ToolError('INDEX_EMPTY', 'an index needs at least one image', { hint: 'name the images to put into it' })
  }
  const annotations = allAnnotations(parts)
  const others = parts.base === undefined ? {} : otherMembers(parts.base)
  const isAnnotated = Object.keys(annotations).length > 0
  const needsOci = isAnnotated || 'subject' in others || 'artifactType' in others
  const family = parts.family ?? familyFor(parts.entries, needsOci)
  if (family === 'docker' && needsOci) throw annotated()
  const isDockers = parts.layout === 'docker'
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes[family].index,
    ...others,
    manifests: parts.entries.map(({ wire }) => (isDockers ? inDockersOrder(wire) : wire)),
    ...(isAnnotated ? { annotations } : {}),
  }
  return indexFromRaw(isDockers ? encodeAsDocker(document) : encode(document))
}

function allAnnotations({ base, annotations, dropAnnotations }: IndexDocument): Readonly<Record<string, string>> {
  const all = Object.entries({ ...base?.index.annotations, ...annotations })
  return sorted(Object.fromEntries(all.filter(([key]) => dropAnnotations?.includes(key) !== true))) ?? {}
}

/** What is neither said by the type nor written anew. */
function otherMembers(index: ImageIndex): Readonly<Record<string, unknown>> {
  const own = ['schemaVersion', 'mediaType', 'manifests', 'annotations']
  return Object.fromEntries(Object.entries(documentOf(index)).filter(([key]) => !own.includes(key)))
}

function documentOf(index: ImageIndex): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(index.rawManifest)) as Record<string, unknown>
}

function familyFor(entries: readonly IndexEntry[], needsOci: boolean): MediaTypeFamily {
  const isDocker = !needsOci && entries.every(({ descriptor }) => isPlainDocker(descriptor))
  return isDocker ? 'docker' : 'oci'
}

function isPlainDocker({ mediaType, annotations, artifactType }: Descriptor): boolean {
  return familyOf(mediaType) === 'docker' && annotations === undefined && artifactType === undefined
}

function annotationsOf({ descriptor }: IndexEntry, change: EntryChange): Readonly<Record<string, string>> {
  const all = Object.entries({ ...descriptor.annotations, ...change.annotations })
  return Object.fromEntries(all.filter(([key]) => change.dropAnnotations?.includes(key) !== true))
}

/** Members of the stored platform that nobody knows stay as well. */
function platformOf({ descriptor, wire }: IndexEntry, { platform }: EntryChange): object | undefined {
  if (platform === undefined) return undefined
  const before = typeof wire['platform'] === 'object' && wire['platform'] !== null ? wire['platform'] : {}
  const named = { os: '', architecture: '', ...descriptor.platform, ...platform }
  return { ...before, ...wirePlatform(named) }
}

function annotated(): ToolError {
  return new ToolError(
    'INDEX_ANNOTATED',
    "Docker's manifest list has no place for annotations, subject or artifact type",
    {
      hint: 'use --type oci',
    },
  )
}
