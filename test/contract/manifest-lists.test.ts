import { spawnSync } from 'node:child_process'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mediaTypes } from '../../src/image/index.ts'
import type { AnnotateListRequest } from '../../src/pipeline/manifest/annotate-list.ts'
import type { CreateListRequest } from '../../src/pipeline/manifest/create-list.ts'
import { annotateList, createList, inspectManifest, pushList, removeLists } from '../../src/pipeline/manifest/index.ts'
import { createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { createPusher, pushIndex, type PushedIndex, type Wire } from '../support/platform-images.ts'
import { encode, newBytes } from '../support/registry-server.ts'

/** Lists that are made on this machine, step by step. */

let bench: ImageBench
let registry: NotedRegistry
let far: NotedRegistry
let count = 0
let list = ''

beforeAll(async () => {
  bench = await createImageBench()
  registry = await bench.serve()
  far = await bench.serve()
})

afterAll(async () => {
  await bench.close()
})

beforeEach(() => {
  count += 1
  list = `${registry.host}/lists/app:${count}`
})

const create = async (sources: readonly string[], request: Partial<CreateListRequest> = {}) =>
  createList(bench.context(), {
    list,
    sources: sources.map((name) => `${registry.host}/${name}`),
    amend: false,
    offline: false,
    annotations: [],
    ...request,
  })

const annotate = async (name: string, request: Partial<AnnotateListRequest>) =>
  annotateList(bench.context(), {
    list,
    manifest: `${registry.host}/${name}`,
    platform: {},
    annotations: {},
    indexAnnotations: {},
    ...request,
  })

const push = async (purge = false) => pushList(bench.context(), { list, purge })

/** One image under a tag. */
async function single(name: string, config: object, server: NotedRegistry = registry): Promise<Wire> {
  const [repository = '', tag] = name.split(':')
  const pusher = createPusher(server, repository)
  const layer = await pusher.blob(newBytes(), mediaTypes.docker.layerGzip)
  const document = { config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] }, ...config }
  return pusher.manifest(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.docker.manifest,
      config: await pusher.blob(encode(document), mediaTypes.docker.config),
      layers: [layer],
    },
    tag,
  )
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into it
async function pushed(): Promise<any> {
  return (await registry.call('GET', `/v2/lists/app/manifests/${count}`)).json()
}

test('the steps of the guide give a list that nodes of both architectures pull from', async () => {
  const arm = await single('ns/backend-arm64:1', { os: 'linux', architecture: 'arm64' })
  const amd = await single('ns/backend-amd64:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/backend-arm64:1', 'ns/backend-amd64:1'], { amend: true })
  await annotate('ns/backend-amd64:1', { platform: { architecture: 'amd64' } })
  await annotate('ns/backend-arm64:1', { platform: { architecture: 'arm64', variant: 'v8' } })
  const { references } = await push(true)
  expect(references).toEqual([arm, amd].map(({ digest }) => `${registry.host}/lists/app@${digest}`))
  expect(await pushed()).toEqual({
    schemaVersion: 2,
    mediaType: mediaTypes.docker.index,
    manifests: [
      { ...arm, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
      { ...amd, platform: { architecture: 'amd64', os: 'linux' } },
    ],
  })
  await expect(push()).rejects.toMatchObject({ code: 'MANIFEST_LIST_UNKNOWN' })
})

test('a list that is there is only changed with --amend', async () => {
  await single('ns/one:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/one:1'])
  await expect(create(['ns/one:1'])).rejects.toThrow('refusing to amend an existing manifest list with no --amend flag')
})

test('--amend asks the registry again: a source that moved is replaced where it stands', async () => {
  const [first, other] = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ]
  const before = await single('ns/moves:1', first)
  const stays = await single('ns/stays:1', other)
  await create(['ns/moves:1', 'ns/stays:1'])
  await annotate('ns/stays:1', { platform: { variant: 'v8' } })
  const after = await single('ns/moves:1', first)
  await create(['ns/moves:1'], { amend: true, offline: true })
  await push()
  expect((await pushed()).manifests.map((entry: Wire) => entry.digest)).toEqual([before.digest, stays.digest])
  await create(['ns/stays:1', 'ns/moves:1'], { amend: true })
  await push()
  const { manifests } = await pushed()
  expect(manifests.map((entry: Wire) => entry.digest)).toEqual([after.digest, stays.digest])
  expect(manifests[1].platform.variant).toBe('v8')
})

test('sources may be indexes and may be in another registry', async () => {
  const platforms = [
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ]
  const index: PushedIndex = await pushIndex(far, { repository: 'deep/app', tag: '1', platforms, attestations: true })
  await create([], { sources: [`${far.host}/deep/app:1`] })
  const { references } = await push()
  expect(references).toHaveLength(4)
  expect((await pushed()).manifests).toEqual(JSON.parse(index.bytes.toString()).manifests)
})

test('an entry of an index is annotated by its digest', async () => {
  const platforms = [
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ]
  const index = await pushIndex(registry, { repository: 'two', tag: '1', platforms })
  await create(['two:1'])
  await expect(annotate('two:1', { platform: { variant: 'v8' } })).rejects.toThrow('stands for 2 entries')
  const { digest = '' } = index.images[1] ?? {}
  await annotate(`two@${digest}`, {
    platform: { variant: 'v8' },
    annotations: { a: 'b' },
    indexAnnotations: { c: 'd' },
  })
  await push()
  expect(await pushed()).toMatchObject({
    annotations: { c: 'd' },
    manifests: [{}, { digest, platform: { variant: 'v8' }, annotations: { a: 'b' } }],
  })
})

