import { afterEach, describe, expect, test } from 'vitest'
import { createIndex, digestOf, mediaTypes, type Image } from '../../src/image/index.ts'
import { createInspector } from '../../src/inspect/index.ts'
import { withDigest, withTag } from '../../src/reference/index.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { publishImages, type BlobEvent } from '../../src/transfer/index.ts'
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

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

async function aServer(): Promise<Spy> {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  const spy = await startSpy((req, res) => void handle(req, res))
  closing.push(async () => spy.close())
  return spy
}

function aClient(...args: Parameters<typeof aRegistry>): ReturnType<typeof aRegistry> {
  const registry = aRegistry(...args)
  closing.push(async () => registry.close())
  return registry
}

describe('publishing', () => {
  test('one image: looks, sends blobs, then the manifest by digest, the tag last', async () => {
    const server = await aServer()
    const registry = aClient()
    const image = anImage('amd64')
    const blobs: BlobEvent[] = []
    const reference = aReference(server.host, 'team/app:v1')
    const published = await publishImages(registry, { reference, images: [image], onBlob: (blob) => blobs.push(blob) })
    expect(published).toEqual({
      reference: withDigest(reference, image.descriptor.digest),
      digest: image.descriptor.digest,
      mediaType: mediaTypes.oci.manifest,
      platforms: [{ os: 'linux', architecture: 'amd64' }],
    })
    expect(blobs.map(({ how }) => how)).toEqual(['uploaded', 'uploaded'])
    const lines = server.lines()
    expect(lines[0]).toBe('HEAD /v2/team/app/manifests/v1 → 404')
    expect(lines.slice(-2)).toEqual([
      `PUT /v2/team/app/manifests/${image.descriptor.digest.slice(0, 13)} → 201`,
      'PUT /v2/team/app/manifests/v1 → 201',
    ])
    expect(await bytesOf(registry.getBlob(reference, image.layers[0]!.descriptor))).toEqual(
      Buffer.from('layer of amd64'),
    )
  })

  test('several images: children by digest, their own tags, the index under the tag last', async () => {
    const server = await aServer()
    const registry = aClient()
    const images = [anImage('amd64'), anImage('arm', 'arm', 'v7')]
    const reference = aReference(server.host, 'team/app:v1')
    const published = await publishImages(registry, { reference, images })
    const index = createIndex({ manifests: images.map(({ descriptor }) => descriptor) })
    expect(published).toMatchObject({ digest: index.descriptor.digest, mediaType: mediaTypes.oci.index })
    expect(await registry.listTags(reference)).toEqual(['v1', 'v1_linux_amd64', 'v1_linux_arm_v7'])
    const puts = server.lines().filter((line) => line.startsWith('PUT /v2/team/app/manifests'))
    expect(puts.slice(0, 2).every((line) => line.includes('sha256:'))).toBe(true)
    expect(puts.slice(2, 4).sort()).toEqual([
      'PUT /v2/team/app/manifests/v1_linux_amd64 → 201',
      'PUT /v2/team/app/manifests/v1_linux_arm_v7 → 201',
    ])
    expect(puts[4]).toBe('PUT /v2/team/app/manifests/v1 → 201')
    expect(await registry.resolve(reference)).toEqual(index.descriptor)
  })

  test('unchanged images: nothing is sent and no tag is written', async () => {
    const server = await aServer()
    const images = [anImage('amd64'), anImage('arm64')]
    const reference = aReference(server.host, 'team/app:v1')
    const first = await publishImages(aClient(), { reference, images })
    server.lines()
    const blobs: BlobEvent[] = []
    const second = await publishImages(aClient(), { reference, images, onBlob: (blob) => blobs.push(blob) })
    expect(second).toEqual(first)
    expect(server.lines().sort()).toEqual([
      'HEAD /v2/team/app/manifests/v1 → 200',
      'HEAD /v2/team/app/manifests/v1_linux_amd64 → 200',
      'HEAD /v2/team/app/manifests/v1_linux_arm64 → 200',
    ])
    expect(blobs.map(({ how }) => how)).toEqual(['exists', 'exists', 'exists', 'exists'])
  })

  test('a changed image sends what changed, and only moves the tags that are wrong', async () => {
    const server = await aServer()
    const reference = aReference(server.host, 'team/app:v1')
    await publishImages(aClient(), { reference, images: [anImage('amd64'), anImage('arm64')] })
    server.lines()
    const blobs: BlobEvent[] = []
    await publishImages(aClient(), {
      reference,
      images: [anImage('amd64'), anImage('arm64', 'changed')],
      onBlob: (blob) => blobs.push(blob),
    })
    expect(blobs.map(({ how }) => how).sort()).toEqual(['exists', 'exists', 'uploaded', 'uploaded'])
    const tagged = server.lines().filter((line) => /^PUT .*\/v1/.test(line))
    expect(tagged).toEqual(['PUT /v2/team/app/manifests/v1_linux_arm64 → 201', 'PUT /v2/team/app/manifests/v1 → 201'])
  })
})

