import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { digestOf, mediaTypes } from '../../src/image/index.ts'
import { createInspector } from '../../src/inspect/index.ts'
import { withDigest } from '../../src/reference/index.ts'
import type { Registry } from '../../src/registry/index.ts'
import { publishImages, type BlobEvent } from '../../src/transfer/index.ts'
import { startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy.ts'
import { aBlob, aReference, aRegistry, anImage, bytesOf, someBytes } from '../support/registry-fixtures.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'

const mebibyte = 1024 * 1024
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

function aClient(): Registry {
  const registry = aRegistry()
  closing.push(async () => registry.close())
  return registry
}

async function behind(...faults: Fault[]): Promise<FaultProxy> {
  const proxy = await startFaultProxy(serviceAddress('registry'), faults)
  closing.push(async () => proxy.close())
  return proxy
}

/** A name that no other test, and no earlier run, has used. */
function newName(): string {
  return `client/${randomBytes(6).toString('hex')}`
}

/** Bytes that the registry has in no repository: it finds blobs by their digest wherever they are. */
function newBytes(length: number): Uint8Array {
  const bytes = Buffer.from(someBytes(length))
  randomBytes(16).copy(bytes)
  return bytes
}

describeWithTools("docker's registry", ['registry'], () => {
  test('keeps an index, and the second push of it moves nothing', async () => {
    const reference = aReference(serviceAddress('registry'), `${newName()}:v1`)
    const images = [anImage('amd64', newName()), anImage('arm64', newName())]
    const first = await publishImages(aClient(), { reference, images })
    const blobs: BlobEvent[] = []
    const client = aClient()
    const again = await publishImages(client, { reference, images, onBlob: (blob) => blobs.push(blob) })
    expect(again).toEqual(first)
    expect(blobs.map(({ how }) => how)).toEqual(['exists', 'exists', 'exists', 'exists'])
    expect(
      (await createInspector({ registry: client }).inspect(`${reference.registry}/${reference.repository}:v1`))
        .platforms,
    ).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ])
    expect([...(await client.listTags(reference))].sort()).toEqual(['v1', 'v1_linux_amd64', 'v1_linux_arm64'])
  })

  test('mounts, and gives parts of blobs', async () => {
    const client = aClient()
    const host = serviceAddress('registry')
    const [from, to] = [aReference(host, newName()), aReference(host, newName())]
    const bytes = newBytes(1000)
    expect(await client.pushBlob(from, aBlob(bytes))).toBe('uploaded')
    expect(await client.pushBlob(to, aBlob(bytes, from))).toBe('mounted')
    expect((await bytesOf(client.getBlob(to, aBlob(bytes).descriptor))).equals(bytes)).toBe(true)
    const part = client.getBlobRange(to, aBlob(bytes).descriptor, { start: 10, end: 19 })
    expect((await bytesOf(part)).equals(bytes.subarray(10, 20))).toBe(true)
  })

  test('a push that is cut in the middle is completed', async () => {
    const bytes = newBytes(20 * mebibyte)
    const proxy = await behind({
      when: ({ method }) => method === 'PUT' || method === 'PATCH',
      times: 2,
      trouble: { kind: 'cutRequest', afterBytes: 5 * mebibyte },
    })
    const client = aClient()
    const reference = aReference(proxy.host, newName())
    expect(await client.pushBlob(reference, aBlob(bytes))).toBe('uploaded')
    expect((await bytesOf(client.getBlob(reference, aBlob(bytes).descriptor))).equals(bytes)).toBe(true)
  })

  test('chunks, where a proxy before it takes no large bodies', async () => {
    const bytes = newBytes(10 * mebibyte)
    const proxy = await behind({
      when: ({ headers }) => Number(headers['content-length'] ?? 0) > 4 * mebibyte,
      trouble: { kind: 'answer', status: 413 },
    })
    const client = aClient()
    const reference = aReference(proxy.host, newName())
    expect(await client.pushBlob(reference, aBlob(bytes))).toBe('uploaded')
    expect((await bytesOf(client.getBlob(reference, aBlob(bytes).descriptor))).equals(bytes)).toBe(true)
  })

  test('has no referrers API: they are kept under a tag', async () => {
    const client = aClient()
    const reference = aReference(serviceAddress('registry'), `${newName()}:v1`)
    const image = anImage('amd64')
    await publishImages(client, { reference, images: [image] })
    await client.pushBlob(reference, aBlob('{}'))
    const { mediaType, digest, size } = image.descriptor
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.oci.manifest,
        config: { ...aBlob('{}').descriptor, mediaType: 'application/vnd.example' },
        layers: [],
        subject: { mediaType, digest, size },
      }),
    )
    const descriptor = { mediaType: mediaTypes.oci.manifest, digest: digestOf(bytes), size: bytes.length }
    await client.putManifest(withDigest(reference, descriptor.digest), { bytes, descriptor })
    expect(await client.listReferrers(withDigest(reference, digest))).toMatchObject([
      { digest: descriptor.digest, artifactType: 'application/vnd.example' },
    ])
  })

  test('what is not there', async () => {
    const client = aClient()
    const reference = aReference(serviceAddress('registry'), `${newName()}:v1`)
    expect(await client.resolve(reference)).toBeUndefined()
    await expect(client.getManifest(reference)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    await expect(client.listTags(reference)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  })
})
