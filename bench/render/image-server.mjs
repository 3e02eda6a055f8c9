// @ts-check
// A registry that only has what a look at images needs, answers late, and counts what it is asked.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
]

/**
 * @typedef {{heads: number, manifests: number, configs: number, others: number}} Counts
 * @typedef {{images: readonly string[], take(): Counts, close(): Promise<void>}} ImageServer
 */

/**
 * Serves so many images, every fourth of which is for one platform and no index.
 * @param {{images: number, delayMs: number}} plan @returns {Promise<ImageServer>}
 */
export async function serveImages({ images, delayMs }) {
  /** @type {Map<string, {body: Buffer, type: string, digest: string}>} */
  const content = new Map()
  for (let at = 0; at < images; at += 1) addImage(content, at)
  let counts = none()
  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    const path = req.url ?? ''
    if (path === '/v2/') counts.others += 1
    else if (req.method === 'HEAD') counts.heads += 1
    else if (path.includes('/blobs/')) counts.configs += 1
    else counts.manifests += 1
    setTimeout(() => {
      const found = content.get(path)
      if (found === undefined) return res.writeHead(path === '/v2/' ? 200 : 404).end()
      res.writeHead(200, {
        'content-type': found.type,
        'content-length': found.body.length,
        'docker-content-digest': found.digest,
      })
      return req.method === 'HEAD' ? res.end() : res.end(found.body)
    }, delayMs)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    images: Array.from({ length: images }, (_, at) => `127.0.0.1:${port}/team/app-${at}:v1`),
    take() {
      const taken = counts
      counts = none()
      return taken
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** @param {Map<string, {body: Buffer, type: string, digest: string}>} content @param {number} at */
function addImage(content, at) {
  const base = `/v2/team/app-${at}`
  /** @param {object} document @param {string} type @param {readonly string[]} paths */
  const add = (document, type, ...paths) => {
    const body = Buffer.from(JSON.stringify(document))
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
    for (const path of [...paths, `blobs/${digest}`, `manifests/${digest}`]) {
      content.set(`${base}/${path}`, { body, type, digest })
    }
    return { mediaType: type, digest, size: body.length }
  }
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const isAlone = at % 4 === 3
  const offered = isAlone ? platforms.slice(0, 1) : platforms
  const manifests = offered.map((platform) => {
    const rootfs = { type: 'layers', diff_ids: [] }
    const config = add({ ...platform, rootfs, name: `app-${at}` }, 'application/vnd.oci.image.config.v1+json')
    const document = { schemaVersion: 2, mediaType: type, config, layers: [] }
    return { ...add(document, type, ...(isAlone ? ['manifests/v1'] : [])), platform }
  })
  if (isAlone) return
  const index = 'application/vnd.oci.image.index.v1+json'
  add({ schemaVersion: 2, mediaType: index, manifests }, index, 'manifests/v1')
}

function none() {
  return { heads: 0, manifests: 0, configs: 0, others: 0 }
}