describe('blobs', () => {
  test('a blob that is known elsewhere in the registry is mounted with one request', async () => {
    const server = await aServer()
    const registry = aClient()
    const [source, target] = [aReference(server.host, 'base/os'), aReference(server.host, 'team/app')]
    const blob = aBlob('shared', source)
    expect(await registry.pushBlob(source, blob)).toBe('uploaded')
    server.lines()
    expect(await registry.pushBlob(target, blob)).toBe('mounted')
    expect(server.lines()).toEqual([
      `POST /v2/team/app/blobs/uploads/?mount=${blob.descriptor.digest.slice(0, 13)}&from=base/os → 201`,
    ])
  })

  test('a mount that finds nothing goes on as an upload', async () => {
    const server = await aServer()
    const blob = aBlob('shared', aReference(server.host, 'base/os'))
    expect(await aClient().pushBlob(aReference(server.host, 'team/app'), blob)).toBe('uploaded')
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT'])
  })

  test('the same blob is sent once, also when pushed twice at the same time', async () => {
    const server = await aServer()
    const registry = aClient()
    const reference = aReference(server.host, 'team/app')
    const blob = aBlob('once')
    const outcomes = await Promise.all([registry.pushBlob(reference, blob), registry.pushBlob(reference, blob)])
    expect(outcomes).toEqual(['uploaded', 'exists'])
    expect(await registry.pushBlob(reference, blob)).toBe('exists')
    expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT'])
  })

  test.each([0, 1, 65_536, 3_000_000])('%i bytes come back as they went', async (length) => {
    const server = await aServer()
    const registry = aClient()
    const reference = aReference(server.host, 'team/app')
    const blob = aBlob(someBytes(length))
    await registry.pushBlob(reference, blob)
    const back = await bytesOf(registry.getBlob(reference, blob.descriptor))
    expect(digestOf(back)).toBe(blob.descriptor.digest)
  })

  test('a source that is not what it says leaves nothing in the registry', async () => {
    const server = await aServer()
    const registry = aClient()
    const reference = aReference(server.host, 'team/app')
    const [right, wrong] = [aBlob('right'), aBlob('wrong')]
    const blob = { ...wrong, descriptor: { ...right.descriptor, size: wrong.descriptor.size } }
    await expect(registry.pushBlob(reference, blob)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' })
    expect(await registry.pushBlob(reference, aBlob('right'))).toBe('uploaded')
  })

  test('what a source throws comes out, and the upload is called off', async () => {
    const server = await aServer()
    const mine = new Error('the disk is gone')
    const blob = {
      ...aBlob('right'),
      // oxlint-disable-next-line require-yield -- fails before its first chunk
      async *open(): AsyncGenerator<Uint8Array, void, void> {
        throw mine
      },
    }
    await expect(aClient().pushBlob(aReference(server.host, 'team/app'), blob)).rejects.toBe(mine)
    expect(server.lines().at(-1)).toBe('DELETE /v2/team/app/blobs/uploads/ID → 204')
  })
})

describe('what is not there', () => {
  test('a tag resolves to undefined, and getting it is MANIFEST_UNKNOWN', async () => {
    const server = await aServer()
    const registry = aClient()
    const reference = aReference(server.host, 'team/app:v1')
    expect(await registry.resolve(reference)).toBeUndefined()
    await expect(registry.getManifest(reference)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    const { descriptor } = aBlob('nowhere')
    await expect(bytesOf(registry.getBlob(reference, descriptor))).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  })

  test('a registry that does not run', async () => {
    const server = await aServer()
    await server.close()
    const reference = aReference(server.host, 'team/app:v1')
    await expect(aClient().getManifest(reference)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  })
})

describe('inspecting', () => {
  async function published(
    images: readonly Image[],
  ): Promise<{ server: Spy; name: string; registry: ReturnType<typeof aClient> }> {
    const server = await aServer()
    const registry = aClient()
    await publishImages(registry, { reference: aReference(server.host, 'team/app:v1'), images })
    server.lines()
    return { server, registry, name: `${server.host}/team/app:v1` }
  }

  test('an index says its platforms with one request, once', async () => {
    const { server, name, registry } = await published([anImage('amd64'), anImage('arm64', 'a', 'v8')])
    const inspector = createInspector({ registry })
    const [first, second] = await Promise.all([inspector.inspect(name), inspector.inspect(name)])
    expect(first).toMatchObject({
      kind: 'index',
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ],
    })
    expect(second).toBe(first)
    expect(server.lines()).toEqual(['GET /v2/team/app/manifests/v1 → 200'])
  })

  test("a single image's platform is its configuration's", async () => {
    const { name, registry } = await published([anImage('arm64')])
    const found = await createInspector({ registry }).inspect(name)
    expect(found).toMatchObject({ kind: 'image', platforms: [{ os: 'linux', architecture: 'arm64' }] })
    expect(found.reference).toBe(`${name}@${found.digest}`)
  })

  test('attestations are no platforms, and entries without one are read', async () => {
    const { server, registry } = await published([anImage('amd64'), anImage('riscv64')])
    const reference = aReference(server.host, 'team/app:odd')
    const [{ descriptor: amd64 }, { descriptor }] = [anImage('amd64'), anImage('riscv64')]
    const { platform: _, ...silent } = descriptor
    const attestation = { ...amd64, platform: { os: 'unknown', architecture: 'unknown' } }
    const index = createIndex({ manifests: [amd64, silent, attestation] })
    await registry.putManifest(reference, { descriptor: index.descriptor, bytes: index.rawManifest })
    expect((await createInspector({ registry }).inspect(`${server.host}/team/app:odd`)).platforms).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'riscv64' },
    ])
  })

  test('an artifact is no image: unknown, with the reason', async () => {
    const { server, registry } = await published([anImage('amd64')])
    const reference = aReference(server.host, 'team/app:chart')
    const empty = aBlob('{}')
    await registry.pushBlob(reference, empty)
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.oci.manifest,
        artifactType: 'application/vnd.example',
        config: { ...empty.descriptor, mediaType: mediaTypes.oci.empty },
        layers: [],
      }),
    )
    const descriptor = { mediaType: mediaTypes.oci.manifest, digest: digestOf(bytes), size: bytes.length }
    await registry.putManifest(withTag(reference, 'chart'), { descriptor, bytes })
    expect(await createInspector({ registry }).inspect(`${server.host}/team/app:chart`)).toMatchObject({
      platforms: 'unknown',
      reason: expect.stringContaining('application/vnd.oci.empty'),
    })
  })

  test('a failed question may be asked again', async () => {
    const { server, registry } = await published([anImage('amd64')])
    const inspector = createInspector({ registry })
    const name = `${server.host}/team/app:later`
    await expect(inspector.inspect(name)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    await publishImages(registry, { reference: aReference(server.host, 'team/app:later'), images: [anImage('arm64')] })
    expect((await inspector.inspect(name)).platforms).toEqual([{ os: 'linux', architecture: 'arm64' }])
  })
})
