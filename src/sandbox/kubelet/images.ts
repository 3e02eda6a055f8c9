import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { imageFromRaw, isAttestation, parseManifest, type Descriptor, type Image } from '../../image/index.ts'
import { unpackLayers } from '../../layer/index.ts'
import { only, selectOne, type Platform } from '../../platform/index.ts'
import { formatReference, formatRepository, parseReference, withDigest, type Reference } from '../../reference/index.ts'
import type { RawManifest, Registry } from '../../registry/index.ts'

/** An image on a node: pulled, and unpacked into a folder that nobody writes to. */
export interface NodeImage {
  /** `registry/repository@sha256:…` */
  readonly id: string
  readonly image: Image
  readonly folder: string
}

/** A pull that went wrong, with the reason and message a kubelet gives. */
interface PullFailure {
  readonly reason: 'ErrImagePull' | 'InvalidImageName'
  readonly message: string
}

/** The images of all nodes; equal ones are unpacked once. */
export interface ImageStore {
  pull(name: string, platform: Platform, signal: AbortSignal): Promise<NodeImage | PullFailure>
  /** Breaks off what is being unpacked. */
  close(): Promise<void>
}

/** Images come from the registry named in the reference and are unpacked below `folder`. */
export function createImageStore({ registry, folder }: { registry: Registry; folder: string }): ImageStore {
  const unpacked = new Map<string, Promise<string>>()
  const stop = new AbortController()
  const unpackOnce = (image: Image): Promise<string> => {
    const { digest } = image.descriptor
    const known = unpacked.get(digest)
    if (known !== undefined) return known
    const folderOf = unpack(image, join(folder, digest.replace(':', '-')), stop.signal)
    unpacked.set(digest, folderOf)
    folderOf.catch(() => unpacked.delete(digest))
    return folderOf
  }
  return {
    async pull(name, platform, signal) {
      const reference = tryParse(name)
      if ('message' in reference) return reference
      const image = await fetchImage(registry, { reference, platform, signal })
      if ('message' in image) return image
      try {
        const id = `${formatRepository(reference)}@${image.descriptor.digest}`
        return { id, image, folder: await unlessAborted(unpackOnce(image), signal) }
      } catch (error) {
        signal.throwIfAborted()
        return pullFailure(reference, error)
      }
    },
    async close() {
      stop.abort()
      await Promise.allSettled(unpacked.values())
    },
  }
}

/** Others may wait for the same: whoever gives up lets it go on. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(asError(signal.reason))
    signal.addEventListener('abort', leave, { once: true })
    promise
      .then(resolve, (error: unknown) => reject(asError(error)))
      .finally(() => signal.removeEventListener('abort', leave))
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

/** Whole or not at all: a half unpacked folder is taken away. */
async function unpack(image: Image, folder: string, signal: AbortSignal): Promise<string> {
  await mkdir(folder, { recursive: true })
  try {
    await unpackLayers(image.layers, folder, { signal })
    return folder
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function tryParse(name: string): Reference | PullFailure {
  try {
    const parsed = parseReference(name)
    return parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'REFERENCE_INVALID') throw error
    const path = name.includes('/') ? name : `library/${name}`
    const why = path === path.toLowerCase() ? '' : `: repository name (${path}) must be lowercase`
    const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format${why}`
    return { reason: 'InvalidImageName', message }
  }
}

interface Request {
  readonly reference: Reference
  readonly platform: Platform
  readonly signal: AbortSignal
}

/**
 * The platform's image. As containerd does, an index must list one that the node can run, while an image without an index
 * is taken whatever it says: what is wrong with it shows when it starts.
 */
async function fetchImage(registry: Registry, request: Request): Promise<Image | PullFailure> {
  const { reference, platform, signal } = request
  try {
    let raw = await registry.getManifest(reference, signal)
    const parsed = parseManifest(raw.bytes, raw.descriptor.mediaType)
    if (parsed.kind === 'index') {
      const candidates = parsed.index.manifests.filter((one) => !isAttestation(one))
      const child = selectOne(only(platform), candidates, (one: Descriptor) => one.platform)
      if (child === undefined) return noMatch(raw.descriptor)
      raw = await registry.getManifest(withDigest(reference, child.digest), signal)
    }
    return await readImage(registry, raw, request)
  } catch (error) {
    signal.throwIfAborted()
    return pullFailure(reference, error)
  }
}

async function readImage(registry: Registry, raw: RawManifest, { reference, signal }: Request): Promise<Image> {
  const parsed = parseManifest(raw.bytes, raw.descriptor.mediaType)
  if (parsed.kind === 'index') {
    throw new ToolError('MANIFEST_INVALID', `${formatReference(reference)} is an index of indexes`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.getBlob(reference, parsed.manifest.config, signal)) chunks.push(chunk)
  return imageFromRaw({
    rawManifest: raw.bytes,
    rawConfig: Buffer.concat(chunks),
    openLayer: (descriptor, layerSignal) => registry.getBlob(reference, descriptor, layerSignal),
  })
}

function noMatch({ digest }: Descriptor): PullFailure {
  return {
    reason: 'ErrImagePull',
    message: `rpc error: code = NotFound desc = get image config descriptor: no match for platform in manifest ${digest}: not found`,
  }
}

/** What containerd says about it. */
function pullFailure(reference: Reference, error: unknown): PullFailure {
  if (!(error instanceof ToolError)) throw error
  const name = formatReference(reference)
  const failed = `failed to pull and unpack image "${name}": failed to resolve image:`
  if (error.code === 'MANIFEST_UNKNOWN') {
    return { reason: 'ErrImagePull', message: `rpc error: code = NotFound desc = ${failed} ${name}: not found` }
  }
  if (error.code === 'REGISTRY_UNREACHABLE') {
    const { registry, repository, tag, digest } = reference
    const url = `https://${registry}/v2/${repository}/manifests/${digest ?? tag ?? ''}`
    const why = `dial tcp ${registry}: ${reasonOf(error)}`
    return { reason: 'ErrImagePull', message: `${failed} failed to do request: Head "${url}": ${why}` }
  }
  return { reason: 'ErrImagePull', message: `${failed} ${error.message}` }
}

function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED') return 'connect: connection refused'
    if (code === 'ENOTFOUND') return 'lookup: no such host'
  }
  return error instanceof Error ? error.message : String(error)
}
