import { digestOf, mediaTypes } from '../../src/image/index.ts'
import { encode, newBytes, type ServedRegistry } from './registry-server.ts'

/** A descriptor as documents write it. */
export interface Wire {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly [member: string]: unknown
}

/** What a test's index is made of. */
export interface IndexPlan {
  readonly repository: string
  readonly tag?: string
  /** Wire platforms, one image each; seven when absent. */
  readonly platforms?: readonly object[]
  /** Layers of each image beside the one that they share. */
  readonly ownLayers?: number
  readonly layerBytes?: number
  /** With BuildKit's attestation for each image. */
  /** As BuildKit writes them: since 0.32 as artifacts with a subject, before as images of JSON. */
  readonly attestations?: boolean | 'before 0.32'
  /** Members of every image's entry. */
  readonly entryMembers?: object
  /** Members of the index. */
  readonly members?: object
}

const sevenPlatforms: readonly object[] = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux', variant: 'v8' },
  { architecture: 'arm', os: 'linux', variant: 'v7' },
  { architecture: 'arm', os: 'linux', variant: 'v6' },
  { architecture: '386', os: 'linux' },
  { architecture: 'ppc64le', os: 'linux' },
  { architecture: 's390x', os: 'linux' },
]

/** What was pushed. */
export interface PushedIndex {
  readonly digest: string
  readonly bytes: Buffer
  /** The images' entries, without attestations. */
  readonly images: readonly Wire[]
  readonly blobs: number
  readonly blobBytes: number
}

/** Pushes an index with everything below it by plain requests, with nothing of catamaran's client. */
export async function pushIndex(server: ServedRegistry, plan: IndexPlan): Promise<PushedIndex> {
  const { repository, platforms = sevenPlatforms, ownLayers = 2, layerBytes = 300 } = plan
  const pusher = createPusher(server, repository)
  const shared = await pusher.blob(newBytes(layerBytes), mediaTypes.oci.layerGzip)
  const images: Wire[] = []
  for (const platform of platforms) {
    const layers = [shared]
    for (let at = 0; at < ownLayers; at += 1) {
      layers.push(await pusher.blob(newBytes(layerBytes), mediaTypes.oci.layerGzip))
    }
    const config = await pusher.blob(configOf(platform, layers.length), mediaTypes.oci.config)
    const image = { schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers, 'x-image': 1 }
    images.push({ ...(await pusher.manifest(image)), platform, ...plan.entryMembers })
  }
  const attestations = await attest(pusher, images, plan.attestations)
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.index,
    ...plan.members,
    manifests: [...images, ...attestations],
  }
  const { digest } = await pusher.manifest(document, plan.tag)
  return { digest, bytes: encode(document), images, ...pusher.total() }
}

/** Pushes each platform's image alone, under a tag that starts with the name. */
export async function pushAlone(server: ServedRegistry, repository: string, name: string): Promise<readonly string[]> {
  const { images } = await pushIndex(server, { repository })
  const tags: string[] = []
  for (const [at, image] of images.entries()) {
    const found = await server.call('GET', `/v2/${repository}/manifests/${image.digest}`)
    const headers = { 'content-type': image.mediaType }
    await server.call('PUT', `/v2/${repository}/manifests/${name}-${at}`, { headers, body: found.bytes })
    tags.push(`${name}-${at}`)
  }
  return tags
}

/** Sends documents and blobs to one repository. */
export interface PlainPusher {
  blob(bytes: Uint8Array, mediaType: string): Promise<Wire>
  manifest(document: object, tag?: string): Promise<Wire>
  total(): { readonly blobs: number; readonly blobBytes: number }
}

export function createPusher(server: ServedRegistry, repository: string): PlainPusher {
  const count = { blobs: 0, blobBytes: 0 }
  return {
    async blob(bytes, mediaType) {
      const digest = digestOf(bytes)
      const answer = await server.call('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes })
      if (answer.status !== 201) throw new Error(`pushing a blob: ${answer.status}`)
      count.blobs += 1
      count.blobBytes += bytes.length
      return { mediaType, digest, size: bytes.length }
    },
    async manifest(document, tag) {
      const body = encode(document)
      const digest = digestOf(body)
      const mediaType = (document as { readonly mediaType: string }).mediaType
      const path = `/v2/${repository}/manifests/${tag ?? digest}`
      const answer = await server.call('PUT', path, { headers: { 'content-type': mediaType }, body })
      if (answer.status !== 201) throw new Error(`pushing a manifest: ${answer.status} ${answer.bytes.toString()}`)
      return { mediaType, digest, size: body.length }
    },
    total: () => count,
  }
}

function configOf(platform: object, layers: number): Buffer {
  const diffIds = Array.from({ length: layers }, (_, at) => digestOf(Buffer.from(`${JSON.stringify(platform)} ${at}`)))
  return encode({
    ...platform,
    created: '2026-01-02T03:04:05Z',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  })
}

async function attest(
  pusher: PlainPusher,
  images: readonly Wire[],
  how: IndexPlan['attestations'] = false,
): Promise<readonly Wire[]> {
  if (how === false) return []
  const attestations: Wire[] = []
  const platform = { architecture: 'unknown', os: 'unknown' }
  const [bytes, type] =
    how === true ? [Buffer.from('{}'), mediaTypes.oci.empty] : [configOf(platform, 1), mediaTypes.oci.config]
  const config = await pusher.blob(bytes, type)
  for (const { mediaType, digest, size } of images) {
    const layer = await pusher.blob(encode({ about: digest }), 'application/vnd.in-toto+json')
    const annotations = { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' }
    const artifact = {
      artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
      subject: { mediaType, digest, size },
    }
    const made = await pusher.manifest({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.manifest,
      config,
      layers: [{ ...layer, annotations }],
      ...(how === true ? artifact : {}),
    })
    attestations.push({
      ...made,
      platform,
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest },
    })
  }
  return attestations
}
