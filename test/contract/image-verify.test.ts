import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createImage, mediaTypes, type Image, type ImageConfig, type Layer } from '../../src/image/index.ts'
import { createLayer, type LayerEntry } from '../../src/layer/index.ts'
import {
  copyImage,
  inspectImage,
  listImageTags,
  verifyImage,
  type Verification,
} from '../../src/pipeline/image/index.ts'
import { parseReference } from '../../src/reference/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { parseLocation } from '../../src/transfer/index.ts'
import { aFile, aLink, aRawLayer } from '../support/layers.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { createPusher, pushIndex } from '../support/platform-images.ts'
import { newBytes } from '../support/registry-server.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'

/** Whether images are whole and are what they say. */

let bench: ImageBench
let registry: NotedRegistry

beforeAll(async () => {
  bench = await createImageBench()
  registry = await bench.serve()
})

afterAll(async () => {
  await bench.close()
})

const verify = async (name: string, options: { deep?: boolean; content?: boolean } = {}): Promise<Verification> =>
  verifyImage(bench.context(), { from: at(registry, name), deep: false, content: false, ...options })

const messages = ({ findings }: Verification): readonly string[] =>
  findings.map((one) => `${one.entry}: ${one.message}`)

describe('a whole image', () => {
  test('has nothing wrong, attestations included, and is not downloaded', async () => {
    const pushed = await pushIndex(registry, { repository: 'whole', tag: '1', attestations: true })
    registry.take()
    const verified = await verify('whole:1')
    expect(verified).toMatchObject({ findings: [], images: 14, blobs: pushed.blobs })
    const layers = registry.take().filter(({ url }) => url.includes('/blobs/'))
    expect(layers.filter(({ method }) => method === 'GET')).toHaveLength(7)
  })

  test.each([
    { name: 'without looking deeper', options: {} },
    { name: 'with its programs', options: { deep: true } },
    { name: 'with its content', options: { content: true } },
  ])('has nothing wrong when BuildKit before 0.32 has made its attestations, $name', async ({ options }) => {
    const repository = `old${Object.keys(options).join('')}`
    await pushIndex(registry, { repository, tag: '1', attestations: 'before 0.32', ownLayers: 0, layerBytes: 0 })
    const { findings } = await verify(`${repository}:1`, options)
    expect(findings.filter(({ entry }) => entry.startsWith('attestation'))).toEqual([])
    const { manifests } = (await registry.call('GET', `/v2/${repository}/manifests/1`)).json()
    const alone = manifests.at(-1).digest
    expect((await verify(`${repository}@${alone}`, options)).findings).toEqual([])
  })

  test('is read to its end when its content is in question', async () => {
    await pushIndex(registry, { repository: 'content', tag: '1' })
    registry.take()
    expect((await verify('content:1', { content: true })).findings).toEqual([])
    expect(registry.take().some(({ method }) => method === 'HEAD')).toBe(false)
  })
})

describe('what is wrong is said', () => {
  test('a child, a configuration or a layer that is missing', async () => {
    const pushed = await pushIndex(registry, { repository: 'holes', tag: '1' })
    const [first, second] = pushed.images
    const document = (await registry.call('GET', `/v2/holes/manifests/${second?.digest ?? ''}`)).json()
    await registry.call('DELETE', `/v2/holes/manifests/${first?.digest ?? ''}`)
    await registry.call('DELETE', `/v2/holes/blobs/${document.layers[1].digest}`)
    const found = messages(await verify('holes:1'))
    expect(found).toHaveLength(2)
    expect(found.join('\n')).toMatch(/linux\/amd64: .*not found/)
    expect(found.join('\n')).toContain(
      `linux/arm64/v8: the layer ${document.layers[1].digest} of 300 bytes is not there`,
    )
  })

  test('an index that claims another platform than the configuration', async () => {
    const one = await pushIndex(registry, { repository: 'claims', platforms: [{ os: 'linux', architecture: 'amd64' }] })
    const pusher = createPusher(registry, 'claims')
    const entry = { ...one.images[0], platform: { os: 'linux', architecture: 'arm64' } }
    await pusher.manifest({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [entry] }, 'lie')
    expect(messages(await verify('claims:lie'))).toEqual([
      'linux/arm64: the index says linux/arm64, where the configuration says linux/amd64',
    ])
  })

  test('an entry with another size, an attestation about nothing, two entries for one platform', async () => {
    const one = await pushIndex(registry, {
      repository: 'odd',
      platforms: [{ os: 'linux', architecture: 'amd64' }],
      attestations: true,
    })
    const [entry] = one.images
    const pusher = createPusher(registry, 'odd')
    const manifests = JSON.parse(one.bytes.toString()).manifests
    const stray = {
      ...manifests[1],
      annotations: { ...manifests[1].annotations, 'vnd.docker.reference.digest': `sha256:${'0'.repeat(64)}` },
    }
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.oci.index,
      manifests: [{ ...entry, size: 7 }, entry, stray],
    }
    await pusher.manifest(document, '1')
    const found = messages(await verify('odd:1')).join('\n')
    expect(found).toContain('the index says 7')
    expect(found).toContain('two children are for linux/amd64')
    expect(found).toContain('which is not in the index')
  })
})

