import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mediaTypes } from '../../src/image/index.ts'
import { copyImage, createIndexOf, editIndex, parseAnnotations } from '../../src/pipeline/image/index.ts'
import { createList, pushList } from '../../src/pipeline/manifest/index.ts'
import { formatLocation, parseLocation } from '../../src/transfer/index.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { createPusher, pushIndex, type IndexPlan, type Wire } from '../support/platform-images.ts'

/** What an index says survives being made into another one, being changed, and being copied. */

let bench: ImageBench
let registry: NotedRegistry
let far: NotedRegistry

beforeAll(async () => {
  bench = await createImageBench()
  registry = await bench.serve()
  far = await bench.serve()
})

afterAll(async () => {
  await bench.close()
})

const linux = (architecture: string): object => ({ architecture, os: 'linux' })

const features: readonly (readonly [string, Omit<IndexPlan, 'repository'>])[] = [
  [
    'the build of Windows',
    {
      platforms: [
        { architecture: 'amd64', os: 'windows', 'os.version': '10.0.17763.5458' },
        { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.2322', 'os.features': ['win32k'] },
      ],
    },
  ],
  ['a variant that is implied', { platforms: [{ architecture: 'arm64', os: 'linux', variant: 'v8' }] }],
  ['members of a platform that nobody knows', { platforms: [{ ...linux('amd64'), features: ['sse4'], 'x-own': 1 }] }],
  ['annotations of the index', { members: { annotations: { 'org.example.note': 'a, b=c' } } }],
  ['annotations of entries', { entryMembers: { annotations: { 'org.example.note': 'one' } } }],
  ['members of entries that nobody knows', { entryMembers: { 'x-entry': { deep: [1, null] }, urls: ['https://a/b'] } }],
  ['members of the index that nobody knows', { members: { 'x-top': { deep: true } } }],
  ['the artifact type', { members: { artifactType: 'application/vnd.example' } }],
  ['attestations', { attestations: true }],
]

const subject = {
  mediaType: mediaTypes.oci.manifest,
  digest: `sha256:${'5'.repeat(64)}`,
  size: 7,
}

describe.each([...features, ['the subject', { members: { subject } }] as const])('%s', (title, plan) => {
  const name = title.toLowerCase().replaceAll(/\W+/g, '-')
  let source: { readonly digest: string; readonly manifests: readonly Wire[] }

  beforeAll(async () => {
    const pushed = await pushIndex(registry, { repository: `source/${name}`, tag: '1', ...plan })
    source = { digest: pushed.digest, manifests: JSON.parse(pushed.bytes.toString()).manifests }
  })

  test('survives index create, alone and beside another image', async () => {
    const options = { platforms: [], annotations: [], dryRun: false }
    const from = at(registry, `source/${name}:1`)
    const same = await createIndexOf(bench.context(), {
      ...options,
      to: [at(registry, `made/${name}:1`)],
      sources: [from],
    })
    expect(same.index.descriptor.digest).toBe(source.digest)

    const other = await pushIndex(registry, { repository: 'other', tag: name, platforms: [linux('riscv64')] })
    const single = at(registry, `other@${other.images[0]?.digest ?? ''}`)
    await createIndexOf(bench.context(), { ...options, to: [at(registry, `made/${name}:2`)], sources: [from, single] })
    const made = await read(registry, `made/${name}`, '2')
    expect(made.manifests.slice(0, -1)).toEqual(source.manifests)
    expect(made).toMatchObject(plan.members ?? {})
  })

  test('survives index edit', async () => {
    await copyImage(bench.context(), {
      from: at(registry, `source/${name}:1`),
      to: at(registry, `edited/${name}:1`),
      platforms: [],
      referrers: false,
      allTags: false,
    })
    await editIndex(bench.context(), {
      index: at(registry, `edited/${name}:1`),
      add: [],
      replace: [],
      remove: [],
      annotations: parseAnnotations(['index:new=1'], 'index'),
      dropAnnotations: [],
      dryRun: false,
    })
    const { annotations, ...edited } = await read(registry, `edited/${name}`, '1')
    const before = await read(registry, `source/${name}`, '1')
    expect(annotations).toEqual({ ...before.annotations, new: '1' })
    expect({ ...edited, annotations: before.annotations }).toEqual({ ...before, annotations: before.annotations })
  })

  test('survives manifest create and push', async () => {
    const list = `${registry.host}/list/${name}:1`
    const annotations = parseAnnotations([], 'index')
    const request = { list, amend: false, offline: false, annotations }
    await createList(bench.context(), { ...request, sources: [`${registry.host}/source/${name}:1`] })
    await pushList(bench.context(), { list, purge: true })
    expect((await read(registry, `list/${name}`, '1')).manifests).toEqual(source.manifests)
  })

  test('survives a copy to another registry, through a folder', async () => {
    const folder = parseLocation(`oci:${await mkdtemp(join(bench.folder, 'layout-'))}/app:1`)
    const steps = [at(registry, `source/${name}:1`), folder, at(far, `copied/${name}:1`)]
    for (const [step, from] of steps.slice(0, -1).entries()) {
      const to = steps[step + 1] ?? from
      const copied = await copyImage(bench.context(), { from, to, platforms: [], referrers: true, allTags: false })
      expect(
        copied.images.map(({ digest }) => digest),
        formatLocation(to),
      ).toEqual([source.digest])
    }
    expect(await read(far, `copied/${name}`, '1')).toEqual(await read(registry, `source/${name}`, '1'))
  })
})

test('an index inside an index stays one entry, and what is below it comes along', async () => {
  const inner = await pushIndex(registry, { repository: 'nested', platforms: [linux('amd64'), linux('arm64')] })
  const pusher = createPusher(registry, 'nested')
  const entry = { mediaType: mediaTypes.oci.index, digest: inner.digest, size: inner.bytes.length, 'x-entry': 1 }
  const document = { schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [entry] }
  await pusher.manifest(document, 'outer')
  await createIndexOf(bench.context(), {
    to: [at(far, 'nested:made')],
    sources: [at(registry, 'nested:outer')],
    platforms: [],
    annotations: parseAnnotations(['index:a=b'], 'index'),
    dryRun: false,
  })
  expect(await read(far, 'nested', 'made')).toEqual({ ...document, annotations: { a: 'b' } })
  const brought = await far.call('GET', `/v2/nested/manifests/${inner.images[1]?.digest ?? ''}`)
  expect(brought.status).toBe(200)
})

test('signatures and referrers come along with a copy unless they are not wanted', async () => {
  const pushed = await pushIndex(registry, { repository: 'signed/app', tag: '1' })
  const pusher = createPusher(registry, 'signed/app')
  const config = await pusher.blob(Buffer.from('{}'), mediaTypes.oci.empty)
  const signature = {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    artifactType: 'application/vnd.example.signature',
    config,
    layers: [config],
    subject: { mediaType: mediaTypes.oci.index, digest: pushed.digest, size: pushed.bytes.length },
  }
  const { digest } = await pusher.manifest(signature)
  const tag = `${pushed.digest.replace(':', '-')}.sig`
  await pusher.manifest({ ...signature, subject: undefined }, tag)
  const request = { from: at(registry, 'signed/app:1'), platforms: [], allTags: false }
  await copyImage(bench.context(), { ...request, to: at(far, 'bare/app:1'), referrers: false })
  expect((await far.call('GET', `/v2/bare/app/manifests/${digest}`)).status).toBe(404)
  const result = await copyImage(bench.context(), { ...request, to: at(far, 'signed/app:1'), referrers: true })
  expect(result.referrers).toBe(2)
  const referrers = await far.call('GET', `/v2/signed/app/referrers/${pushed.digest}`)
  expect(referrers.json().manifests.map((one: Wire) => one.digest)).toEqual([digest])
  expect((await far.call('GET', `/v2/signed/app/manifests/${tag}`)).status).toBe(200)
})

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into it
async function read(server: NotedRegistry, repository: string, tag: string): Promise<any> {
  return (await server.call('GET', `/v2/${repository}/manifests/${tag}`)).json()
}
