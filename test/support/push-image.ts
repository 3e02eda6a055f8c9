import { digestOf } from './registry-reader.ts'
import { gzipSync } from 'node:zlib'

/** One image, as some other tool might have built it. */
export interface PushedImage {
  readonly os?: string
  readonly architecture: string
  readonly entrypoint: readonly string[]
  /** Files of the only layer, all executable. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

/**
 * Pushes images under `HOST:PORT/REPOSITORY:TAG`, several as an index, with nothing of catamaran: documents and tar are
 * written here. Gives the digest of what the tag points at.
 */
export async function pushImages(name: string, images: readonly PushedImage[]): Promise<string> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? []
  const base = `http://${host}/v2/${repository}`
  const [only, ...others] = images
  if (only !== undefined && others.length === 0) return putManifest(base, tag, await manifestOf(base, only))
  const manifests = []
  for (const image of images) {
    const manifest = await manifestOf(base, image)
    const digest = await putManifest(base, digestOf(encode(manifest)), manifest)
    const platform = { os: image.os ?? 'linux', architecture: image.architecture }
    manifests.push({ mediaType: manifest.mediaType, digest, size: encode(manifest).length, platform })
  }
  return putManifest(base, tag, { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
}

interface Manifest {
  readonly mediaType: string
  readonly [member: string]: unknown
}

async function manifestOf(base: string, image: PushedImage): Promise<Manifest> {
  const tar = tarOf(image.files)
  const layer = gzipSync(tar)
  const config = encode({
    os: image.os ?? 'linux',
    architecture: image.architecture,
    config: { Entrypoint: image.entrypoint },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
  })
  await pushBlob(base, layer)
  await pushBlob(base, config)
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(layer), size: layer.length }],
  }
}

async function pushBlob(base: string, bytes: Uint8Array): Promise<void> {
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
  const place = new URL(started.headers.get('location') ?? '', started.url)
  place.searchParams.set('digest', digestOf(bytes))
  await succeed(await fetch(place, { method: 'PUT', body: new Uint8Array(bytes), headers: octets }))
}

async function putManifest(base: string, reference: string, manifest: Manifest): Promise<string> {
  const body = encode(manifest)
  const headers = { 'content-type': manifest.mediaType }
  await succeed(await fetch(`${base}/manifests/${reference}`, { method: 'PUT', body: new Uint8Array(body), headers }))
  return digestOf(body)
}

const octets = { 'content-type': 'application/octet-stream' }

async function succeed(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
}

function encode(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document))
}

/** A ustar archive of executable files. */
function tarOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const entries = Object.entries(files).flatMap(([name, content]) => {
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
    return [tarHeader(name, content.length), Buffer.from(content), padding]
  })
  return Buffer.concat([...entries, Buffer.alloc(1024)])
}

function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000755\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        0ustar\u000000', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