describe('--deep', () => {
  const program = (path: string, architecture: TinyArchitecture): LayerEntry =>
    aFile(path, tinyElf({ architecture, afterwards: 'sleep' }), { mode: 0o755 })

  async function push(
    name: string,
    layers: readonly (readonly LayerEntry[])[],
    config: ImageConfig['config'],
    platform = { os: 'linux', architecture: 'arm64' },
  ): Promise<Image> {
    const made: Layer[] = await Promise.all(layers.map(async (entries) => createLayer(entries)))
    return pushImage(name, made, { ...platform, ...(config && { config }) })
  }

  async function pushImage(
    name: string,
    layers: readonly Layer[],
    config: Omit<ImageConfig, 'rootfs'>,
  ): Promise<Image> {
    const image = createImage({ config, layers })
    const client = await bench.context().registry()
    await publishImages(client, { reference: parseReference(`${registry.host}/${name}`), images: [image] })
    return image
  }

  test('a program for the platform, found by its path, over links and through PATH', async () => {
    const files = [program('opt/tool/bin/run', 'arm64'), aLink('usr/bin/run', '../../opt/tool/bin/run')]
    await push('deep/path:1', [files], { Entrypoint: ['run'], Env: ['PATH=/bin:/usr/bin'] })
    expect(await verify('deep/path:1', { deep: true })).toMatchObject({
      findings: [],
      programs: { 'linux/arm64': ['/opt/tool/bin/run'] },
    })
  })

  test('a program for another architecture than the claim', async () => {
    await push('deep/wrong:1', [[program('server', 'amd64')]], { Cmd: ['/server'] })
    expect(messages(await verify('deep/wrong:1', { deep: true }))).toEqual([
      ': /server is compiled for amd64, and the image is for linux/arm64',
    ])
    expect((await verify('deep/wrong:1')).findings).toEqual([])
  })

  test('a script is followed to its interpreter, also through env', async () => {
    const files = [
      aFile('start.sh', '#!/usr/bin/env -S lang --flag\n', { mode: 0o755 }),
      program('usr/bin/env', 'arm64'),
      program('bin/lang', 'amd64'),
    ]
    await push('deep/script:1', [files], { Entrypoint: ['./start.sh'], WorkingDir: '/' })
    const verified = await verify('deep/script:1', { deep: true })
    expect(verified.programs).toEqual({ 'linux/arm64': ['/start.sh', '/usr/bin/env', '/bin/lang'] })
    expect(messages(verified)).toEqual([': /bin/lang is compiled for amd64, and the image is for linux/arm64'])
  })

  test('an interpreter that is not there', async () => {
    await push('deep/none:1', [[aFile('run', '#!/bin/bash\n', { mode: 0o755 })]], { Entrypoint: ['/run'] })
    expect(messages(await verify('deep/none:1', { deep: true }))).toEqual([
      ': /run starts /bin/bash, which is not in the image',
    ])
  })

  test('upper layers hide what is below: by a new file, a whiteout, an opaque folder', async () => {
    const wrong = program('bin/run', 'amd64')
    const right = program('bin/run', 'arm64')
    const config = { Entrypoint: ['/bin/run'] }
    await push('deep/over:1', [[wrong], [right]], config)
    expect((await verify('deep/over:1', { deep: true })).findings).toEqual([])
    for (const [name, whiteout] of [
      ['gone', 'bin/.wh.run'],
      ['opaque', 'bin/.wh..wh..opq'],
    ] as const) {
      await push(`deep/${name}:1`, [[right], [aFile(whiteout)]], config)
      expect(messages(await verify(`deep/${name}:1`, { deep: true }))).toEqual([
        ': the image starts /bin/run, which is not in the image',
      ])
    }
  })

  test('layers below the one with the program are not read', async () => {
    const below = aFile('big', newBytes(4_000_000))
    await push('deep/top:1', [[below], [program('run', 'arm64')]], { Entrypoint: ['/run'] })
    registry.take()
    await verify('deep/top:1', { deep: true })
    expect(registry.take().filter(({ method, url }) => method === 'GET' && url.includes('/blobs/'))).toHaveLength(2)
  })

  test('of a layer that is not compressed only the parts that matter are read', async () => {
    const big = Array.from({ length: 4 }, (_, number) => aFile(`big-${number}`, newBytes(2_000_000)))
    const layer = await aRawLayer([...big, program('run', 'amd64')])
    await pushImage('deep/raw:1', [layer], { os: 'linux', architecture: 'arm64', config: { Entrypoint: ['/run'] } })
    registry.take()
    expect(messages(await verify('deep/raw:1', { deep: true }))).toHaveLength(1)
    const parts = registry.take().filter(({ method, url }) => method === 'GET' && url.includes(layer.descriptor.digest))
    const bytesDown = parts.reduce((sum, { range = 'bytes=0-99999999' }) => {
      const [start = 0, end = 0] = range.slice('bytes='.length).split('-').map(Number)
      return sum + end - start + 1
    }, 0)
    expect(bytesDown).toBeGreaterThan(0)
    expect(bytesDown).toBeLessThan(3_000_000)
  })
})

