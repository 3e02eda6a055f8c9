// @ts-check
// Images for the bench: seven platforms under one index, pushed with plain requests.
import { createHash, randomBytes } from 'node:crypto'

const platforms = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux' },
  { architecture: 'arm', os: 'linux', variant: 'v7' },
  { architecture: 'arm', os: 'linux', variant: 'v6' },
  { architecture: '386', os: 'linux' },
  { architecture: 'ppc64le', os: 'linux' },
  { architecture: 's390x', os: 'linux' },
]

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
}

/**
 * Pushes an index of seven images under `tag`, and each image under `tag-0` … `tag-6`.
 * @param {string} host @param {string} repository @param {{tag: string, ownLayers: number, layerBytes: number}} plan
 */
export async function pushContent(host, repository, { tag, ownLayers, layerBytes }) {
  const push = pusher(`http://${host}/v2/${repository}`)
  const shared = await push.blob(randomBytes(layerBytes), types.layer)
  const manifests = []
  for (const [at, platform] of platforms.entries()) {
    const layers = [shared]
    for (let layer = 0; layer < ownLayers; layer += 1) {
      layers.push(await push.blob(randomBytes(layerBytes), types.layer))
    }
    // they are not compressed: their digests are their diff ids
    const diffIds = layers.map(({ digest }) => digest)
    const config = { ...platform, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }
    const image = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: await push.blob(encode(config), types.config),
      layers,
    }
    manifests.push({ ...(await push.manifest(image, types.manifest, `${tag}-${at}`)), platform })
  }
  await push.manifest({ schemaVersion: 2, mediaType: types.index, manifests }, types.index, tag)
}

/** @param {string} base */
function pusher(base) {
  return {
    /** @param {Buffer} bytes @param {string} mediaType */
    async blob(bytes, mediaType) {
      const digest = digestOf(bytes)
      const opened = await ask('POST', `${base}/blobs/uploads/`, {})
      const location = new URL(opened.headers.get('location') ?? '', base)
      location.searchParams.set('digest', digest)
      await ask('PUT', location.href, { body: bytes, headers: { 'content-type': 'application/octet-stream' } })
      return { mediaType, digest, size: bytes.length }
    },
    /** @param {object} document @param {string} mediaType @param {string} tag */
    async manifest(document, mediaType, tag) {
      const body = encode(document)
      await ask('PUT', `${base}/manifests/${tag}`, { body, headers: { 'content-type': mediaType } })
      return { mediaType, digest: digestOf(body), size: body.length }
    },
  }
}

/** @param {string} method @param {string} url @param {{body?: Buffer, headers?: Record<string, string>}} init */
async function ask(method, url, init) {
  const answer = await fetch(url, { method, ...init })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
  return answer
}

/** @param {object} value */
function encode(value) {
  return Buffer.from(JSON.stringify(value))
}

/** @param {Buffer} bytes */
function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
