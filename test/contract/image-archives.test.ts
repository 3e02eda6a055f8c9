import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes } from '../../src/image/index.ts'
import { createLayer, readTar, type LayerEntry } from '../../src/layer/index.ts'
import { copyImage, createIndexOf, inspectImage, listImageTags } from '../../src/pipeline/image/index.ts'
import { parseLocation } from '../../src/transfer/index.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { aDirectory, aFile, aLink, gather } from '../support/layers.ts'
import { pushIndex } from '../support/platform-images.ts'
import { encode } from '../support/registry-server.ts'

/** Folders and archives stand wherever a registry's name does. */

let bench: ImageBench
let registry: NotedRegistry

beforeAll(async () => {
  bench = await createImageBench()
  registry = await bench.serve()
})

afterAll(async () => {
  await bench.close()
})

const copy = async (from: string, to: string, more: { platforms?: []; referrers?: boolean; allTags?: boolean } = {}) =>
  copyImage(bench.context(), {
    from: parseLocation(from),
    to: parseLocation(to),
    platforms: [],
    referrers: true,
    allTags: false,
    ...more,
  })

describe.each(['oci', 'oci-archive', 'docker-archive'])('%s', (kind) => {
  test('keeps a whole index byte for byte, there and back', async () => {
    const pushed = await pushIndex(registry, { repository: `${kind}/there`, tag: '1', attestations: true })
    const place = `${kind}:${kind}-whole:team/app:1`
    await copy(`${registry.host}/${kind}/there:1`, place)
    const back = await copy(place, `${registry.host}/${kind}/back:1`)
    expect(back.images).toMatchObject([{ digest: pushed.digest, outcome: 'copied' }])
    const document = await registry.call('GET', `/v2/${kind}/back/manifests/1`)
    expect(document.bytes.equals(pushed.bytes)).toBe(true)
  })

  test('is a source for an index', async () => {
    const { images } = await pushIndex(registry, { repository: `${kind}/two`, tag: '1' })
    const names = [0, 1].map((number) => `${kind}:${kind}-source-${number}:app:${number}`)
    for (const [number, name] of names.entries()) {
      await copy(`${registry.host}/${kind}/two@${images[number]?.digest ?? ''}`, name)
    }
    const { index } = await createIndexOf(bench.context(), {
      to: [at(registry, `${kind}/stitched:1`)],
      sources: names.map(parseLocation),
      platforms: [],
      annotations: [],
      dryRun: false,
    })
    expect(index.index.manifests.map(({ digest }) => digest)).toEqual(images.slice(0, 2).map(({ digest }) => digest))
  })

  test('says what it holds when it does not hold what is asked for', async () => {
    await pushIndex(registry, { repository: `${kind}/some`, tag: '1' })
    const place = `${kind}:${kind}-some`
    await copy(`${registry.host}/${kind}/some:1`, `${place}:app:1`)
    const asking = copy(`${place}:other:2`, `${registry.host}/${kind}/never:1`)
    await expect(asking).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    const missing = copy(`${kind}:nothing-there:1`, `${registry.host}/${kind}/never:1`)
    await expect(missing).rejects.toMatchObject({ name: 'ToolError' })
  })
})

test('a folder keeps signatures, and several images of which one has to be named', async () => {
  const pushed = await pushIndex(registry, { repository: 'many', tag: '1', attestations: true })
  await copy(`${registry.host}/many:1`, 'oci:many', { allTags: true })
  await pushIndex(registry, { repository: 'more', tag: '2' })
  await copy(`${registry.host}/more:2`, 'oci:many:2')
  expect([...(await listImageTags(bench.context(), parseLocation('oci:many')))].sort()).toEqual(['1', '2'])
  const unnamed = inspectImage(bench.context(), parseLocation('oci:many'))
  await expect(unnamed).rejects.toMatchObject({ code: 'SOURCE_AMBIGUOUS' })
  const named = await inspectImage(bench.context(), parseLocation(`oci:many@${pushed.digest}`))
  expect(named.digest).toBe(pushed.digest)
})

test('an archive that could not be written leaves the old one, and nothing beside it', async () => {
  await pushIndex(registry, { repository: 'safe', tag: '1' })
  await mkdir(join(bench.folder, 'safe'))
  await writeFile(join(bench.folder, 'safe/a.tar'), 'old')
  await registry.call('DELETE', '/v2/safe/manifests/1')
  await expect(copy(`${registry.host}/safe:1`, 'oci-archive:safe/a.tar')).rejects.toMatchObject({
    code: 'MANIFEST_UNKNOWN',
  })
  expect(await readFile(join(bench.folder, 'safe/a.tar'), 'utf8')).toBe('old')
  expect(await readdir(join(bench.folder, 'safe'))).toEqual(['a.tar'])
})

