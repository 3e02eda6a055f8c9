import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes, type DigestAlgorithm } from '../../src/image/index.ts'
import {
  encode,
  newBytes,
  newRepository,
  pushBlob,
  serveNewStore,
  storeKinds,
  type ServedRegistry,
  type TestAnswer,
} from '../support/registry-server.ts'

/** Whole conversations as the distribution specification has them, step by step, with both digest algorithms. */

const octets = { 'content-type': 'application/octet-stream' }
const { oci } = mediaTypes

interface Wire {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

describe.each(storeKinds)('registry with a %s store', (kind) => {
  let registry: ServedRegistry
  beforeAll(async () => {
    registry = await serveNewStore(kind)
  })
  afterAll(async () => registry.close())

  const locationOf = (answer: TestAnswer): string => answer.headers.get('location') ?? ''
  const closing = (location: string, digest: string): string => `${location}?digest=${digest}`

  describe.each(['sha256', 'sha512'] as const)('%s', (algorithm) => {
    test.each(['PATCH', 'PUT'] as const)(
      'every chunk is first sent to the wrong place, and the status says where to go on; the last with %s',
      async (lastWith) => {
        const [name, bytes, size] = [newRepository(), newBytes(3 * 1024 - 5), 1024]
        const digest = digestOf(bytes, algorithm)
        const opened = await registry.call('POST', `/v2/${name}/blobs/uploads/`)
        let location = locationOf(opened)
        const send = async (start: number): Promise<TestAnswer> => {
          const chunk = bytes.subarray(start, start + size)
          const isLast = lastWith === 'PUT' && start + chunk.length === bytes.length
          return registry.call(isLast ? 'PUT' : 'PATCH', isLast ? closing(location, digest) : location, {
            headers: { ...octets, 'content-range': `${start}-${start + chunk.length - 1}` },
            body: chunk,
          })
        }
        let answer = opened
        for (let start = 0; start < bytes.length; start += size) {
          const wrong = start + size < bytes.length ? start + size : 0
          if (wrong !== start) expect((await send(wrong)).status).toBe(416)
          const status = await registry.call('GET', location)
          expect([status.status, status.headers.get('range')]).toEqual([204, `0-${Math.max(0, start - 1)}`])
          location = locationOf(status)
          answer = await send(start)
          location = answer.status === 202 ? locationOf(answer) : location
        }
        if (lastWith === 'PATCH') answer = await registry.call('PUT', closing(location, digest), { headers: octets })
        expect(answer.status).toBe(201)
        const got = await registry.call('GET', locationOf(answer))
        expect(got.bytes.equals(bytes)).toBe(true)
        expect((await registry.call('GET', location)).errors).toEqual(['BLOB_UPLOAD_UNKNOWN'])
      },
    )

    test('a tree of indexes is pushed, found and deleted, from the leaves up and from the top down', async () => {
      const name = newRepository()
      const tree = await pushTree(registry, name, algorithm)
      const top = tree.at(-1)
      const path = (reference: string): string => `/v2/${name}/manifests/${reference}`
      for (const { digest, mediaType, bytes } of tree) {
        const tags = digest === top?.digest ? '?tag=one&tag=two' : ''
        const put = await registry.call('PUT', `${path(digest)}${tags}`, {
          headers: { 'content-type': mediaType },
          body: bytes,
        })
        expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, digest])
        if (tags !== '') expect(put.headers.get('oci-tag')?.split(', ')).toEqual(['one', 'two'])
        expect((await registry.call('GET', locationOf(put))).bytes.equals(bytes)).toBe(true)
      }
      for (const tag of ['one', 'two']) {
        const head = await registry.call('HEAD', path(tag))
        expect([head.status, head.headers.get('docker-content-digest')]).toEqual([200, top?.digest])
      }
      for (const reference of ['one', ...tree.map(({ digest }) => digest).reverse()]) {
        expect((await registry.call('DELETE', path(reference))).status).toBe(202)
        expect((await registry.call('HEAD', path(reference))).status).toBe(404)
      }
      expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual([])
    })

    test('referrers are listed with type, size and annotations, all and by type, before and after their subject', async () => {
      const name = newRepository()
      const subject = await imageOf(registry, name, algorithm)
      const about = { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length }
      const referrers = await Promise.all(
        ['application/vnd.example.a', 'application/vnd.example.b', 'application/vnd.example.a'].map(
          async (artifactType, at) =>
            imageOf(registry, name, algorithm, { artifactType, subject: about, annotations: { at: String(at) } }),
        ),
      )
      const [first, ...others] = referrers
      for (const one of [...(first === undefined ? [] : [first]), subject, ...others]) {
        const put = await registry.call('PUT', `/v2/${name}/manifests/${one.digest}`, {
          headers: { 'content-type': one.mediaType },
          body: one.bytes,
        })
        expect(put.headers.get('oci-subject')).toBe(one === subject ? null : subject.digest)
      }
      const list = async (query = ''): Promise<TestAnswer> =>
        registry.call('GET', `/v2/${name}/referrers/${subject.digest}${query}`)
      const wanted = referrers.map(({ digest, bytes, document }) => ({
        mediaType: oci.manifest,
        digest,
        size: bytes.length,
        artifactType: document['artifactType'],
        annotations: document['annotations'],
      }))
      const all = (await list()).json()
      expect([all.schemaVersion, all.mediaType]).toEqual([2, oci.index])
      expect(all.manifests).toHaveLength(3)
      expect(all.manifests).toEqual(expect.arrayContaining(wanted))
      const some = await list('?artifactType=application%2Fvnd.example.b')
      expect(some.headers.get('oci-filters-applied')).toBe('artifactType')
      expect(some.json().manifests).toEqual([wanted[1]])
    })
  })
})

interface Made extends Omit<Wire, 'size'> {
  readonly bytes: Buffer
  readonly document: Record<string, unknown>
}

/** Its blobs are pushed, it is not. */
async function imageOf(
  registry: ServedRegistry,
  name: string,
  algorithm: DigestAlgorithm,
  more: object = {},
): Promise<Made> {
  const config = await pushBlob(registry, name, newBytes(), { algorithm, mediaType: oci.config })
  const layers = [await pushBlob(registry, name, newBytes(), { algorithm })]
  return made({ schemaVersion: 2, mediaType: oci.manifest, config, layers, ...more }, algorithm)
}

function made(document: Record<string, unknown> & { readonly mediaType: string }, algorithm: DigestAlgorithm): Made {
  const bytes = encode(document)
  return { document, bytes, mediaType: document.mediaType, digest: digestOf(bytes, algorithm) }
}

/** Children first: four images, two indexes of two, an index of both. */
async function pushTree(registry: ServedRegistry, name: string, algorithm: DigestAlgorithm): Promise<readonly Made[]> {
  const indexOf = (children: readonly Made[]): Made => {
    const manifests = children.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.length }))
    return made({ schemaVersion: 2, mediaType: oci.index, manifests }, algorithm)
  }
  const images = await Promise.all(Array.from({ length: 4 }, async () => imageOf(registry, name, algorithm)))
  const inner = [indexOf(images.slice(0, 2)), indexOf(images.slice(2))]
  return [...images, ...inner, indexOf(inner)]
}
