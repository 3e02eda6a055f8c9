import { expect, test } from 'vitest'
import { gather, rawLayerOf } from '../../test/support/layers.ts'
import {
  convertImage,
  createImage,
  createIndex,
  digestOf,
  familyOf,
  mediaTypes,
  validateImage,
  withAnnotations,
  type Image,
  type Layer,
} from './index.ts'

const layers: readonly Layer[] = [
  rawLayerOf(Buffer.from('one')),
  { ...rawLayerOf(Buffer.from('two')), descriptor: ofType(mediaTypes.oci.layerGzip, 'two') },
  { ...rawLayerOf(Buffer.from('three')), descriptor: ofType(mediaTypes.oci.layerZstd, 'three') },
]
const parts = { config: { os: 'linux', architecture: 'arm64', config: { Env: ['A=b'] } }, layers }
const [oci, docker] = [createImage(parts), createImage({ ...parts, family: 'docker' })]

function ofType(mediaType: string, text: string): Layer['descriptor'] {
  return { mediaType, digest: digestOf(Buffer.from(text)), size: text.length }
}

test.each([
  ['docker', oci, docker],
  ['oci', docker, oci],
] as const)(
  'an image in the words of %s is as if it was made so, with the same configuration',
  async (family, from, to) => {
    const { image, lost } = convertImage(from, family)
    expect(lost).toEqual([])
    expect(image.descriptor).toEqual(to.descriptor)
    expect(image.rawConfig).toEqual(from.rawConfig)
    expect(image.manifest.config.digest).toBe(from.manifest.config.digest)
    expect(validateImage(image)).toEqual([])
    for (const [index, layer] of image.layers.entries()) {
      expect(layer.diffId).toBe(from.layers[index]?.diffId)
      expect(await gather(layer.open())).toEqual(await gather((from.layers[index] ?? layer).open()))
    }
    const index = createIndex({ manifests: [image.descriptor] })
    expect(familyOf(index.descriptor.mediaType)).toBe(family)
  },
)

test('what is in the words of the family already stays the very same', () => {
  expect(convertImage(oci, 'oci').image).toBe(oci)
  expect(convertImage(docker, 'docker').image).toBe(docker)
})

const attested: Image = { ...docker, attached: [] }
const odd: Layer = { ...rawLayerOf(Buffer.from('x')), descriptor: ofType('application/vnd.example.layer', 'x') }

test.each<[string, Image, readonly string[]]>([
  ['annotations', withAnnotations(oci, { a: 'b' }), ['annotations']],
  ['attestations', { ...oci, attached: [] }, ['attestations']],
  ['attestations of what is in its words', attested, ['attestations']],
])('%s have no place in the words of docker', (_, image, lost) => {
  const converted = convertImage(image, 'docker')
  expect(converted.lost).toEqual(lost)
  expect(converted.image.descriptor).toEqual(docker.descriptor)
  expect(converted.image.attached).toBeUndefined()
})

test('an image with a layer that nobody has a word for stays as it is', () => {
  const image = createImage({ ...parts, layers: [odd] })
  const converted = convertImage(image, 'docker')
  expect(converted.image).toBe(image)
  expect(converted.lost).toEqual(['layers of type application/vnd.example.layer have no counterpart'])
})

test('places that layers were read from are kept', () => {
  const knownIn = { registry: 'r.example.com', repository: 'app' }
  const image = createImage({ ...parts, layers: layers.map((layer) => ({ ...layer, knownIn })) })
  expect(convertImage(image, 'docker').image.layers.map((layer) => layer.knownIn)).toEqual([knownIn, knownIn, knownIn])
})
