import * as v from 'valibot'
import { isToolError, ToolError } from '../errors/index.ts'
import { readJson, type HttpResponse } from '../http/index.ts'
import {
  digestOf,
  isDigest,
  isIndexType,
  mediaTypes,
  parseManifest,
  type Descriptor,
  type ImageManifest,
  type IndexManifest,
} from '../image/index.ts'
import { formatReference, withTag, type Reference } from '../reference/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { RawManifest } from './contract.ts'
import { answerError, connectionError } from './failure.ts'
import type { Host } from './host/host.ts'
import { nextPage } from './link.ts'
import { getManifest, putManifest } from './manifests.ts'

/** What to list. */
export interface ReferrersQuery {
  /** With a digest. */
  readonly reference: Reference
  readonly artifactType?: string | undefined
  readonly tags?: Promise<readonly string[] | undefined> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Manifests whose subject is the reference's digest: by the referrers API or, where the registry has none, from the
 * index under the tag that clients keep instead. Filtered here when the registry did not.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function listReferrers(host: Host, query: ReferrersQuery): Promise<readonly Descriptor[]> {
  const listed = (await fromApi(host, query)) ?? (await fromTag(host, query))
  const { artifactType } = query
  return artifactType === undefined ? listed : listed.filter((entry) => entry.artifactType === artifactType)
}

/**
 * Adds a manifest to its subject's fallback tag, for a registry that did not say that it keeps track itself.
 * Clients that do so at the same time may lose one another's entry: the registry has no way to tell them.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 */
export async function keepReferrer(
  host: Host,
  pushed: {
    readonly reference: Reference
    readonly manifest: RawManifest
    readonly answer: HttpResponse['headers']
    readonly signal?: AbortSignal | undefined
  },
): Promise<void> {
  if (pushed.answer['oci-subject'] !== undefined) return
  const { descriptor, bytes } = pushed.manifest
  const document = subjectOf(bytes, descriptor.mediaType)
  if (document === undefined) return
  const reference = fallbackReference(pushed.reference, document.subject.digest)
  const found = await taggedIndex(host, reference, pushed.signal)
  if (found?.index.manifests.some(({ digest }) => digest === descriptor.digest) === true) return
  const { mediaType, digest, size } = descriptor
  const manifest = withEntry(found?.bytes, { mediaType, digest, size, ...document.about })
  await putManifest(host, reference, { manifest, signal: pushed.signal })
}

/** The entries that are there stay as they are, unknown members included. */
function withEntry(bytes: Uint8Array | undefined, entry: object): RawManifest {
  const parsed = v.safeParse(
    documentSchema,
    bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString()),
  )
  const document = parsed.success ? parsed.output : { schemaVersion: 2, manifests: [] }
  const mediaType = mediaTypes.oci.index
  const written = Buffer.from(JSON.stringify({ ...document, mediaType, manifests: [...document.manifests, entry] }))
  return { bytes: written, descriptor: { mediaType, digest: digestOf(written), size: written.length } }
}

/** `sha256-…`: the tag of what refers to a digest, where there is no API. */
function fallbackReference(reference: Reference, digest: string): Reference {
  return withTag(reference, digest.replace(':', '-').slice(0, 128))
}

