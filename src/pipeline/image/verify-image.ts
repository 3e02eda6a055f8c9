import { isToolError, type ToolError } from '../../errors/index.ts'
import {
  imageFromRaw,
  indexFromRaw,
  isAttestation,
  isConfigType,
  isForeignLayerType,
  isIndexType,
  parseManifest,
  validateImage,
  validateIndex,
  type Descriptor,
  type Image,
  type ImageManifest,
  type Layer,
} from '../../image/index.ts'
import { checkEntrypoint, type ReadPart } from '../../inspect/index.ts'
import { formatPlatformFully, normalizePlatform, type Platform } from '../../platform/index.ts'
import type { RawManifest } from '../../registry/index.ts'
import { nameWithin, openStore, type ImageSource, type Location } from '../../transfer/index.ts'
import type { ImageContext } from './context.ts'
import { pinned } from './write-index.ts'

/** How thoroughly an image is looked at. */
export interface VerifyRequest {
  readonly from: Location
  /** Look into the layers for the program that is started. */
  readonly deep: boolean
  /** Read every layer to its end: without it, a layer's size is asked for and its digest believed. */
  readonly content: boolean
}

/** Something that is not as it says. */
export interface Finding {
  /** The platform or digest of the entry; empty for the index itself. */
  readonly entry: string
  readonly message: string
}

/** What was looked at, and what is wrong. */
export interface Verification {
  readonly reference: string
  readonly digest: string
  readonly images: number
  readonly blobs: number
  readonly findings: readonly Finding[]
  /** By entry: programs that were looked at. */
  readonly programs: Readonly<Record<string, readonly string[]>>
}

/**
 * Checks that everything a reference names is there and is what it says: children, configurations, layers, sizes,
 * digests, platforms.
 * @throws MANIFEST_UNKNOWN for the reference itself, REGISTRY_…
 */
export async function verifyImage(context: ImageContext, request: VerifyRequest): Promise<Verification> {
  const { store } = await openStore(request.from, 'read', context)
  const top = await store.getManifest(nameWithin(request.from), context.signal)
  const work: Work = { context, store, request, findings: [], programs: {}, counts: { images: 0, blobs: new Set() } }
  await verifyManifest(work, { manifest: top, entry: '' })
  return {
    reference: pinned(request.from, top.descriptor.digest),
    digest: top.descriptor.digest,
    images: work.counts.images,
    blobs: work.counts.blobs.size,
    findings: work.findings,
    programs: work.programs,
  }
}

interface Work {
  readonly context: ImageContext
  readonly store: ImageSource
  readonly request: VerifyRequest
  readonly findings: Finding[]
  readonly programs: Record<string, readonly string[]>
  readonly counts: { images: number; readonly blobs: Set<string> }
}

interface Subject {
  readonly manifest: RawManifest
  readonly entry: string
  /** What the index claims. */
  readonly platform?: Platform
  /** Whether the index says that it is an attestation and no image. */
  readonly isProof?: boolean
}

async function verifyManifest(work: Work, subject: Subject): Promise<void> {
  const { descriptor, bytes } = subject.manifest
  const report = reporter(work, subject.entry)
  if (isIndexType(descriptor.mediaType)) {
    await guarded(report, async () => verifyIndex(work, subject))
    return
  }
  await guarded(report, async () => {
    const parsed = parseManifest(bytes, descriptor.mediaType)
    if (parsed.kind === 'image') await verifyParsed(work, subject, parsed.manifest)
  })
}

async function verifyIndex(work: Work, { manifest, entry }: Subject): Promise<void> {
  const index = indexFromRaw(manifest.bytes, manifest.descriptor)
  const report = reporter(work, entry)
  for (const { where, message } of validateIndex(index)) report(`${where}: ${message}`)
  const { manifests } = index.index
  for (const attestation of manifests.filter(isAttestation)) {
    const about = attestation.annotations?.['vnd.docker.reference.digest']
    if (about !== undefined && !manifests.some(({ digest }) => digest === about)) {
      report(`the attestation ${attestation.digest} is about ${about}, which is not in the index`)
    }
  }
  await Promise.all(manifests.map(async (child) => verifyChild(work, child)))
}

async function verifyChild(work: Work, child: Descriptor): Promise<void> {
  const entry = nameOf(child)
  const report = reporter(work, entry)
  await guarded(report, async () => {
    const found = await work.store.getManifest(child.digest, work.context.signal)
    if (found.descriptor.size !== child.size) {
      report(`the manifest ${child.digest} has ${found.descriptor.size} bytes, and the index says ${child.size}`)
    }
    if (found.descriptor.mediaType !== child.mediaType) {
      report(`the manifest ${child.digest} is ${found.descriptor.mediaType}, and the index says ${child.mediaType}`)
    }
    const { platform } = child
    const isImage = platform !== undefined && !isAttestation(child)
    const isProof = isAttestation(child)
    await verifyManifest(work, { manifest: found, entry, isProof, ...(isImage ? { platform } : {}) })
  })
}

