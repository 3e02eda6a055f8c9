import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStockedRegistry, type StockedRegistry } from '../../../test/support/native-build.ts'
import { anImageFor } from '../../../test/support/tool-builds.ts'
import { createIndex, digestOf, mediaTypes, type Blob, type Image } from '../../image/index.ts'
import { parseReference, withDigest } from '../../reference/index.ts'
import { pushImage } from '../../transfer/index.ts'
import { findAttestedImages, findImages, type ImagePlace } from './find-images.ts'

let stocked: StockedRegistry
let place: ImagePlace
beforeEach(async () => {
  stocked = await aStockedRegistry()
  const repository = parseReference(`${stocked.host}/app`)
  place = { registry: stocked.registry, repository, signal: new AbortController().signal }
})
afterEach(async () => stocked.close())

async function pushIndex(manifests: Parameters<typeof createIndex>[0]['manifests']): Promise<Image['descriptor']> {
  const { descriptor, rawManifest } = createIndex({ manifests })
  const reference = withDigest(place.repository, descriptor.digest)
  await stocked.registry.putManifest(reference, { descriptor, bytes: rawManifest }, place.signal)
  return descriptor
}

async function pushAttestation(subject: string): Promise<Image['descriptor']> {
  const bytes = Buffer.from('{}')
  const blob: Blob = {
    descriptor: { mediaType: 'application/vnd.in-toto+json', digest: digestOf(bytes), size: bytes.length },
    async *open() {
      yield bytes
    },
  }
  await stocked.registry.pushBlob(place.repository, blob, place.signal)
  const config = { ...blob.descriptor, mediaType: mediaTypes.oci.config }
  const document = { schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers: [blob.descriptor] }
  const manifest = Buffer.from(JSON.stringify(document))
  const descriptor = { mediaType: document.mediaType, digest: digestOf(manifest), size: manifest.length }
  const reference = withDigest(place.repository, descriptor.digest)
  await stocked.registry.putManifest(reference, { descriptor, bytes: manifest }, place.signal)
  const annotations = { 'vnd.docker.reference.digest': subject, 'vnd.docker.reference.type': 'attestation-manifest' }
  return { ...descriptor, platform: { os: 'unknown', architecture: 'unknown' }, annotations }
}

test('images are found however deep indexes lie in each other, with what is attested of each', async () => {
  const images = [await anImageFor('amd64'), await anImageFor('arm64')] as const
  for (const image of images) await pushImage(stocked.registry, image, { reference: place.repository })
  const [amd64, arm64] = images.map(({ descriptor }) => descriptor)
  if (amd64 === undefined || arm64 === undefined) expect.unreachable()
  const attestation = await pushAttestation(arm64.digest)
  const inner = await pushIndex([amd64, arm64, attestation])
  const outer = await pushIndex([inner])
  const found = await findImages(outer.digest, place)
  expect(found?.map(({ descriptor }) => descriptor.digest)).toEqual([amd64.digest, arm64.digest])
  const attested = await findAttestedImages(outer.digest, place)
  expect(attested?.map(({ attached = [] }) => attached.map(({ descriptor }) => descriptor))).toEqual([
    [],
    [attestation],
  ])
})

test('nothing is found of what the registry does not have', async () => {
  expect(await findAttestedImages(`sha256:${'0'.repeat(64)}`, place)).toBeUndefined()
})
