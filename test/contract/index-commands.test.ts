import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mediaTypes } from '../../src/image/index.ts'
import type { CreateIndexRequest } from '../../src/pipeline/image/create-index.ts'
import type { EditIndexRequest } from '../../src/pipeline/image/edit-index.ts'
import { createIndexOf, editIndex, parseAnnotations } from '../../src/pipeline/image/index.ts'
import { parsePlatform } from '../../src/platform/index.ts'
import type { ImageContext } from '../../src/pipeline/image/index.ts'
import { parseLocation } from '../../src/transfer/index.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { pushIndex, type PushedIndex, type Wire } from '../support/platform-images.ts'

/** Making and changing indexes in a registry. */

let bench: ImageBench
let registry: NotedRegistry
let pair: PushedIndex

const platform = (architecture: string): object => ({ architecture, os: 'linux' })

beforeAll(async () => {
  bench = await createImageBench()
  registry = await bench.serve()
  const platforms = [platform('amd64'), platform('arm64')]
  pair = await pushIndex(registry, { repository: 'app', tag: 'pair', platforms, attestations: true })
})

afterAll(async () => {
  await bench.close()
})

const create = async (to: string, request: Partial<CreateIndexRequest>, context: ImageContext = bench.context()) =>
  createIndexOf(context, {
    to: [at(registry, to)],
    sources: [],
    platforms: [],
    annotations: [],
    dryRun: false,
    ...request,
  })

const edit = async (name: string, request: Partial<EditIndexRequest>, context: ImageContext = bench.context()) =>
  editIndex(context, {
    index: at(registry, name),
    add: [],
    replace: [],
    remove: [],
    annotations: [],
    dropAnnotations: [],
    dryRun: false,
    ...request,
  })

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into it
const read = async (repository: string, tag: string): Promise<any> =>
  (await registry.call('GET', `/v2/${repository}/manifests/${tag}`)).json()

const digestOfTag = async (repository: string, tag: string): Promise<string | null> =>
  (await registry.call('HEAD', `/v2/${repository}/manifests/${tag}`)).headers.get('docker-content-digest')

const architectures = (index: { readonly manifests: readonly Wire[] }): readonly unknown[] =>
  index.manifests.map((entry) => (entry['platform'] as { readonly architecture: string }).architecture)

const image = (pushed: PushedIndex, number: number): string => pushed.images[number]?.digest ?? ''