test('any platform that containerd knows can be said, and no other', async () => {
  await single('ns/odd:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/odd:1'])
  await annotate('ns/odd:1', {
    platform: { os: 'windows', architecture: 'arm64', osVersion: '10.0.1', osFeatures: ['win32k'] },
  })
  await expect(annotate('ns/odd:1', { platform: { architecture: 'z80' } })).rejects.toMatchObject({
    code: 'PLATFORM_INVALID',
  })
  await push()
  expect((await pushed()).manifests[0].platform).toEqual({
    os: 'windows',
    architecture: 'arm64',
    'os.version': '10.0.1',
    'os.features': ['win32k'],
  })
})

test('what is not in the list is named', async () => {
  await single('ns/only:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/only:1'])
  await expect(annotate('ns/nope:1', {})).rejects.toThrow(
    `manifest for image ${registry.host}/ns/nope:1 does not exist in ${list}`,
  )
})

test('two entries for one platform are pushed, with a warning', async () => {
  await single('ns/a:1', { os: 'linux', architecture: 'amd64' })
  await single('ns/b:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/a:1', 'ns/b:1'])
  await push()
  expect(bench.events).toContainEqual(expect.objectContaining({ text: expect.stringContaining('two entries') }))
})

test('processes that change one list at the same time do not lose entries', async () => {
  const names = Array.from({ length: 8 }, (_, at) => `ns/many-${at}:1`)
  await Promise.all(
    names.map(async (name, at) => single(name, { os: 'linux', architecture: 'amd64', variant: `v${at + 1}` })),
  )
  await Promise.all(names.map(async (name) => create([name], { amend: true })))
  const inspected = await inspectManifest(bench.context(), { manifest: list })
  const details = await inspected.details()
  expect(details.map(({ reference }) => reference).sort()).toEqual(
    names.map((name) => `${registry.host}/${name}`).sort(),
  )
})

test.each(['', ' elsewhere.example.com'])(
  "a lock whose process was killed%s is in nobody's way for long",
  async (host) => {
    await single('ns/killed:1', { os: 'linux', architecture: 'amd64' })
    await create(['ns/killed:1'])
    const folder = join(bench.folder, 'data', 'manifests')
    const own = async (): Promise<string[]> => (await readdir(folder)).filter((entry) => entry.includes(`_${count}-`))
    const [name = ''] = await own()
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    const lock = join(folder, `${name}.lock`)
    await writeFile(lock, `${gone}${host === '' ? ` ${hostname()}` : host}`)
    // one of another machine is believed until it is old
    if (host !== '') await utimes(lock, new Date(0), new Date(0))
    const names = Array.from({ length: 6 }, (_, at) => `ns/killed-${at}:1`)
    await Promise.all(
      names.map(async (one, at) => single(one, { os: 'linux', architecture: 'amd64', variant: `v${at + 1}` })),
    )
    await Promise.all(names.map(async (one) => create([one], { amend: true })))
    const details = await (await inspectManifest(bench.context(), { manifest: list })).details()
    expect(details).toHaveLength(7)
    expect(await own()).toEqual([name])
  },
)

test('inspect shows a list of this machine, an entry of it, and what a registry has', async () => {
  const entry = await single('ns/shown:1', { os: 'linux', architecture: 'arm64' })
  await create(['ns/shown:1'])
  const context = bench.context()
  const manifest = `${registry.host}/ns/shown:1`
  const local = await inspectManifest(context, { manifest: list })
  expect(JSON.parse(Buffer.from(local.bytes).toString()).manifests).toEqual([
    { ...entry, platform: { architecture: 'arm64', os: 'linux' } },
  ])
  const one = await inspectManifest(context, { list, manifest })
  expect(JSON.parse(Buffer.from(one.bytes).toString()).schemaVersion).toBe(2)
  const [remote] = await (await inspectManifest(context, { manifest })).details()
  expect(remote).toMatchObject({ reference: manifest, descriptor: { ...entry, platform: { architecture: 'arm64' } } })
  await expect(inspectManifest(context, { manifest: `${registry.host}/none:1` })).rejects.toMatchObject({
    code: 'MANIFEST_UNKNOWN',
  })
})

test('rm forgets every list that is there, and names those that are not', async () => {
  await single('ns/gone:1', { os: 'linux', architecture: 'amd64' })
  await create(['ns/gone:1'])
  const other = `${registry.host}/lists/never:1`
  await expect(removeLists(bench.context(), [other, list])).rejects.toThrow(`No such manifest: ${other}`)
  await expect(push()).rejects.toMatchObject({ code: 'MANIFEST_LIST_UNKNOWN' })
})

test('a pushed list has the bytes that docker writes', async () => {
  const amd64 = await single('bytes:amd64', { os: 'linux', architecture: 'amd64' })
  const arm64 = await single('bytes:arm64', { os: 'linux', architecture: 'arm64', variant: 'v8' })
  await create(['bytes:amd64', 'bytes:arm64'])
  const { digest } = await push()
  const found = await registry.call('GET', `/v2/lists/app/manifests/${digest}`)
  expect(found.bytes.toString()).toBe(`{
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
   "manifests": [
      {
         "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
         "size": ${amd64.size},
         "digest": "${amd64.digest}",
         "platform": {
            "architecture": "amd64",
            "os": "linux"
         }
      },
      {
         "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
         "size": ${arm64.size},
         "digest": "${arm64.digest}",
         "platform": {
            "architecture": "arm64",
            "os": "linux",
            "variant": "v8"
         }
      }
   ]
}`)
})
