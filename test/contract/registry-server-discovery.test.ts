import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes, type Descriptor } from '../../src/image/index.ts'
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
  type ServedRegistry,
} from '../support/registry-server.ts'

const { oci } = mediaTypes
const [typeA, typeB] = ['application/vnd.example.a', 'application/vnd.example.b']

/** The content discovery requirements of the distribution specification, one by one. */
describe.each(storeKinds)('registry with a %s store: discovery', (kind) => {
  let registry: ServedRegistry
  beforeAll(async () => {
    registry = await serveNewStore(kind)
  })
  afterAll(async () => registry.close())

  describe('tags', () => {
    const tags = ['A', 'Z', '_x', 'a', 'b', 'v1.10', 'v1.9']
    let name = ''
    beforeAll(async () => {
      name = newRepository()
      const sent = encode(await makeManifest(registry, name))
      for (const reference of tags.toReversed()) await putManifest(registry, name, sent, { reference })
      // none of these is of the repository
      await pushImage(registry, `${name}/below`, { reference: 'below' })
      await pushImage(registry, `${name}2`, { reference: 'beside' })
    })

    test.each([
      ['', tags, undefined],
      ['?n=3', ['A', 'Z', '_x'], '?n=3&last=_x'],
      ['?n=3&last=_x', ['a', 'b', 'v1.10'], '?n=3&last=v1.10'],
      ['?n=3&last=v1.10', ['v1.9'], undefined],
      ['?n=7', tags, undefined],
      ['?n=100', tags, undefined],
      ['?n=0', [], undefined],
      ['?last=b', ['v1.10', 'v1.9'], undefined],
      ['?last=not-there', ['v1.10', 'v1.9'], undefined],
      ['?last=v1.9', [], undefined],
      ['?n=2&last=zzz', [], undefined],
    ])('tags/list%s', async (query, wanted, next) => {
      const answer = await registry.call('GET', `/v2/${name}/tags/list${query}`)
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({ name, tags: wanted })
      const link = next === undefined ? null : `</v2/${name}/tags/list${next}>; rel="next"`
      expect(answer.headers.get('link')).toBe(link)
    })

    test.each(['-1', 'many', '1.5', ''])('n=%s is refused', async (n) => {
      const answer = await registry.call('GET', `/v2/${name}/tags/list?n=${n}`)
      expect([answer.status, answer.errors]).toEqual([400, ['PAGINATION_NUMBER_INVALID']])
    })

    test('of a repository that is not there', async () => {
      const answer = await registry.call('GET', `/v2/${newRepository()}/tags/list`)
      expect([answer.status, answer.errors]).toEqual([404, ['NAME_UNKNOWN']])
    })

    test('of a repository where an upload was only started', async () => {
      const started = newRepository()
      await registry.call('POST', `/v2/${started}/blobs/uploads/`)
      expect((await registry.call('GET', `/v2/${started}/tags/list`)).status).toBe(404)
    })

    test('of a repository without tags', async () => {
      const untagged = newRepository()
      await pushImage(registry, untagged)
      expect((await registry.call('GET', `/v2/${untagged}/tags/list`)).json().tags).toEqual([])
    })

    test('all repositories are in the catalog, in pages', async () => {
      const all = (await registry.call('GET', '/v2/_catalog')).json().repositories as string[]
      expect(all).toEqual([...all].sort())
      expect(all).toEqual(expect.arrayContaining([name, `${name}/below`, `${name}2`]))
      const page = await registry.call('GET', '/v2/_catalog?n=1')
      expect(page.json().repositories).toEqual([all[0]])
      const link = /<(.+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? ''
      expect((await registry.call('GET', `${link}0`)).json().repositories.length).toBeGreaterThan(0)
    })
  })

  describe('referrers', () => {
    const referrers = async (name: string, digest: string, query = ''): Promise<readonly Descriptor[]> => {
      const answer = await registry.call('GET', `/v2/${name}/referrers/${digest}${query}`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, oci.index])
      expect(answer.json()).toMatchObject({ schemaVersion: 2, mediaType: oci.index })
      expect(answer.headers.get('oci-filters-applied')).toBe(query === '' ? null : 'artifactType')
      return answer.json().manifests as readonly Descriptor[]
    }
    const byDigest = (descriptors: readonly Descriptor[]): readonly Descriptor[] =>
      descriptors.toSorted((one, other) => (one.digest < other.digest ? -1 : 1))

    test.each(['sha256', 'sha512'] as const)('nothing refers to a %s digest that nobody pushed', async (algorithm) => {
      const name = newRepository()
      expect(await referrers(name, digestOf(newBytes(), algorithm))).toEqual([])
      await pushImage(registry, name)
      expect(await referrers(name, digestOf(newBytes(), algorithm))).toEqual([])
    })

    test.each(['sha256:x', 'latest', `md5:${'0'.repeat(32)}`])('%s is no digest', async (digest) => {
      const answer = await registry.call('GET', `/v2/${newRepository()}/referrers/${digest}`)
      expect([answer.status, answer.errors]).toEqual([400, ['DIGEST_INVALID']])
    })

    test('image, artifact and index that refer to an image, before and after it is there', async () => {
      const name = newRepository()
      const image = await makeManifest(registry, name)
      const subject = { mediaType: oci.manifest, digest: digestOf(encode(image)), size: encode(image).length }
      const empty = await pushBlob(registry, name, Buffer.from('{}'), { mediaType: oci.empty })
      const annotations = { 'org.example.note': 'hello' }
      const documents = [
        await makeManifest(registry, name, { subject }),
        await makeManifest(registry, name, { subject, artifactType: typeA, config: empty, annotations }),
        await makeManifest(registry, name, { subject, artifactType: typeB, config: empty }),
        { schemaVersion: 2, mediaType: oci.index, manifests: [], subject, artifactType: typeA, annotations },
        { schemaVersion: 2, mediaType: oci.index, manifests: [], subject },
      ]
      const wanted: Descriptor[] = []
      for (const [at, document] of documents.entries()) {
        if (at === 2) await putManifest(registry, name, image)
        const put = await putManifest(registry, name, document)
        expect([put.status, put.headers.get('oci-subject')]).toEqual([201, subject.digest])
        const type = [oci.config, typeA, typeB, typeA, undefined][at]
        wanted.push({
          mediaType: String(document['mediaType']),
          digest: put.digest,
          size: put.sent.length,
          ...(type === undefined ? {} : { artifactType: type }),
          ...('annotations' in document ? { annotations } : {}),
        })
      }
      expect(await referrers(name, subject.digest)).toEqual(byDigest(wanted))
      for (const type of [typeA, typeB, oci.config, 'application/none']) {
        expect(await referrers(name, subject.digest, `?artifactType=${encodeURIComponent(type)}`)).toEqual(
          byDigest(wanted.filter((one) => one.artifactType === type)),
        )
      }
    })

    test('a push without a subject says nothing of one', async () => {
      const name = newRepository()
      const put = await putManifest(registry, name, await makeManifest(registry, name))
      expect([put.status, put.headers.has('oci-subject')]).toEqual([201, false])
    })

    test('they go when they are deleted, not with their subject, and are of one repository', async () => {
      const [name, other] = [newRepository(), newRepository()]
      const subject = await pushImage(registry, name, { reference: 'v1' })
      const referrer = await pushImage(registry, name, { more: { subject } })
      expect((await referrers(name, subject.digest)).map(({ digest }) => digest)).toEqual([referrer.digest])
      expect(await referrers(other, subject.digest)).toEqual([])
      expect((await registry.call('DELETE', `/v2/${name}/manifests/${subject.digest}`)).status).toBe(202)
      expect((await referrers(name, subject.digest)).length).toBe(1)
      expect((await registry.call('DELETE', `/v2/${name}/manifests/${referrer.digest}`)).status).toBe(202)
      expect(await referrers(name, subject.digest)).toEqual([])
    })
  })
})