describe('what docker save wrote of old', () => {
  const layerText = Buffer.alloc(3000, 'layer ')
  const diffId = digestOf(layerText)

  async function save(name: string, entries: readonly LayerEntry[]): Promise<string> {
    const archive = await createLayer(entries, { mediaType: mediaTypes.oci.layer })
    await writeFile(join(bench.folder, name), await gather(archive.open()))
    return `docker-archive:${name}`
  }

  const config = (diffIds: readonly string[]): Buffer =>
    encode({
      os: 'linux',
      architecture: 'arm64',
      config: {},
      rootfs: { type: 'layers', diff_ids: diffIds },
      'x-own': 1,
    })

  const manifest = (more: object): LayerEntry =>
    aFile('manifest.json', encode([{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['one/layer.tar'], ...more }]))

  test('is an image with the same configuration, and layers that are compressed once', async () => {
    const place = await save('old.tar', [
      aFile('config.json', config([diffId, diffId])),
      aDirectory('one'),
      aFile('one/layer.tar', layerText),
      aDirectory('two'),
      aLink('two/layer.tar', '../one/layer.tar'),
      manifest({ Layers: ['one/layer.tar', 'two/layer.tar'] }),
    ])
    const { blobs } = await copy(`${place}:docker.io/library/app:1`, `${registry.host}/old:1`)
    expect(blobs.uploaded.count).toBe(2)
    const { bytes } = await registry.call('GET', '/v2/old/manifests/1')
    const document = JSON.parse(bytes.toString())
    expect(document.mediaType).toBe(mediaTypes.docker.manifest)
    expect(document.config.digest).toBe(digestOf(config([diffId, diffId])))
    const layer = await registry.call('GET', `/v2/old/blobs/${document.layers[0].digest}`)
    expect(layer.bytes.subarray(0, 2).toString('hex')).toBe('1f8b')
    const report = await inspectImage(bench.context(), parseLocation(place))
    expect(report.entries[0]).toMatchObject({ platform: { architecture: 'arm64' }, layers: 2 })
  })

  test('may be compressed itself', async () => {
    await save('plain.tar', [
      aFile('config.json', config([diffId])),
      aDirectory('one'),
      aFile('one/layer.tar', layerText),
      manifest({}),
    ])
    await writeFile(join(bench.folder, 'packed.tar.gz'), gzipSync(await readFile(join(bench.folder, 'plain.tar'))))
    expect(await listImageTags(bench.context(), parseLocation('docker-archive:packed.tar.gz'))).toEqual(['app:1'])
  })

  test.each([
    [
      'a layer that is not the one that is named',
      'wrong',
      [diffId.replace(/.$/, (end) => (end === '0' ? '1' : '0'))],
      {},
    ],
    ['more layers than are there', 'more', [diffId, diffId], {}],
    ['a layer that is missing', 'missing', [diffId], { Layers: ['two/layer.tar'] }],
    ['a layer outside of the archive', 'outside', [diffId], { Layers: ['../../../etc/passwd'] }],
  ])('%s is refused', async (_, name, diffIds, more) => {
    const place = await save(`${name}.tar`, [
      aFile('config.json', config(diffIds)),
      aDirectory('one'),
      aFile('one/layer.tar', layerText),
      manifest(more),
    ])
    await expect(copy(place, `${registry.host}/refused:1`)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })

  test.each([
    ['text', Buffer.from('hello '.repeat(200)), 'LAYER_INVALID'],
    ['an archive of something else', undefined, 'IMAGE_INVALID'],
  ])('%s is no archive of images', async (_, bytes, code) => {
    if (bytes === undefined) await save('else.tar', [aFile('readme', 'x')])
    else await writeFile(join(bench.folder, 'else.tar'), bytes)
    await expect(listImageTags(bench.context(), parseLocation('docker-archive:else.tar'))).rejects.toMatchObject({
      code,
    })
  })
})

test('an archive for docker lists its images as every engine reads them', async () => {
  const platforms = [{ os: 'linux', architecture: 'amd64' }]
  const pushed = await pushIndex(registry, { repository: 'engine', platforms })
  await copy(`${registry.host}/engine@${pushed.images[0]?.digest ?? ''}`, 'docker-archive:engine.tar:team/app:7')
  const files = new Map<string, string>()
  async function* read(): AsyncGenerator<Uint8Array> {
    yield await readFile(join(bench.folder, 'engine.tar'))
  }
  for await (const entry of readTar(read())) files.set(entry.path, (await gather(entry.body)).toString())
  const [image] = JSON.parse(files.get('manifest.json') ?? '') as {
    Config: string
    RepoTags: string[]
    Layers: string[]
  }[]
  expect(image?.RepoTags).toEqual(['team/app:7'])
  expect([image?.Config ?? '', ...(image?.Layers ?? [])].every((path) => files.has(path))).toBe(true)
  expect(JSON.parse(files.get('index.json') ?? '').manifests[0].annotations).toEqual({
    'io.containerd.image.name': 'docker.io/team/app:7',
    'org.opencontainers.image.ref.name': '7',
  })
  expect((await stat(join(bench.folder, 'engine.tar'))).size).toBeGreaterThan(0)
})
