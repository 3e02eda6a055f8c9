import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createInspector, type Inspector } from '../../src/inspect/index.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { aReference, anImage, aRegistry, startSpy, type Spy } from '../support/registry-fixtures.ts'

/** What a look at an image costs its registry, in the first run and in later ones. */

const closing: (() => Promise<unknown>)[] = []
let cacheFolder: string
let server: Spy
let refused: (url: string, method: string) => number | undefined = () => undefined

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'catamaran-inspections-'))
  closing.push(async () => rm(cacheFolder, { recursive: true, force: true }))
  refused = () => undefined
  const handle = createRegistryHandler({ store: createMemoryStore() })
  server = await startSpy((req, res) => {
    const status = refused(req.url ?? '', req.method ?? '')
    if (status === undefined) void handle(req, res)
    else res.writeHead(status).end()
  })
  closing.push(async () => server.close())
})

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** As a run of its own has it. */
function aRun(): Inspector {
  const registry = aRegistry()
  closing.push(async () => registry.close())
  return createInspector({ registry, cacheFolder })
}

async function publish(tag: string, architectures: readonly string[]): Promise<string> {
  const registry = aRegistry()
  closing.push(async () => registry.close())
  const reference = aReference(server.host, `team/app:${tag}`)
  const images = architectures.map((architecture) => anImage(architecture, `${tag} ${architecture}`))
  await publishImages(registry, { reference, images })
  server.lines()
  return `${server.host}/team/app:${tag}`
}

test('an index costs one GET in the first run and one HEAD in the next', async () => {
  const name = await publish('v1', ['amd64', 'arm64'])
  const first = await aRun().inspect(name)
  expect(server.lines()).toEqual(['GET /v2/team/app/manifests/v1 → 200'])
  expect(await aRun().inspect(name)).toEqual(first)
  expect(server.lines()).toEqual(['HEAD /v2/team/app/manifests/v1 → 200'])
})

test('an image for one platform costs its configuration once', async () => {
  const name = await publish('v1', ['arm64'])
  const first = await aRun().inspect(name)
  expect(server.lines()).toEqual([
    'GET /v2/team/app/manifests/v1 → 200',
    expect.stringMatching(/^GET \/v2\/team\/app\/blobs\/sha256:\w+ → 200$/),
  ])
  expect(await aRun().inspect(name)).toEqual(first)
  expect(server.lines()).toEqual(['HEAD /v2/team/app/manifests/v1 → 200'])
})

test('what a digest is costs nothing any more, whatever name it was found by', async () => {
  const name = await publish('v1', ['amd64', 'arm64'])
  const { digest, platforms } = await aRun().inspect(name)
  server.lines()
  expect(await aRun().inspect(`${name}@${digest}`)).toMatchObject({ digest, platforms })
  expect(server.lines()).toEqual([])
})

test('a tag that was moved is looked at again', async () => {
  const name = await publish('v1', ['amd64'])
  await aRun().inspect(name)
  await publish('v1', ['riscv64'])
  expect((await aRun().inspect(name)).platforms).toEqual([{ os: 'linux', architecture: 'riscv64' }])
  expect(server.lines().map((line) => line.slice(0, 4))).toEqual(['HEAD', 'GET ', 'GET '])
})

test('an image that is gone is not remembered', async () => {
  const name = await publish('v1', ['amd64'])
  await aRun().inspect(name)
  refused = () => 404
  await expect(aRun().inspect(name)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
})

test('a registry that takes no HEAD is asked with GET', async () => {
  const name = await publish('v1', ['amd64', 'arm64'])
  const first = await aRun().inspect(name)
  refused = (_, method) => (method === 'HEAD' ? 405 : undefined)
  expect(await aRun().inspect(name)).toEqual(first)
})

test('one image under several spellings is asked for once', async () => {
  const name = await publish('latest', ['amd64', 'arm64'])
  const inspector = aRun()
  const [one, other] = await Promise.all([inspector.inspect(name), inspector.inspect(name.replace(/:latest$/, ''))])
  expect(one).toBe(other)
  expect(server.lines()).toEqual(['GET /v2/team/app/manifests/latest → 200'])
})

test('an image whose look-up failed is looked at again', async () => {
  const name = await publish('v1', ['amd64'])
  refused = (url) => (url.includes('/blobs/') ? 500 : undefined)
  await expect(aRun().inspect(name)).rejects.toMatchObject({ code: expect.stringMatching(/^REGISTRY_/) })
  refused = () => undefined
  expect((await aRun().inspect(name)).platforms).toEqual([{ os: 'linux', architecture: 'amd64' }])
})
