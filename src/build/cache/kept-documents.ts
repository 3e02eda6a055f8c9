import { digestOf, mediaTypes, type Descriptor } from '../../image/index.ts'
import { formatReference, withDigest, type Reference } from '../../reference/index.ts'
import type { RawManifest, Registry } from '../../registry/index.ts'

/** Keeps texts between builds. */
interface TextStore {
  getNote(key: string): string | undefined
  putNote(key: string, text: string): Promise<void>
}

/** A registry, as those see it who ask it for documents again and again. */
export interface KeptDocuments {
  /** Configurations of images come from the store. What is read of manifests is there now. */
  readonly checked: Registry
  /** Manifests, too: of base images, whose tags were asked about a moment before. */
  readonly kept: Registry
}

/** So long a tag is taken for what it was: from looking a build up to building it. */
const freshMs = 3000
/** Bigger ones are read each time. */
const maxBytes = 1024 * 1024

/**
 * Reads manifests and configurations once and for all: they are named by what is in them. What comes out of the store is
 * checked against its name.
 */
export function keepDocuments(registry: Registry, store: TextStore, now: () => number): KeptDocuments {
  const tags = new Map<string, { readonly digest: string; readonly atMs: number }>()
  const noteTag = (reference: Reference, digest: string): void => {
    tags.set(formatReference(reference), { digest, atMs: now() })
  }
  const digestNow = (reference: Reference): string | undefined => {
    const noted = tags.get(formatReference(reference))
    return noted !== undefined && now() - noted.atMs < freshMs ? noted.digest : undefined
  }
  const checked: Registry = {
    ...registry,
    async resolve(reference, signal) {
      const found = await registry.resolve(reference, signal)
      if (found !== undefined) noteTag(reference, found.digest)
      return found
    },
    async putManifest(reference, manifest, signal) {
      tags.delete(formatReference(reference))
      await registry.putManifest(reference, manifest, signal)
    },
    getBlob: (repository, descriptor, signal) =>
      isConfig(descriptor)
        ? keptBlob(descriptor, store, () => registry.getBlob(repository, descriptor, signal))
        : registry.getBlob(repository, descriptor, signal),
  }
  return {
    checked,
    kept: {
      ...checked,
      async getManifest(reference, signal) {
        const digest = reference.digest ?? digestNow(reference)
        const known = digest === undefined ? undefined : readDocument(digest, store)
        if (known !== undefined) return known
        const exact = digest === undefined ? reference : withDigest(reference, digest)
        const manifest = await registry.getManifest(exact, signal)
        noteTag(reference, manifest.descriptor.digest)
        await keepDocument(manifest, store)
        return manifest
      },
    },
  }
}

function isConfig({ mediaType, size }: Descriptor): boolean {
  return size <= maxBytes && (mediaType === mediaTypes.oci.config || mediaType === mediaTypes.docker.config)
}

function nameOf(digest: string): string {
  return `document-${digest.replace(':', '-')}`
}

/** The type stands in the first line. */
function readDocument(digest: string, store: TextStore): RawManifest | undefined {
  const text = store.getNote(nameOf(digest))
  const end = text?.indexOf('\n') ?? -1
  if (text === undefined || end === -1) return undefined
  const bytes = Buffer.from(text.slice(end + 1))
  if (digestOf(bytes) !== digest) return undefined
  return { descriptor: { mediaType: text.slice(0, end), digest, size: bytes.length }, bytes }
}

async function keepDocument({ descriptor, bytes }: RawManifest, store: TextStore): Promise<void> {
  if (bytes.length > maxBytes) return
  await store.putNote(nameOf(descriptor.digest), `${descriptor.mediaType}\n${Buffer.from(bytes).toString()}`)
}

async function* keptBlob(
  { mediaType, digest }: Descriptor,
  store: TextStore,
  open: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const known = readDocument(digest, store)
  if (known !== undefined) {
    yield known.bytes
    return
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of open()) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  await keepDocument({ descriptor: { mediaType, digest, size: bytes.length }, bytes }, store)
  yield bytes
}
