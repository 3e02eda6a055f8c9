import { isToolError } from '../errors/index.ts'
import {
  digestOf,
  isDigest,
  isForeignLayerType,
  isImageType,
  isIndexType,
  parseDigest,
  parseManifest,
  type Descriptor,
  type ParsedManifest,
} from '../image/index.ts'
import { digestFault, fault, type Answer, type Ask } from './answer.ts'
import type { RegistryStore, StoredManifest } from './contract.ts'
import { isTag } from './route.ts'

/** The specification asks for at least this much. */
const maxManifestBytes = 4 * 1024 * 1024

interface Target {
  readonly name: string
  /** A tag or a digest. */
  readonly reference: string
}

/** A manifest under its tag or digest: read, write and delete. */
export async function manifestEndpoint(target: Target, ask: Ask, store: RegistryStore): Promise<Answer> {
  if (ask.method === 'PUT') return put(target, ask, store)
  return ask.method === 'DELETE' ? remove(target, store) : read(target, store)
}

async function read({ name, reference }: Target, { manifests, tags }: RegistryStore): Promise<Answer> {
  if (isMeantAsDigest(reference) && !isDigest(reference)) return digestFault(reference)
  const digest = isTag(reference) ? await tags.get(name, reference) : reference
  const found = digest !== undefined && isDigest(digest) ? await manifests.get(name, digest) : undefined
  if (found === undefined) return unknownManifest(name, reference)
  return {
    status: 200,
    headers: {
      'content-type': found.mediaType,
      'content-length': String(found.bytes.length),
      'docker-content-digest': found.digest,
    },
    body: found.bytes,
  }
}

async function remove({ name, reference }: Target, { manifests, tags }: RegistryStore): Promise<Answer> {
  if (isMeantAsDigest(reference) && !isDigest(reference)) return digestFault(reference)
  const isRemoved = isDigest(reference)
    ? await manifests.remove(name, reference)
    : isTag(reference) && (await tags.remove(name, reference))
  return isRemoved ? { status: 202 } : unknownManifest(name, reference)
}

async function put(target: Target, ask: Ask, store: RegistryStore): Promise<Answer> {
  const { name, reference } = target
  const wrong = checkTarget(target, ask)
  if (wrong !== undefined) return wrong
  const bytes = await readBody(ask)
  if (bytes === undefined) {
    return fault(413, 'SIZE_INVALID', { message: `manifests may have up to ${maxManifestBytes} bytes` })
  }
  const digest = digestOf(bytes, isDigest(reference) ? parseDigest(reference).algorithm : 'sha256')
  if (isDigest(reference) && digest !== reference) {
    return fault(400, 'DIGEST_INVALID', { message: `the manifest is ${digest}, not ${reference}` })
  }
  const parsed = parse(bytes, ask.headers['content-type'])
  if ('status' in parsed) return parsed
  const missing = await findMissing(name, parsed, store)
  if (missing !== undefined) {
    const message = `${name} does not have ${missing}, which the manifest refers to`
    return fault(404, 'MANIFEST_BLOB_UNKNOWN', { message, detail: { digest: missing } })
  }
  const manifest = storedManifest(digest, bytes, parsed)
  await store.manifests.put(name, manifest)
  for (const tag of tagsOf(target, ask)) await store.tags.set(name, tag, digest)
  return saved(name, ask, manifest)
}

/** The tags that a push sets: its own, and those that version 1.2 of the specification lets it name in parameters. */
function tagsOf({ reference }: Target, ask: Ask): readonly string[] {
  return [...(isMeantAsDigest(reference) ? [] : [reference]), ...ask.query.getAll('tag')]
}

function checkTarget(target: Target, ask: Ask): Answer | undefined {
  if (isMeantAsDigest(target.reference) && !isDigest(target.reference)) return digestFault(target.reference)
  const wrong = tagsOf(target, ask).find((tag) => !isTag(tag))
  return wrong === undefined ? undefined : fault(400, 'MANIFEST_INVALID', { message: `"${wrong}" is not a tag` })
}

function saved(name: string, ask: Ask, manifest: StoredManifest): Answer {
  const asked = ask.query.getAll('tag')
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${manifest.digest}`,
      'docker-content-digest': manifest.digest,
      ...(manifest.subject === undefined ? {} : { 'oci-subject': manifest.subject }),
      ...(asked.length === 0 ? {} : { 'oci-tag': asked.join(', ') }),
    },
  }
}

function storedManifest(digest: string, bytes: Uint8Array, parsed: ParsedManifest): StoredManifest {
  const { mediaType, subject } = parsed.kind === 'image' ? parsed.manifest : parsed.index
  return { digest, mediaType, bytes, ...(subject === undefined ? {} : { subject: subject.digest }) }
}

/** All of the body, or undefined when it is too long; it is read to its end either way, so that the client hears why. */
async function readBody(ask: Ask): Promise<Uint8Array | undefined> {
  if (Number(ask.headers['content-length'] ?? 0) > maxManifestBytes) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of ask.body) {
    size += chunk.length
    if (size <= maxManifestBytes) chunks.push(chunk)
  }
  return size > maxManifestBytes ? undefined : Buffer.concat(chunks)
}

function parse(bytes: Uint8Array, contentType: string | undefined): ParsedManifest | Answer {
  const told = contentType?.split(';')[0]?.trim() ?? ''
  try {
    const parsed = parseManifest(bytes, told)
    const { mediaType } = parsed.kind === 'image' ? parsed.manifest : parsed.index
    const isClaim = isImageType(told) || isIndexType(told)
    if (!isClaim || told === mediaType) return parsed
    return fault(400, 'MANIFEST_INVALID', { message: `a manifest of type ${mediaType} was sent as ${told}` })
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_INVALID')) throw error
    return fault(400, 'MANIFEST_INVALID', { message: error.message })
  }
}

/**
 * The first thing that a client has to push before the manifest and did not. A subject may come later, foreign layers
 * never come, and children of an unknown type may be anywhere.
 */
async function findMissing(name: string, parsed: ParsedManifest, store: RegistryStore): Promise<string | undefined> {
  const hasBlob = async ({ digest }: Descriptor): Promise<boolean> =>
    isDigest(digest) && (await store.blobs.stat(name, digest)) !== undefined
  const hasManifest = async ({ digest }: Descriptor): Promise<boolean> =>
    isDigest(digest) && (await store.manifests.get(name, digest)) !== undefined
  if (parsed.kind === 'index') {
    const children = parsed.index.manifests.filter(({ mediaType }) => isImageType(mediaType) || isIndexType(mediaType))
    return firstWithout(children, hasManifest)
  }
  const { config, layers } = parsed.manifest
  return firstWithout([config, ...layers.filter(({ mediaType }) => !isForeignLayerType(mediaType))], hasBlob)
}

async function firstWithout(
  descriptors: readonly Descriptor[],
  has: (descriptor: Descriptor) => Promise<boolean>,
): Promise<string | undefined> {
  for (const descriptor of descriptors) if (!(await has(descriptor))) return descriptor.digest
  return undefined
}

function unknownManifest(name: string, reference: string): Answer {
  return fault(404, 'MANIFEST_UNKNOWN', { message: `${name} has no manifest ${reference}`, detail: { reference } })
}

/** Tags have no colons. */
function isMeantAsDigest(reference: string): boolean {
  return reference.includes(':')
}