describe('index create', () => {
  test('takes the platforms that are asked for, with their attestations', async () => {
    const platforms = [parsePlatform('linux/arm64', { os: 'linux', architecture: '' })]
    await create('app:arm', { sources: [at(registry, 'app:pair')], platforms })
    expect(architectures(await read('app', 'arm'))).toEqual(['arm64', 'unknown'])
    const other = [parsePlatform('linux/s390x', { os: 'linux', architecture: '' })]
    const nothing = create('app:none', { sources: [at(registry, 'app:pair')], platforms: other })
    await expect(nothing).rejects.toMatchObject({ code: 'PLATFORM_NOT_OFFERED' })
  })

  test('keeps the order that is given, and the same image once', async () => {
    const sources = [image(pair, 1), image(pair, 0), image(pair, 1)].map((digest) => at(registry, `app@${digest}`))
    await create('app:turned', { sources })
    expect(architectures(await read('app', 'turned'))).toEqual(['arm64', 'amd64'])
  })

  test('refuses two images for one platform', async () => {
    const other = await pushIndex(registry, { repository: 'twin', platforms: [platform('amd64')] })
    const sources = [at(registry, 'app:pair'), at(registry, `twin@${image(other, 0)}`)]
    await expect(create('app:twins', { sources })).rejects.toMatchObject({ code: 'INDEX_PLATFORM_TWICE' })
    expect(await digestOfTag('app', 'twins')).toBeNull()
  })

  test('annotates the index, and entries by platform', async () => {
    const annotations = parseAnnotations(
      ['index:a=1,2', 'b=3', 'manifest-descriptor:c=4', 'manifest-descriptor[linux/arm64]:d=5'],
      'index',
    )
    await create('app:noted', { sources: [at(registry, 'app:pair')], annotations })
    const index = await read('app', 'noted')
    expect(index.annotations).toEqual({ a: '1,2', b: '3' })
    expect(index.manifests.slice(0, 2).map((entry: Wire) => entry['annotations'])).toEqual([
      { c: '4' },
      { c: '4', d: '5' },
    ])
    const unknown = parseAnnotations(['manifest-descriptor[linux/s390x]:a=b'], 'index')
    const failing = create('app:x', { sources: [at(registry, 'app:pair')], annotations: unknown })
    await expect(failing).rejects.toMatchObject({ code: 'INDEX_ENTRY_UNKNOWN' })
    expect(() => parseAnnotations(['manifest:a=b'], 'index')).toThrow('no annotation of an index')
  })

  test('writes more tags, in other repositories as well', async () => {
    await create('app:a', {
      to: ['app:a', 'app:b', 'else:c'].map((name) => at(registry, name)),
      sources: [at(registry, 'app:pair')],
    })
    expect(await digestOfTag('app', 'b')).toBe(pair.digest)
    expect(await digestOfTag('else', 'c')).toBe(pair.digest)
  })

  test('tells how far big blobs of another registry are', async () => {
    const far = await bench.serve()
    const plan = { repository: 'far', tag: '1', platforms: [platform('amd64')], ownLayers: 0, layerBytes: 3_000_000 }
    await pushIndex(far, plan)
    bench.events.splice(0)
    await create('from-far:1', { sources: [at(far, 'far:1')] })
    const told = bench.events.filter(({ type }) => type === 'blobProgress')
    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual(told.map(() => expect.objectContaining({ sizeBytes: 3_000_000 })))
  })

  test('a dry run reads and sends nothing', async () => {
    registry.take()
    const made = await create('elsewhere:1', { sources: [at(registry, 'app:pair')], dryRun: true })
    expect(made.written[0]?.plan).toMatchObject({ mounts: 1 + 2 * 3 + 3, uploads: 0, manifests: 5 })
    const reads = registry.take()
    expect(reads.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true)
    await create('elsewhere:1', { sources: [at(registry, 'app:pair')] })
    expect(made.written[0]?.plan?.requests).toBe(registry.take().length - reads.length)
  })

  test("Docker's type has no place for annotations", async () => {
    const request = { sources: [at(registry, 'app:pair')], family: 'docker' as const }
    const annotated = create('app:d', { ...request, annotations: parseAnnotations(['a=b'], 'index') })
    await expect(annotated).rejects.toMatchObject({ code: 'INDEX_ANNOTATED' })
    await create('app:d', request)
    expect((await read('app', 'd')).mediaType).toBe(mediaTypes.docker.index)
  })

  test('writes only over the digest that is expected', async () => {
    const request = { sources: [at(registry, 'app:pair')] }
    await create('app:cas', { ...request, expectDigest: 'none' })
    await expect(create('app:cas', { ...request, expectDigest: 'none' })).rejects.toMatchObject({ code: 'TAG_MOVED' })
    await create('app:cas', { ...request, expectDigest: pair.digest, annotations: parseAnnotations(['a=b'], 'index') })
    const late = create('app:cas', { ...request, expectDigest: pair.digest })
    await expect(late).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect((await read('app', 'cas')).annotations).toEqual({ a: 'b' })
  })

  test('a tag that somebody else writes at the same time is noticed', async () => {
    const context = bench.context()
    const client = await context.registry()
    const raced = {
      ...client,
      async putManifest(...args: Parameters<typeof client.putManifest>) {
        await client.putManifest(...args)
        const body = Buffer.from(JSON.stringify(await read('app', 'pair')))
        await registry.call('PUT', '/v2/app/manifests/race', {
          headers: { 'content-type': mediaTypes.oci.index },
          body,
        })
      },
    }
    const sources = [at(registry, 'app:pair')]
    const making = create(
      'app:race',
      { sources, annotations: parseAnnotations(['a=b'], 'index') },
      {
        ...context,
        registry: async () => raced,
      },
    )
    await expect(making).rejects.toMatchObject({ code: 'TAG_MOVED' })
  })

  test('stitches in a folder before anything is pushed', async () => {
    const folder = parseLocation('oci:stitched:1')
    await create('app:unused', {
      to: [folder],
      sources: [at(registry, `app@${image(pair, 0)}`), at(registry, `app@${image(pair, 1)}`)],
    })
    await create('app:pushed', { sources: [folder] })
    expect(architectures(await read('app', 'pushed'))).toEqual(['amd64', 'arm64'])
  })
})

