import { isToolError, ToolError } from '../errors/index.ts'
import { digestOf, isDigest, mediaTypes, parseDigest, readableManifestTypes, type Descriptor } from '../image/index.ts'
import { readBytes, type HttpResponse } from '../http/index.ts'
import { formatFamiliar, type Reference } from '../reference/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { RawManifest } from './contract.ts'
import { answerError, connectionError, type Subject } from './failure.ts'
import type { Ask, Host } from './host/host.ts'

/** Registries have to take 4 MiB and hardly any takes more. */
const maxManifestBytes = 8 * 1024 * 1024

/** Asks for headers only; where these do not tell enough, or HEAD is not answered, for the manifest itself. */
export async function resolveManifest(
  host: Host,
  reference: Reference,
  signal?: AbortSignal,
): Promise<Descriptor | undefined> {
  const response = await host.send(readAsk('HEAD', reference, signal))
  await response.discard()
  if (response.status === 404) return undefined
  const descriptor = response.status === 200 ? descriptorFromHeaders(response, reference) : undefined
  if (descriptor !== undefined) return descriptor
  if (response.status === 429) throw await answerError(response, subjectOf(reference, false))
  return (await findManifest(host, reference, signal))?.descriptor
}

/** @throws MANIFEST_UNKNOWN when there is none */
export async function getManifest(host: Host, reference: Reference, signal?: AbortSignal): Promise<RawManifest> {
  const response = await host.send(readAsk('GET', reference, signal))
  if (response.status !== 200) throw await answerError(response, subjectOf(reference, false))
  return readManifest(response, reference)
}

