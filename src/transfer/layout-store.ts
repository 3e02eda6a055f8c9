import { ToolError } from '../errors/index.ts'
import { isIndexType, parseManifest, type Descriptor } from '../image/index.ts'
import type { Layout } from '../layout/index.ts'
import type { ByteSpan, RawManifest } from '../registry/index.ts'
import type { ImageStore } from './contract.ts'

const refName = 'org.opencontainers.image.ref.name'

/** An OCI layout folder as a place for images; `title` is how people call it. */
export function layoutStore(layout: Layout, title: string): ImageStore {
  const find = async (name: string): Promise<RawManifest | undefined> => {
    if (name.includes(':') && /^sha(?:256|512):/.test(name)) return getUnlessMissing(layout, name)
    const ref = await layout.getRef(name)
    return ref === undefined ? undefined : withOwnType(await layout.getManifest(ref.digest), ref)
  }
  return {
    title,
    resolve: async (name) => (await find(name))?.descriptor,
    async getManifest(name) {
      const found = name === undefined ? await onlyManifest(layout, title) : await find(name)
      if (found === undefined) throw await unknownName(layout, title, name ?? '')
      return found
    },
    getBlob: (descriptor, signal) => layout.getBlob(descriptor, signal),
    getBlobRange: (descriptor, span) => partOf(layout.getBlob(descriptor, span.signal), span),
    hasBlob: async (descriptor, signal) => isThere(layout, descriptor, signal),
    async pushBlob(blob, signal) {
      return (await layout.putBlob(blob, signal)) === 'exists' ? 'exists' : 'uploaded'
    },
    async putManifest(name, manifest) {
      await layout.putManifest(manifest)
      if (!/^sha(?:256|512):/.test(name)) await layout.setRef(name, manifest.descriptor)
      else if (isReferrer(manifest)) await layout.addEntry(manifest.descriptor)
    },
    listTags: async () => namesOf(layout),
    listReferrers: async (digest, options) => {
      const all = await referrersIn(layout, digest)
      const { artifactType } = options ?? {}
      return artifactType === undefined ? all : all.filter((entry) => entry.artifactType === artifactType)
    },
  }
}

/** The layout's only entry, or its own index when it has several images without names: one per platform. */
async function onlyManifest(layout: Layout, title: string): Promise<RawManifest> {
  const index = await layout.getIndex()
  const { manifests } = index.index
  const [only, ...others] = manifests
  if (only === undefined) throw new ToolError('MANIFEST_UNKNOWN', `${title} is empty`)
  const isSame = others.every(({ digest }) => digest === only.digest)
  if (isSame) return withOwnType(await layout.getManifest(only.digest), only)
  if (manifests.every(({ annotations }) => annotations?.[refName] === undefined)) {
    return { descriptor: index.descriptor, bytes: index.rawManifest }
  }
  const names = await namesOf(layout)
  throw new ToolError('SOURCE_AMBIGUOUS', `${title} holds several images: ${names.join(', ')}`, {
    hint: `name one of them: ${title}:${names[0] ?? ''}`,
  })
}

async function getUnlessMissing(layout: Layout, digest: string): Promise<RawManifest | undefined> {
  try {
    return await layout.getManifest(digest)
  } catch (error) {
    if (error instanceof ToolError && error.code === 'BLOB_UNKNOWN') return undefined
    throw error
  }
}

/** What the index says about the type binds where the document says nothing. */
function withOwnType(found: RawManifest, { mediaType }: Descriptor): RawManifest {
  return { ...found, descriptor: { ...found.descriptor, mediaType } }
}

async function unknownName(layout: Layout, title: string, name: string): Promise<ToolError> {
  const names = await namesOf(layout)
  return new ToolError('MANIFEST_UNKNOWN', `${title} has no image "${name}"`, {
    hint: names.length === 0 ? 'its images have no names: leave the name out' : `it has ${names.join(', ')}`,
  })
}

async function namesOf(layout: Layout): Promise<readonly string[]> {
  const { index } = await layout.getIndex()
  const names = index.manifests.map(({ annotations }) => annotations?.[refName])
  return [...new Set(names.filter((name) => name !== undefined))]
}

/** Referrers are entries of the layout's index, as every manifest of a layout that nothing else names is. */
async function referrersIn(layout: Layout, digest: string): Promise<readonly Descriptor[]> {
  const { index } = await layout.getIndex()
  const found = await Promise.all(
    index.manifests
      .filter((entry) => !isIndexType(entry.mediaType))
      .map(async (entry) => {
        const parsed = parseManifest((await layout.getManifest(entry.digest)).bytes, entry.mediaType)
        if (parsed.kind === 'index' || parsed.manifest.subject?.digest !== digest) return undefined
        const { artifactType, config, annotations } = parsed.manifest
        return { ...entry, artifactType: artifactType ?? config.mediaType, ...(annotations && { annotations }) }
      }),
  )
  return found.filter((entry) => entry !== undefined)
}

/** What an index's attestation says in its index is enough; anything else would not be found again. */
function isReferrer({ bytes, descriptor }: RawManifest): boolean {
  if (!Buffer.from(bytes).includes('"subject"')) return false
  const parsed = parseManifest(bytes, descriptor.mediaType)
  return (parsed.kind === 'index' ? parsed.index.subject : parsed.manifest.subject) !== undefined
}

async function isThere(layout: Layout, descriptor: Descriptor, signal?: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of layout.getBlob(descriptor, signal));
    return true
  } catch (error) {
    if (error instanceof ToolError && (error.code === 'BLOB_UNKNOWN' || error.code === 'DIGEST_MISMATCH')) return false
    throw error
  }
}

async function* partOf(source: AsyncIterable<Uint8Array>, { start, end }: ByteSpan): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of source) {
    const from = Math.max(0, start - at)
    const to = Math.min(chunk.length, end + 1 - at)
    if (from < to) yield chunk.subarray(from, to)
    at += chunk.length
    if (at > end) return
  }
}