async function verifyParsed(work: Work, subject: Subject, manifest: ImageManifest): Promise<void> {
  work.counts.images += 1
  const report = reporter(work, subject.entry)
  const layers = manifest.layers.filter(({ mediaType }) => !isForeignLayerType(mediaType))
  // attestations of BuildKit before 0.32 have the configuration of an image, which says nothing of them
  const isProof = subject.isProof === true || (layers.length > 0 && layers.every(isInToto))
  const isImage = isConfigType(manifest.config.mediaType) && !isProof
  const blobs = isImage ? layers : [manifest.config, ...layers]
  const [image] = await Promise.all([
    isImage ? readImage(work, subject, manifest) : undefined,
    ...blobs.map(async (blob) => guarded(report, async () => verifyBlob(work, subject.entry, blob))),
  ])
  if (image === undefined) return
  const claim = subject.platform ?? image.platform
  if (work.request.deep) await guarded(report, async () => verifyProgram(work, { subject, image, claim }))
}

function isInToto({ mediaType }: Descriptor): boolean {
  return mediaType.startsWith('application/vnd.in-toto')
}

async function verifyBlob(
  { context, store, request, counts, findings }: Work,
  entry: string,
  blob: Descriptor,
): Promise<void> {
  if (counts.blobs.has(blob.digest)) return
  counts.blobs.add(blob.digest)
  if (request.content) for await (const _ of store.getBlob(blob, context.signal));
  else if (!(await store.hasBlob(blob, context.signal))) {
    findings.push({ entry, message: `the layer ${blob.digest} of ${blob.size} bytes is not there` })
  }
}

/** The image's documents, checked against each other and against what the index claims. */
async function readImage(work: Work, subject: Subject, manifest: ImageManifest): Promise<Image | undefined> {
  const { context, store, counts } = work
  const report = reporter(work, subject.entry)
  return guarded(report, async () => {
    counts.blobs.add(manifest.config.digest)
    const chunks: Uint8Array[] = []
    for await (const chunk of store.getBlob(manifest.config, context.signal)) chunks.push(chunk)
    const { descriptor, bytes } = subject.manifest
    const image = imageFromRaw({
      rawManifest: bytes,
      rawConfig: Buffer.concat(chunks),
      descriptor: { ...descriptor, ...(subject.platform === undefined ? {} : { platform: subject.platform }) },
      openLayer: (layer, signal) => store.getBlob(layer, signal),
    })
    for (const { where, message } of validateImage(image)) {
      report(where === 'descriptor.platform' ? `the index says ${message}` : `${where}: ${message}`)
    }
    return image
  })
}

interface Program {
  readonly subject: Subject
  readonly image: Image
  readonly claim: Platform
}

async function verifyProgram(work: Work, { subject, image, claim }: Program): Promise<void> {
  const { store, context, programs } = work
  const { signal } = context
  const readPart = ({ descriptor }: Layer): ReadPart => {
    return (start, end) => store.getBlobRange(descriptor, { start, end, signal })
  }
  const found = await checkEntrypoint(image, { platform: normalizePlatform(claim), readPart, signal })
  const report = reporter(work, subject.entry)
  found.findings.forEach(report)
  programs[subject.entry === '' ? formatPlatformFully(claim) : subject.entry] = found.looked
  if (found.skipped !== undefined) {
    context.emit({ type: 'detail', text: `${subject.entry}: no program is looked at: ${found.skipped}` })
  }
}

type Report = (message: string) => void

function reporter({ findings }: Work, entry: string): Report {
  return (message) => findings.push({ entry, message })
}

const contentCodes: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'DIGEST_INVALID',
  'DIGEST_MISMATCH',
  'IMAGE_CONFIG_INVALID',
  'IMAGE_INVALID',
  'LAYER_INVALID',
  'LAYER_TOO_LARGE',
  'LAYER_UNSUPPORTED',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
])

/** What is wrong with the content is a finding; that a registry does not answer is none. */
async function guarded<T>(report: Report, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (!isContentError(error)) throw error
    report(error.message)
    return undefined
  }
}

function isContentError(error: unknown): error is ToolError {
  return isToolError(error) && contentCodes.has(error.code)
}

function nameOf(child: Descriptor): string {
  if (isAttestation(child)) return `attestation ${child.digest.slice(0, 19)}`
  return child.platform === undefined ? child.digest.slice(0, 19) : formatPlatformFully(child.platform)
}