/** Undefined where there is no such API; some registries answer 200 all the same, with a page or another document. */
async function fromApi(host: Host, query: ReferrersQuery): Promise<readonly Descriptor[] | undefined> {
  const { repository, digest = '' } = query.reference
  const found: Descriptor[] = []
  const filter = query.artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(query.artifactType)}`
  if (host.notes.referrers === 'absent') return undefined
  let target: string | URL | undefined = `/v2/${repository}/referrers/${digest}${filter}`
  while (target !== undefined) {
    const response: HttpResponse = await host.send({
      method: 'GET',
      target,
      repository,
      scopes: [scopeOf(repository, 'pull')],
      headers: { accept: mediaTypes.oci.index },
      ...(query.signal === undefined ? {} : { signal: query.signal }),
    })
    const page = await readPage(response, host, query)
    // a registry with the API has an empty list where there are none; 404 says that it knows no such thing
    if (response.status === 404) host.notes.referrers = 'absent'
    if (page === undefined) return undefined
    found.push(...page)
    target = nextPage(host, response)
  }
  return found
}

const maxIndexBytes = 8 * 1024 * 1024

async function readPage(
  response: HttpResponse,
  host: Host,
  { reference }: ReferrersQuery,
): Promise<readonly Descriptor[] | undefined> {
  if (response.status === 401 || response.status === 429 || response.status >= 500) {
    const what = `referrers of ${formatReference(reference)}`
    throw await answerError(response, { registry: host.registry, what, missing: 'MANIFEST_UNKNOWN', isPush: false })
  }
  const type = response.headers['content-type']?.split(';')[0]?.trim()
  if (response.status !== 200 || type !== mediaTypes.oci.index) {
    await response.discard()
    return undefined
  }
  return childrenOf(await readDocument(response, host))
}

async function readDocument(response: HttpResponse, host: Host): Promise<unknown> {
  try {
    return await readJson(response, { maxBytes: maxIndexBytes })
  } catch (error) {
    if (isToolError(error, 'HTTP_ANSWER_INVALID')) return undefined
    throw connectionError(error, host.registry)
  }
}

const documentSchema = v.looseObject({ schemaVersion: v.literal(2), manifests: v.array(v.unknown()) })

function childrenOf(document: unknown): readonly Descriptor[] | undefined {
  const shape = v.safeParse(documentSchema, document)
  if (!shape.success) return undefined
  const parsed = parseManifest(Buffer.from(JSON.stringify(document)), mediaTypes.oci.index)
  return parsed.kind === 'index' ? parsed.index.manifests : undefined
}

async function fromTag(host: Host, { reference, tags, signal }: ReferrersQuery): Promise<readonly Descriptor[]> {
  const tagged = fallbackReference(reference, reference.digest ?? '')
  if ((await tags)?.includes(tagged.tag ?? '') === false) return []
  const found = await taggedIndex(host, tagged, signal)
  return found?.index.manifests ?? []
}

interface TaggedIndex {
  readonly bytes: Uint8Array
  readonly index: IndexManifest
}

async function taggedIndex(host: Host, tagged: Reference, signal?: AbortSignal): Promise<TaggedIndex | undefined> {
  try {
    const { bytes, descriptor } = await getManifest(host, tagged, signal)
    if (!isIndexType(descriptor.mediaType)) return undefined
    const parsed = parseManifest(bytes, descriptor.mediaType)
    return parsed.kind === 'index' ? { bytes, index: parsed.index } : undefined
  } catch (error) {
    if (isToolError(error, 'MANIFEST_UNKNOWN')) return undefined
    throw error
  }
}

interface Subjected {
  readonly subject: Descriptor
  readonly about: Pick<Descriptor, 'artifactType' | 'annotations'>
}

/** Undefined for a manifest without a subject, and for one that cannot be read: it is the registry's to judge. */
function subjectOf(bytes: Uint8Array, mediaType: string): Subjected | undefined {
  if (!Buffer.from(bytes).includes('"subject"')) return undefined
  const document = tryParse(bytes, mediaType)
  if (document?.subject === undefined || !isDigest(document.subject.digest)) return undefined
  const { subject, annotations } = document
  const artifactType = document.artifactType ?? ('config' in document ? document.config.mediaType : undefined)
  return {
    subject,
    about: {
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  }
}

function tryParse(bytes: Uint8Array, mediaType: string): ImageManifest | IndexManifest | undefined {
  try {
    const parsed = parseManifest(bytes, mediaType)
    return parsed.kind === 'image' ? parsed.manifest : parsed.index
  } catch (error) {
    if (error instanceof ToolError) return undefined
    throw error
  }
}