/** Puts a manifest under the reference's digest or, if it has none, its tag. */
export async function putManifest(
  host: Host,
  reference: Reference,
  options: { readonly manifest: RawManifest; readonly signal?: AbortSignal | undefined },
): Promise<HttpResponse['headers']> {
  const { descriptor, bytes } = options.manifest
  const response = await host.send({
    method: 'PUT',
    target: pathOf(reference),
    repository: reference.repository,
    scopes: [scopeOf(reference.repository, 'push')],
    headers: { 'content-type': descriptor.mediaType },
    body: bytes,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  // 201 is the rule; some registries say 200 or 202
  if (response.status < 200 || response.status > 202) {
    throw await putError(response, reference, descriptor)
  }
  await response.discard()
  const stored = response.headers['docker-content-digest']
  if (stored !== undefined && isDigest(stored) && !isSame(stored, descriptor.digest)) {
    throw new ToolError('DIGEST_MISMATCH', `${host.registry} stored ${stored} and not ${descriptor.digest}`)
  }
  if (isBareYes(response)) await confirmStored(host, reference, { digest: descriptor.digest, signal: options.signal })
  return response.headers
}

/** Neither a place nor a digest: what a server that is no registry, such as a login page, says to everything. */
function isBareYes({ status, headers }: HttpResponse): boolean {
  return status !== 202 && headers['location'] === undefined && headers['docker-content-digest'] === undefined
}

async function confirmStored(
  host: Host,
  reference: Reference,
  { digest, signal }: { readonly digest: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if ((await storedDigest(host, reference, signal)) === digest) return
  throw new ToolError(
    'REGISTRY_ANSWER_INVALID',
    `${host.registry} took ${formatFamiliar(reference)} and does not have it afterwards`,
    { hint: `check that ${host.registry} is a registry` },
  )
}

async function storedDigest(host: Host, reference: Reference, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return (await resolveManifest(host, reference, signal))?.digest
  } catch (error) {
    // other bytes than the reference's digest says are not ours either
    if (isToolError(error, 'DIGEST_MISMATCH')) return undefined
    throw error
  }
}

/** What a reference means in words. */
function subjectOf(reference: Reference, isPush: boolean): Subject {
  return { registry: reference.registry, what: formatFamiliar(reference), missing: 'MANIFEST_UNKNOWN', isPush }
}

async function findManifest(host: Host, reference: Reference, signal?: AbortSignal): Promise<RawManifest | undefined> {
  const response = await host.send(readAsk('GET', reference, signal))
  if (response.status === 404) {
    await response.discard()
    return undefined
  }
  if (response.status !== 200) throw await answerError(response, subjectOf(reference, false))
  return readManifest(response, reference)
}

function readAsk(method: 'GET' | 'HEAD', reference: Reference, signal?: AbortSignal): Ask {
  return {
    method,
    target: pathOf(reference),
    repository: reference.repository,
    scopes: [scopeOf(reference.repository, 'pull')],
    headers: { accept: readableManifestTypes.join(', ') },
    ...(signal === undefined ? {} : { signal }),
  }
}

function pathOf({ repository, tag, digest }: Reference): string {
  return `/v2/${repository}/manifests/${digest ?? tag ?? 'latest'}`
}

function descriptorFromHeaders({ headers }: HttpResponse, reference: Reference): Descriptor | undefined {
  const told = headers['docker-content-digest']
  const digest = reference.digest ?? (told !== undefined && isDigest(told) ? told : undefined)
  const mediaType = typeFromHeader(headers)
  const size = /^\d+$/.test(headers['content-length'] ?? '') ? Number(headers['content-length']) : undefined
  if (digest === undefined || mediaType === undefined || size === undefined) return undefined
  return { mediaType, digest, size }
}

async function readManifest(response: HttpResponse, reference: Reference): Promise<RawManifest> {
  const bytes = await readBody(response, reference)
  const told = response.headers['docker-content-digest']
  const claimed = reference.digest ?? (told !== undefined && isDigest(told) ? told : undefined)
  const digest = digestOf(bytes, claimed === undefined ? 'sha256' : parseDigest(claimed).algorithm)
  if (claimed !== undefined && claimed !== digest) {
    throw new ToolError('DIGEST_MISMATCH', `${formatFamiliar(reference)} is ${digest} and not ${claimed}`, {
      hint: 'something between you and the registry changes what it sends',
    })
  }
  return { bytes, descriptor: { mediaType: mediaTypeOf(bytes, response), digest, size: bytes.length } }
}

async function readBody(response: HttpResponse, reference: Reference): Promise<Uint8Array> {
  try {
    return await readBytes(response, { maxBytes: maxManifestBytes })
  } catch (error) {
    throw connectionError(error, reference.registry)
  }
}

/** The document's own word binds; registries of old send documents without one, and some send a useless header. */
function mediaTypeOf(bytes: Uint8Array, { headers }: HttpResponse): string {
  const document = tryJson(bytes)
  if (typeof document === 'object' && document !== null) {
    if ('mediaType' in document && typeof document.mediaType === 'string' && document.mediaType !== '') {
      return document.mediaType
    }
    const told = typeFromHeader(headers)
    if (told !== undefined) return told
    if ('manifests' in document) return mediaTypes.oci.index
  }
  return typeFromHeader(headers) ?? mediaTypes.oci.manifest
}

function typeFromHeader(headers: HttpResponse['headers']): string | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  return type.startsWith('application/vnd.') ? type : undefined
}

async function putError(response: HttpResponse, reference: Reference, descriptor: Descriptor): Promise<ToolError> {
  const error = await answerError(response, subjectOf(reference, true))
  const isOci = descriptor.mediaType === mediaTypes.oci.index || descriptor.mediaType === mediaTypes.oci.manifest
  if (!isOci || ![400, 405, 415].includes(response.status)) return error
  return new ToolError(error.code, error.message, {
    hint: `check whether ${reference.registry} takes ${descriptor.mediaType}; some take Docker's types only`,
    cause: error,
  })
}

/** A registry may answer in another algorithm than was asked for. */
function isSame(stored: string, pushed: string): boolean {
  return stored === pushed || parseDigest(stored).algorithm !== parseDigest(pushed).algorithm
}

function tryJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
