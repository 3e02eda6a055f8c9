// @ts-check
// What an image in a registry really is: its files entry by entry and its configuration, to compare builders' results.
// Its own reader of tar, so that it shares no mistake with the builder it judges.
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/**
 * Every image of `HOST/REPOSITORY:TAG` by its platform; attestations left out.
 * @param {string} name @returns {Promise<Record<string, {files: Record<string, string>, config: unknown}>>}
 */
export async function imagesOf(name) {
  const [, host, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? []
  const base = `http://${host}/v2/${repository}`
  const get = (/** @type {string} */ path) => download(`${base}/${path}`)
  const top = JSON.parse((await get(`manifests/${tag}`)).toString())
  const manifests =
    top.manifests === undefined
      ? [top]
      : await Promise.all(
          top.manifests
            .filter((/** @type {any} */ entry) => entry.platform?.os !== 'unknown')
            .map(async (/** @type {any} */ entry) => JSON.parse((await get(`manifests/${entry.digest}`)).toString())),
        )
  const images = await Promise.all(
    manifests.map(async (/** @type {any} */ manifest) => {
      const config = JSON.parse((await get(`blobs/${manifest.config.digest}`)).toString())
      const layers = await Promise.all(
        manifest.layers.map(async (/** @type {any} */ layer) => gunzipSync(await get(`blobs/${layer.digest}`))),
      )
      return [`${config.os}/${config.architecture}`, { files: treeOf(layers), config: meaningOf(config.config) }]
    }),
  )
  return Object.fromEntries(images)
}

/** A connection of its own for each: the programs that are timed block this one for longer than servers wait. @param {string} url @returns {Promise<Buffer>} */
function download(url) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers: { accept } }, (answer) => {
      /** @type {Buffer[]} */
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new Error(`${url}: ${answer.statusCode}`))
      })
    })
    asked.on('error', reject).end()
  })
}

/** The members that a container runs by. @param {any} config */
function meaningOf(config = {}) {
  const { Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Volumes, StopSignal, Labels = {} } = config
  const labels = Object.entries(Labels ?? {})
    .filter(([key]) => key !== 'io.buildah.version')
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    entrypoint: Entrypoint ?? [],
    command: Cmd ?? [],
    environment: Env ?? [],
    user: User ?? '',
    folder: WorkingDir || '/',
    ports: Object.keys(ExposedPorts ?? {}).sort(),
    volumes: Object.keys(Volumes ?? {}).sort(),
    stopSignal: StopSignal ?? '',
    labels,
  }
}

/** Path → type, mode, owner, target and digest of the content; times are left out. @param {readonly Buffer[]} layers */
function treeOf(layers) {
  /** @type {Record<string, string>} */
  const tree = {}
  for (const tar of layers) for (const { path, line } of entriesOf(tar)) tree[path] = line
  return Object.fromEntries(Object.entries(tree).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** @param {Buffer} tar @returns {readonly {path: string, line: string}[]} */
function entriesOf(tar) {
  const entries = []
  let longName = ''
  for (const { header, body } of blocksOf(tar)) {
    const type = text(header, 156, 1) || '0'
    if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(body.toString())?.[1] ?? longName
    else if (type === 'L') longName = body.toString().replace(/\0+$/, '')
    else if (type !== 'g' && type !== 'K') {
      const path = (longName || nameOf(header)).replace(/^\.?\//, '').replace(/\/$/, '')
      longName = ''
      entries.push({ path, line: lineOf(type, header, body) })
    }
  }
  return entries.filter(({ path }) => path !== '')
}

/** @param {Buffer} tar */
function blocksOf(tar) {
  const blocks = []
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + 512)
    const size = octal(header, 124, 12)
    blocks.push({ header, body: tar.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return blocks
}

/** @param {Buffer} header */
function nameOf(header) {
  const prefix = text(header, 345, 155)
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`
}

/** @param {string} type @param {Buffer} header @param {Buffer} body */
function lineOf(type, header, body) {
  const mode = (octal(header, 100, 8) & 0o7777).toString(8)
  const content = type === '0' ? createHash('sha256').update(body).digest('hex').slice(0, 16) : ''
  return [type, mode, octal(header, 108, 8), octal(header, 116, 8), text(header, 157, 100), content].join(' ')
}

/** @param {Buffer} header @param {number} at @param {number} length */
function text(header, at, length) {
  return header.toString('utf8', at, at + length).replace(/\0.*$/s, '')
}

/** @param {Buffer} header @param {number} at @param {number} length */
function octal(header, at, length) {
  return Number.parseInt(header.toString('latin1', at, at + length).trim(), 8) || 0
}