describe('inspect', () => {
  test('shows attestations with their image, and no unknown platform', async () => {
    const pushed = await pushIndex(registry, { repository: 'seen', tag: '1', attestations: true })
    const report = await inspectImage(bench.context(), at(registry, 'seen:1'))
    expect(report).toMatchObject({ kind: 'index', digest: pushed.digest })
    expect(report.entries).toHaveLength(7)
    expect(report.entries[1]).toMatchObject({
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      layers: 3,
      created: '2026-01-02T03:04:05Z',
      attestations: [{ predicates: ['https://slsa.dev/provenance/v1'] }],
    })
  })

  test('an image alone has the platform of its configuration; an entry that is missing says so', async () => {
    const pushed = await pushIndex(registry, { repository: 'parts', tag: '1' })
    const [first] = pushed.images
    const alone = await inspectImage(bench.context(), at(registry, `parts@${first?.digest ?? ''}`))
    expect(alone.entries).toMatchObject([{ platform: { os: 'linux', architecture: 'amd64' }, layers: 3 }])
    await registry.call('DELETE', `/v2/parts/manifests/${first?.digest ?? ''}`)
    const { entries } = await inspectImage(bench.context(), at(registry, 'parts:1'))
    expect(entries[0]?.problem).toContain('not found')
  })

  test('tags of a repository and names in a folder', async () => {
    const { digest } = await pushIndex(registry, { repository: 'tagged', tag: 'b' })
    await pushIndex(registry, { repository: 'tagged', tag: 'a' })
    expect([...(await listImageTags(bench.context(), at(registry, 'tagged')))].sort()).toEqual(['a', 'b'])
    const to = parseLocation('oci:tagged-folder')
    const copied = await copyImage(bench.context(), {
      from: at(registry, 'tagged:b'),
      to,
      platforms: [],
      referrers: false,
      allTags: true,
    })
    expect(copied.images.map((one) => one.digest)).toContain(digest)
    expect([...(await listImageTags(bench.context(), to))].sort()).toEqual(['a', 'b'])
  })
})