describe('index edit', () => {
  test('removes by platform and by digest, attestations as well', async () => {
    await create('app:less', { sources: [at(registry, 'app:pair')] })
    await edit('app:less', { remove: ['linux/amd64'] })
    expect(architectures(await read('app', 'less'))).toEqual(['arm64', 'unknown'])
    await expect(edit('app:less', { remove: ['linux/amd64'] })).rejects.toMatchObject({ code: 'INDEX_ENTRY_UNKNOWN' })
    await expect(edit('app:less', { remove: [image(pair, 1)] })).rejects.toMatchObject({ code: 'INDEX_EMPTY' })
  })

  test('puts a new image in the place of the old one, whose attestation goes', async () => {
    const annotations = parseAnnotations(['manifest-descriptor[linux/amd64]:note=kept'], 'index')
    await create('app:new', { sources: [at(registry, 'app:pair')], annotations })
    const fresh = await pushIndex(registry, { repository: 'fresh', platforms: [platform('amd64')] })
    await edit('app:new', { replace: [at(registry, `fresh@${image(fresh, 0)}`)] })
    const index = await read('app', 'new')
    expect(architectures(index)).toEqual(['amd64', 'arm64', 'unknown'])
    expect(index.manifests[0]).toMatchObject({ digest: image(fresh, 0), annotations: { note: 'kept' } })
  })

  test('adds what is not there yet, and says how to replace what is', async () => {
    await create('app:more', { sources: [at(registry, 'app:pair')] })
    const fresh = await pushIndex(registry, {
      repository: 'more',
      tag: '1',
      platforms: [platform('s390x'), platform('amd64')],
    })
    await edit('app:more', { add: [at(registry, `more@${image(fresh, 0)}`)] })
    expect(architectures(await read('app', 'more'))).toEqual(['amd64', 'arm64', 'unknown', 'unknown', 's390x'])
    const twin = edit('app:more', { add: [at(registry, 'more:1')] })
    await expect(twin).rejects.toMatchObject({
      code: 'INDEX_PLATFORM_TWICE',
      hint: expect.stringContaining('--replace'),
    })
  })

  test('takes annotations away', async () => {
    const annotations = parseAnnotations(['a=1', 'b=2', 'manifest-descriptor:c=3'], 'index')
    await create('app:bare', { sources: [at(registry, 'app:pair')], annotations })
    await edit('app:bare', { dropAnnotations: parseAnnotations(['index:a=', 'manifest-descriptor:c='], 'index') })
    const index = await read('app', 'bare')
    expect(index.annotations).toEqual({ b: '2' })
    expect(index.manifests[0]).not.toHaveProperty('annotations')
  })

  test('refuses one image, and a tag that moved since it was read', async () => {
    await expect(edit(`app@${image(pair, 0)}`, {})).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
    const stale = edit('app:pair', { expectDigest: image(pair, 0), remove: ['linux/amd64'] })
    await expect(stale).rejects.toMatchObject({ code: 'TAG_MOVED' })
    await create('app:moving', { sources: [at(registry, 'app:pair')] })
    const context = bench.context()
    const client = await context.registry()
    const moved = {
      ...client,
      async resolve(...args: Parameters<typeof client.resolve>) {
        await create('app:moving', {
          sources: [at(registry, 'app:pair')],
          annotations: parseAnnotations(['x=y'], 'index'),
        })
        return client.resolve(...args)
      },
    }
    const late = edit('app:moving', { remove: ['linux/amd64'] }, { ...context, registry: async () => moved })
    await expect(late).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect((await read('app', 'moving')).annotations).toEqual({ x: 'y' })
  })
})
