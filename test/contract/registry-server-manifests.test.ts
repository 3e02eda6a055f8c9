import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes } from '../../src/image/index.ts'
import {
  encode,
  makeManifest,
  newBytes,
  newRepository,
  pushBlob,
  pushImage,
  putManifest,
  serveNewStore,
  storeKinds,
  streamOf,
  type ServedRegistry,
} from '../support/registry-server.ts'

const { oci, docker } = mediaTypes
const artifactType = 'application/vnd.example.thing.v1'
const nowhere = `sha256:${'0'.repeat(64)}`
const accept = { accept: `${oci.index}, ${oci.manifest}` }

/** The manifest and content management requirements of the distribution specification, one by one. */
describe.each(storeKinds)('registry with a %s store: manifests', (kind) => {
  let registry: ServedRegistry
  beforeAll(async () => {
    registry = await serveNewStore(kind)
  })
  afterAll(async () => registry.close())

  const expectManifest = async (
    path: string,
    wanted: { readonly sent: Buffer; readonly mediaType: string; readonly digest: string },
  ): Promise<void> => {
    for (const method of ['HEAD', 'GET']) {
      const answer = await registry.call(method, path, { headers: accept })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe(wanted.mediaType)
      expect(answer.headers.get('content-length')).toBe(String(wanted.sent.length))
      expect(answer.headers.get('docker-content-digest')).toBe(wanted.digest)
      expect(answer.bytes.equals(method === 'GET' ? wanted.sent : Buffer.alloc(0))).toBe(true)
    }
  }

  const emptyConfig = async (name: string): Promise<object> =>
    pushBlob(registry, name, Buffer.from('{}'), { mediaType: oci.empty })
  const index = (manifests: readonly object[], more: object = {}): Record<string, unknown> => ({
    schemaVersion: 2,
    mediaType: oci.index,
    manifests,
    ...more,
  })
  const on = (descriptor: object, architecture: string): object => ({
    ...descriptor,
    platform: { os: 'linux', architecture },
  })

  /** Everything that a registry has to take, by the repository that it is pushed to. */
  const documents: readonly (readonly [string, (name: string) => Promise<{ readonly mediaType?: unknown }>])[] = [
    ['an image', async (name) => makeManifest(registry, name)],
    ['an image in Docker’s types', async (name) => makeManifest(registry, name, { mediaType: docker.manifest })],
    ['an image without layers', async (name) => makeManifest(registry, name, { layers: [] })],
    [
      'an image with uncompressed layers',
      async (name) =>
        makeManifest(registry, name, {
          layers: [await pushBlob(registry, name, newBytes(), { mediaType: oci.layer })],
        }),
    ],
    [
      'an image with layers of another place',
      async (name) =>
        makeManifest(registry, name, {
          layers: [oci.foreignLayer, oci.foreignLayerGzip, docker.foreignLayerGzip].map((mediaType) => ({
            mediaType,
            digest: digestOf(newBytes()),
            size: 123_456,
            urls: ['https://example.com/layer'],
          })),
        }),
    ],
    ['an image with members of no specification', async (name) => makeManifest(registry, name, { 'x-own': [1, {}] })],
    ['an image with annotations', async (name) => makeManifest(registry, name, { annotations: { 'a.b': 'ü "\\' } })],
    [
      'an image with data in descriptors',
      async (name) => {
        const bytes = newBytes(16)
        const layer = { ...(await pushBlob(registry, name, bytes)), data: bytes.toString('base64') }
        return makeManifest(registry, name, { layers: [layer] })
      },
    ],
    ['an artifact', async (name) => makeManifest(registry, name, { artifactType, config: await emptyConfig(name) })],
    [
      'an artifact without layers of its own',
      async (name) => {
        const empty = await emptyConfig(name)
        return makeManifest(registry, name, { artifactType, config: empty, layers: [empty] })
      },
    ],
    [
      'an image of 4 MB',
      async (name) => {
        const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, at) => [`a${at}`, 'A'.repeat(10_000)]))
        return makeManifest(registry, name, { annotations })
      },
    ],
    [
      'an index',
      async (name) =>
        index([on(await pushImage(registry, name), 'amd64'), on(await pushImage(registry, name), 'arm64')]),
    ],
    [
      'a manifest list',
      async (name) => index([on(await pushImage(registry, name), 'amd64')], { mediaType: docker.index }),
    ],
    ['an empty index', async () => Promise.resolve(index([]))],
    [
      'an index of indexes',
      async (name) => {
        const inner = await putManifest(registry, name, index([await pushImage(registry, name)]))
        return index([{ mediaType: oci.index, digest: inner.digest, size: inner.sent.length }])
      },
    ],
    ['an index of artifacts', async (name) => index([await pushImage(registry, name)], { artifactType })],
    [
      'an index with entries of another kind',
      async () => Promise.resolve(index([{ mediaType: 'application/vnd.example+json', digest: nowhere, size: 3 }])),
    ],
    [
      'an artifact whose subject is missing',
      async (name) =>
        makeManifest(registry, name, { subject: { mediaType: oci.manifest, digest: nowhere, size: 123 } }),
    ],
    [
      'an image with blobs of sha512',
      async (name) =>
        makeManifest(registry, name, { layers: [await pushBlob(registry, name, newBytes(), { algorithm: 'sha512' })] }),
    ],
  ]

  describe.each(documents)('%s', (_, make) => {
    test('by tag', async () => {
      const name = newRepository()
      const document = await make(name)
      const put = await putManifest(registry, name, document, { reference: 'v1.0_x-Y' })
      expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, put.digest])
      const wanted = { sent: put.sent, mediaType: String(document.mediaType), digest: put.digest }
      await expectManifest(put.headers.get('location') ?? '', wanted)
      await expectManifest(`/v2/${name}/manifests/v1.0_x-Y`, wanted)
      await expectManifest(`/v2/${name}/manifests/${put.digest}`, wanted)
    })

    test.each(['sha256', 'sha512'] as const)('by %s digest', async (algorithm) => {
      const name = newRepository()
      const document = await make(name)
      const reference = digestOf(encode(document), algorithm)
      const put = await putManifest(registry, name, document, { reference })
      expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, reference])
      const wanted = { sent: put.sent, mediaType: String(document.mediaType), digest: reference }
      await expectManifest(put.headers.get('location') ?? '', wanted)
      await expectManifest(`/v2/${name}/manifests/${reference}`, wanted)
      const removed = await registry.call('DELETE', `/v2/${name}/manifests/${reference}`)
      expect([removed.status, (await registry.call('HEAD', `/v2/${name}/manifests/${reference}`)).status]).toEqual([
        202, 404,
      ])
    })
  })

  test('the bytes are kept as they were sent', async () => {
    const name = newRepository()
    const sent = Buffer.from(`\n${JSON.stringify(await makeManifest(registry, name), undefined, 3)}  \n`)
    const put = await putManifest(registry, name, sent, { reference: 'spaced' })
    expect(put.status).toBe(201)
    await expectManifest(`/v2/${name}/manifests/spaced`, { sent, mediaType: oci.manifest, digest: put.digest })
  })

  test.each([oci.manifest, `${oci.manifest}; charset=utf-8`, 'application/json'])(
    'a manifest that does not say its type, sent as %s',
    async (contentType) => {
      const name = newRepository()
      const { mediaType: _, ...document } = await makeManifest(registry, name)
      const put = await putManifest(registry, name, document, { contentType })
      expect(put.status).toBe(201)
      const wanted = { sent: put.sent, mediaType: oci.manifest, digest: put.digest }
      await expectManifest(`/v2/${name}/manifests/${put.digest}`, wanted)
    },
  )

  test('a manifest sent without a length', async () => {
    const name = newRepository()
    const sent = encode(await makeManifest(registry, name))
    const headers = { 'content-type': oci.manifest }
    const put = await registry.call('PUT', `/v2/${name}/manifests/x`, { headers, body: streamOf(sent) })
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, digestOf(sent)])
  })

  test('a tag moves, and what it was on stays', async () => {
    const name = newRepository()
    const first = await pushImage(registry, name, { reference: 'latest' })
    const second = await pushImage(registry, name, { reference: 'latest' })
    const head = async (reference: string): Promise<string | null> =>
      (await registry.call('HEAD', `/v2/${name}/manifests/${reference}`)).headers.get('docker-content-digest')
    expect(await head('latest')).toBe(second.digest)
    expect(await head(first.digest)).toBe(first.digest)
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual(['latest'])
  })

  test('tags in parameters are set with the push by digest', async () => {
    const name = newRepository()
    const document = await makeManifest(registry, name)
    const reference = digestOf(encode(document), 'sha512')
    const put = await putManifest(registry, name, document, { reference: `${reference}?tag=a&tag=b` })
    expect([put.status, put.headers.get('oci-tag')]).toEqual([201, 'a, b'])
    for (const tag of ['a', 'b']) {
      await expectManifest(`/v2/${name}/manifests/${tag}`, {
        sent: put.sent,
        mediaType: oci.manifest,
        digest: reference,
      })
    }
  })

  test('manifests and blobs are not found as each other', async () => {
    const name = newRepository()
    const { digest } = await pushImage(registry, name)
    const blob = await pushBlob(registry, name, encode(await makeManifest(registry, name)))
    expect((await registry.call('HEAD', `/v2/${name}/blobs/${digest}`)).status).toBe(404)
    expect((await registry.call('HEAD', `/v2/${name}/manifests/${blob.digest}`)).status).toBe(404)
  })

  test('a manifest that was also pushed as a blob outlives the blob, and the other way round', async () => {
    const name = newRepository()
    const sent = encode(await makeManifest(registry, name))
    const { digest } = await pushBlob(registry, name, sent)
    await putManifest(registry, name, sent)
    expect((await registry.call('DELETE', `/v2/${name}/blobs/${digest}`)).status).toBe(202)
    await expectManifest(`/v2/${name}/manifests/${digest}`, { sent, mediaType: oci.manifest, digest })
    await pushBlob(registry, name, sent)
    expect((await registry.call('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202)
    expect((await registry.call('GET', `/v2/${name}/blobs/${digest}`)).bytes.equals(sent)).toBe(true)
  })

  test.each([
    ['not JSON', Buffer.from('blablabla')],
    ['not an object', Buffer.from('[]')],
    ['no bytes', Buffer.alloc(0)],
    ['neither an image nor an index', encode({ schemaVersion: 2 }), 'application/json'],
    ['a type that is none of a manifest', encode({ schemaVersion: 2, mediaType: oci.config })],
    ['Docker schema 1', encode({ schemaVersion: 1, name: 'a', fsLayers: [] })],
    ['a wrong schema version', encode({ schemaVersion: 1, mediaType: oci.index, manifests: [] })],
    ['a digest that is none', encode(index([{ mediaType: oci.manifest, digest: 'sha256:x', size: 1 }]))],
    ['a size that is none', encode(index([{ mediaType: oci.manifest, digest: nowhere, size: -1 }]))],
    ['a type that is not the one of the request', encode(index([], { mediaType: docker.index }))],
  ])('refuses what is malformed: %s', async (_, sent: Buffer, contentType: string = oci.index) => {
    const name = newRepository()
    const headers = { 'content-type': contentType }
    const put = await registry.call('PUT', `/v2/${name}/manifests/bad`, { headers, body: sent })
    expect([put.status, put.errors]).toEqual([400, ['MANIFEST_INVALID']])
    expect((await registry.call('HEAD', `/v2/${name}/manifests/bad`)).status).toBe(404)
  })

  test.each([
    ['another digest', nowhere, 400, 'DIGEST_INVALID'],
    ['half a digest', 'sha256:totallywrong', 400, 'DIGEST_INVALID'],
    ['an unknown algorithm', `md5:${'0'.repeat(32)}`, 400, 'DIGEST_INVALID'],
    ['a tag that is none', '.INVALID_TAG', 400, 'MANIFEST_INVALID'],
    ['a tag that is too long', 'x'.repeat(129), 400, 'MANIFEST_INVALID'],
    ['a tag parameter that is none', 'ok?tag=-no', 400, 'MANIFEST_INVALID'],
  ])('refuses a push to %s', async (_, reference, status, code) => {
    const name = newRepository()
    const put = await putManifest(registry, name, await makeManifest(registry, name), { reference })
    expect([put.status, put.errors]).toEqual([status, [code]])
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual([])
  })

  test.each([true, false])('refuses more than 4 MiB, with a length: %s', async (hasLength) => {
    const name = newRepository()
    const sent = Buffer.alloc(4 * 1024 * 1024 + 1, ' ')
    const headers = { 'content-type': oci.manifest }
    const body = hasLength ? sent : streamOf(sent)
    const put = await registry.call('PUT', `/v2/${name}/manifests/big`, { headers, body })
    expect([put.status, put.errors]).toEqual([413, ['SIZE_INVALID']])
    expect((await registry.call('GET', '/v2/')).status).toBe(200)
  })

  test.each([
    [
      'config',
      async (name: string) =>
        makeManifest(registry, name, { config: { mediaType: oci.config, digest: nowhere, size: 2 } }),
    ],
    [
      'layer',
      async (name: string) =>
        makeManifest(registry, name, { layers: [{ mediaType: oci.layer, digest: nowhere, size: 2 }] }),
    ],
    [
      'layer of another repository',
      async (name: string) => makeManifest(registry, name, { layers: [await pushBlob(registry, newRepository())] }),
    ],
    ['image of an index', async () => Promise.resolve(index([{ mediaType: oci.manifest, digest: nowhere, size: 2 }]))],
  ])('refuses what refers to a missing %s', async (_, make) => {
    const name = newRepository()
    const put = await putManifest(registry, name, await make(name))
    expect([put.status, put.errors]).toEqual([404, ['MANIFEST_BLOB_UNKNOWN']])
    expect(put.json().errors[0].detail.digest).toMatch(/^sha256:/)
  })

  test.each([
    ['GET', '.INVALID_MANIFEST_NAME', 404, 'MANIFEST_UNKNOWN'],
    ['GET', 'missing', 404, 'MANIFEST_UNKNOWN'],
    ['GET', nowhere, 404, 'MANIFEST_UNKNOWN'],
    ['GET', 'sha256:baddigeststring', 400, 'DIGEST_INVALID'],
    ['DELETE', 'missing', 404, 'MANIFEST_UNKNOWN'],
    ['DELETE', nowhere, 404, 'MANIFEST_UNKNOWN'],
    ['DELETE', 'sha256:baddigeststring', 400, 'DIGEST_INVALID'],
    ['PATCH', 'latest', 405, 'UNSUPPORTED'],
  ])('%s of %s gives %i %s', async (method, reference, status, code) => {
    for (const name of [newRepository(), 'not/there']) {
      if (name !== 'not/there') await pushImage(registry, name, { reference: 'other' })
      const answer = await registry.call(method, `/v2/${name}/manifests/${reference}`)
      expect([answer.status, answer.errors]).toEqual([status, [code]])
    }
  })

  test('DELETE of a tag leaves the manifest and its other tags', async () => {
    const name = newRepository()
    const { digest } = await pushImage(registry, name, { reference: 'a' })
    const { bytes: sent } = await registry.call('GET', `/v2/${name}/manifests/a`)
    await putManifest(registry, name, sent, { reference: 'b' })
    expect((await registry.call('DELETE', `/v2/${name}/manifests/a`)).status).toBe(202)
    expect((await registry.call('HEAD', `/v2/${name}/manifests/a`)).status).toBe(404)
    expect((await registry.call('HEAD', `/v2/${name}/manifests/${digest}`)).status).toBe(200)
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual(['b'])
  })

  test('DELETE of a manifest takes its tags along, of this repository only', async () => {
    const [name, other] = [newRepository(), newRepository()]
    const { digest } = await pushImage(registry, name, { reference: 'a' })
    const { bytes: sent } = await registry.call('GET', `/v2/${name}/manifests/a`)
    await putManifest(registry, name, sent, { reference: 'b' })
    const { config, layers } = JSON.parse(sent.toString()) as {
      config: { digest: string }
      layers: { digest: string }[]
    }
    for (const blob of [config, ...layers]) {
      await registry.call('POST', `/v2/${other}/blobs/uploads/?mount=${blob.digest}&from=${name}`)
    }
    await putManifest(registry, other, sent, { reference: 'a' })
    const kept = await pushImage(registry, name, { reference: 'c' })
    expect((await registry.call('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202)
    for (const reference of [digest, 'a', 'b']) {
      expect((await registry.call('GET', `/v2/${name}/manifests/${reference}`)).errors).toEqual(['MANIFEST_UNKNOWN'])
    }
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual(['c'])
    expect((await registry.call('HEAD', `/v2/${name}/manifests/${kept.digest}`)).status).toBe(200)
    await expectManifest(`/v2/${other}/manifests/a`, { sent, mediaType: oci.manifest, digest })
  })

  test('tags pushed at once are all there', async () => {
    const name = newRepository()
    const sent = encode(await makeManifest(registry, name))
    const tags = Array.from({ length: 20 }, (_, at) => `t${at}`)
    await Promise.all(tags.map(async (reference) => putManifest(registry, name, sent, { reference })))
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual(tags.toSorted())
  })
})
