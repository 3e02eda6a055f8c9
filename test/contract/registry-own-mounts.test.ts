import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { withDigest } from '../../src/reference/index.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import {
  aBlob,
  aReference,
  aRegistry,
  anImage,
  bytesOf,
  someBytes,
  startSpy,
  type Spy,
} from '../support/registry-fixtures.ts'

/** Blobs that are asked for by a mount from where they shall go, at registries that do not take it as it is meant. */

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

const isMount = (url = ''): boolean => url.includes('mount=')

/** A registry that answers mounts in its own way. */
async function aServer(mount?: RequestListener): Promise<Spy> {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  const spy = await startSpy((req, res) => {
    if (mount !== undefined && isMount(req.url)) mount(req, res)
    else void handle(req, res)
  })
  closing.push(async () => spy.close())
  return spy
}

function aClient(): ReturnType<typeof aRegistry> {
  const registry = aRegistry()
  closing.push(async () => registry.close())
  return registry
}

const methods = (server: Spy): string[] =>
  server.lines().map((line) => (isMount(line) ? 'mount' : (line.split(' ')[0] ?? '')))

describe('a mount from the repository itself', () => {
  test('that is answered 201 is looked up once for the registry', async () => {
    const server = await aServer()
    const target = aReference(server.host, 'team/app')
    const blobs = ['a', 'b', 'c'].map((text) => aBlob(text, target))
    const first = aClient()
    for (const blob of blobs) expect(await first.pushBlob(target, blob)).toBe('uploaded')
    server.lines()
    const again = aClient()
    const outcomes = await Promise.all(blobs.map(async (blob) => again.pushBlob(target, blob)))
    expect(outcomes).toEqual(['exists', 'exists', 'exists'])
    expect(methods(server).sort()).toEqual(['HEAD', 'mount', 'mount', 'mount'])
  })

  test('that is answered 201 without the blob is not believed, and not asked for again', async () => {
    const server = await aServer((_, res) => res.writeHead(201, { location: '/v2/x' }).end())
    const target = aReference(server.host, 'team/app')
    const client = aClient()
    const blobs = [aBlob('a', target), aBlob('b', target)]
    for (const blob of blobs) expect(await client.pushBlob(target, blob)).toBe('uploaded')
    expect(methods(server)).toEqual(['mount', 'HEAD', 'HEAD', 'POST', 'PUT', 'HEAD', 'POST', 'PUT'])
    for (const { descriptor } of blobs) await bytesOf(client.getBlob(target, descriptor))
  })

  test('that is refused is not asked for again: blobs are looked for', async () => {
    const server = await aServer((_, res) => res.writeHead(405).end())
    const target = aReference(server.host, 'team/app')
    const client = aClient()
    await client.pushBlob(target, aBlob('there'))
    server.lines()
    const again = aClient()
    expect(await again.pushBlob(target, aBlob('there', target))).toBe('exists')
    expect(await again.pushBlob(target, aBlob('new', target))).toBe('uploaded')
    expect(methods(server)).toEqual(['mount', 'HEAD', 'HEAD', 'POST', 'PUT'])
  })

  test.each([
    ['a big blob is looked for before it is sent', 16 * 1024 * 1024, 'exists', ['mount', 'HEAD', 'DELETE']],
    ['a small one is sent', 1000, 'uploaded', ['mount', 'PUT']],
  ])('that opens an upload although the blob is there: %s', async (_, length, outcome, wanted) => {
    const handle = createRegistryHandler({ store: createMemoryStore() })
    const server = await startSpy((req, res) => {
      req.url = req.url?.replace(/\?mount=.*/, '') ?? ''
      void handle(req, res)
    })
    closing.push(async () => server.close())
    const target = aReference(server.host, 'team/app')
    const bytes = someBytes(length)
    await aClient().pushBlob(target, aBlob(bytes))
    server.lines()
    expect(await aClient().pushBlob(target, aBlob(bytes, target))).toBe(outcome)
    expect(methods(server)).toEqual(wanted)
  })
})

test('the same manifest is asked for once at a time', async () => {
  const server = await aServer()
  const client = aClient()
  const { descriptor, rawManifest, layers, manifest, rawConfig } = anImage('amd64')
  const reference = aReference(server.host, 'team/app')
  for (const blob of [aBlob(rawConfig), ...layers]) await client.pushBlob(reference, blob)
  expect(manifest.layers.length).toBe(layers.length)
  const pinned = withDigest(reference, descriptor.digest)
  await client.putManifest(pinned, { descriptor, bytes: rawManifest })
  server.lines()
  const stop = new AbortController()
  const given = client.getManifest(pinned, stop.signal)
  const others = [client.getManifest(pinned), client.getManifest(pinned)]
  expect(await Promise.all([given, ...others])).toHaveLength(3)
  expect(methods(server)).toEqual(['GET'])
  const left = client.getManifest(pinned, stop.signal)
  const stays = client.getManifest(pinned)
  stop.abort(new Error('enough'))
  await expect(left).rejects.toThrow('enough')
  expect((await stays).descriptor.digest).toBe(descriptor.digest)
})
