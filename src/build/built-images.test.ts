import { expect, test } from 'vitest'
import { createImage, type Image } from '../image/index.ts'
import { parseReference } from '../reference/index.ts'
import { aRegistry } from '../../test/support/registry-fixtures.ts'
import { aFile, gather } from '../../test/support/layers.ts'
import { createLayer } from '../layer/index.ts'
import { rememberImages } from './built-images.ts'

async function imageFor(architecture: string): Promise<Image> {
  return createImage({ config: { os: 'linux', architecture }, layers: [await createLayer([aFile('a', architecture)])] })
}

test('images are read from where they are, by the digest of their index or their own', async () => {
  const built = rememberImages(aRegistry())
  const images = [await imageFor('amd64'), await imageFor('arm64')]
  const digest = built.add(images)
  const index = await built.registry.getManifest(parseReference(`nowhere.invalid/app:v1@${digest}`))
  expect(index.descriptor.mediaType).toBe('application/vnd.oci.image.index.v1+json')
  for (const image of images) {
    const reference = parseReference(`nowhere.invalid/app@${image.descriptor.digest}`)
    expect((await built.registry.getManifest(reference)).bytes).toEqual(image.rawManifest)
    expect(await gather(built.registry.getBlob(reference, image.manifest.config))).toEqual(Buffer.from(image.rawConfig))
    const [layer] = image.layers
    if (layer === undefined) throw new Error('no layer')
    expect(await gather(built.registry.getBlob(reference, layer.descriptor))).toEqual(await gather(layer.open()))
  }
  expect(built.add(images.slice(0, 1))).toBe(images[0]?.descriptor.digest)
})

test('a layer that was read through it once is not looked for in itself', async () => {
  const built = rememberImages(aRegistry())
  const base = await imageFor('amd64')
  built.add([base])
  const reference = parseReference(`nowhere.invalid/base@${base.descriptor.digest}`)
  const layers = base.layers.map((layer) => ({
    ...layer,
    knownIn: { registry: 'nowhere.invalid', repository: 'base' },
    open: (signal?: AbortSignal) => built.registry.getBlob(reference, layer.descriptor, signal),
  }))
  built.add([createImage({ config: { os: 'linux', architecture: 'amd64', author: 'child' }, layers })])
  const [layer] = layers
  if (layer === undefined) throw new Error('no layer')
  expect((await gather(layer.open())).length).toBe(layer.descriptor.size)
})
