import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Platform } from '../platform/index.ts'
import {
  createImage,
  createIndex,
  digestOf,
  filterIndex,
  imageFromRaw,
  indexFromRaw,
  isAttestation,
  mediaTypes,
  parseConfig,
  parseManifest,
  validateImage,
  validateIndex,
  withAnnotations,
  withIndexAnnotations,
  withLabels,
  type Descriptor,
  type Image,
  type Layer,
} from './index.ts'

function aLayer(text: string, mediaType: string = mediaTypes.oci.layer): Layer {
  const bytes = Buffer.from(text)
  async function* open(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  const digest = digestOf(bytes)
  return { descriptor: { mediaType, digest, size: bytes.length }, diffId: digest, open }
}

function anImage(platform: Platform, layers: readonly Layer[] = [aLayer('one')]): Image {
  const { osVersion, ...rest } = platform
  return createImage({
    config: { ...rest, ...(osVersion === undefined ? {} : { 'os.version': osVersion }) },
    layers,
  })
}

const amd64 = anImage({ os: 'linux', architecture: 'amd64' })
const arm64 = anImage({ os: 'linux', architecture: 'arm64', variant: 'v8' })

describe('createImage', () => {
  test('writes documents that read back as they were given', () => {
    expect(parseManifest(amd64.rawManifest)).toEqual({ kind: 'image', manifest: amd64.manifest })
    expect(parseConfig(amd64.rawConfig)).toEqual(amd64.config)
    expect(validateImage(amd64)).toEqual([])
  })

  test('gives the same bytes whatever order members and maps have', () => {
    const left = createImage({
      config: { os: 'linux', architecture: 'amd64', config: { Labels: { b: '2', a: '1' }, Env: ['A=1'] } },
      layers: [aLayer('one')],
      annotations: { y: '1', x: '2' },
    })
    const right = createImage({
      annotations: { x: '2', y: '1' },
      layers: [aLayer('one')],
      config: { config: { Env: ['A=1'], Labels: { a: '1', b: '2' } }, architecture: 'amd64', os: 'linux' },
    })
    expect(right.descriptor.digest).toBe(left.descriptor.digest)
    expect(Buffer.from(left.rawConfig).toString()).toBe(
      '{"architecture":"amd64","os":"linux","config":{"Env":["A=1"],"Labels":{"a":"1","b":"2"}},' +
        `"rootfs":{"type":"layers","diff_ids":["${digestOf(Buffer.from('one'))}"]}}`,
    )
  })

  test('keeps the spelling of the platform in the descriptor and normalises the view', () => {
    expect(arm64.descriptor.platform).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' })
    expect(arm64.platform).toEqual({ os: 'linux', architecture: 'arm64' })
  })

  test.each([
    ['oci', mediaTypes.docker.layerGzip, mediaTypes.oci.layerGzip],
    ['docker', mediaTypes.oci.layerGzip, mediaTypes.docker.layerGzip],
    ['oci', mediaTypes.docker.foreignLayerGzip, mediaTypes.oci.foreignLayerGzip],
    ['oci', 'application/x-unknown', 'application/x-unknown'],
  ] as const)('puts layers into the words of the %s family: %s', (family, from, to) => {
    const image = createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [aLayer('x', from)], family })
    expect(image.manifest.layers[0]?.mediaType).toBe(to)
    expect(image.manifest.mediaType).toBe(mediaTypes[family].manifest)
  })
})

describe('imageFromRaw', () => {
  test('keeps bytes that were written by others', () => {
    const rawManifest = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(amd64.rawManifest).toString()), null, 3))
    const image = imageFromRaw({ rawManifest, rawConfig: amd64.rawConfig, openLayer: () => aLayer('one').open() })
    expect(image.rawManifest).toBe(rawManifest)
    expect(image.descriptor.digest).toBe(digestOf(rawManifest))
  })

  test('refuses a configuration that is not the manifest’s', () => {
    const make = (): Image =>
      imageFromRaw({ rawManifest: amd64.rawManifest, rawConfig: arm64.rawConfig, openLayer: () => aLayer('').open() })
    expect(make).toThrow(expect.objectContaining({ code: 'DIGEST_MISMATCH' }))
  })
})

describe('parsing', () => {
  const descriptor = { mediaType: 'x/y', digest: digestOf(Buffer.from('x')), size: 1 }

  test.each([
    [
      'own type',
      { mediaType: mediaTypes.docker.index, schemaVersion: 2, manifests: [] },
      mediaTypes.oci.manifest,
      'index',
    ],
    ['told type', { schemaVersion: 2, manifests: [] }, `${mediaTypes.docker.index}; charset=utf-8`, 'index'],
    ['index by shape', { schemaVersion: 2, manifests: [] }, 'application/json', 'index'],
    ['image by shape', { schemaVersion: 2, config: descriptor, layers: [] }, undefined, 'image'],
    ['null for an empty list', { schemaVersion: 2, config: descriptor, layers: null }, undefined, 'image'],
  ])('%s', (_, document, contentType, kind) => {
    expect(parseManifest(Buffer.from(JSON.stringify(document)), contentType).kind).toBe(kind)
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another schema version', { schemaVersion: 1, config: descriptor, layers: [] }],
    ['a short digest', { schemaVersion: 2, config: { ...descriptor, digest: 'sha256:00' }, layers: [] }],
    ['a negative size', { schemaVersion: 2, config: { ...descriptor, size: -1 }, layers: [] }],
    ['an unsupported type', { schemaVersion: 2, mediaType: 'text/plain', config: descriptor, layers: [] }],
    ['Docker schema 1', { schemaVersion: 1, fsLayers: [] }],
    ['nothing', {}],
  ])('%s is refused', (_, document) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    expect(() => parseManifest(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  test('a configuration as Docker writes it, with nulls and members of its own', () => {
    const text = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      docker_version: '20',
      config: { Cmd: null, Entrypoint: ['/x'], Volumes: null, Labels: null, ExposedPorts: { '80/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: null },
    })
    expect(parseConfig(Buffer.from(text))).toMatchObject({
      docker_version: '20',
      config: { Entrypoint: ['/x'], ExposedPorts: { '80/tcp': {} } },
      rootfs: { diff_ids: [] },
    })
  })

  test('arbitrary bytes never throw anything but a tool error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          for (const parse of [parseManifest, parseConfig]) {
            try {
              parse(bytes)
            } catch (error) {
              expect(error).toMatchObject({ name: 'ToolError' })
            }
          }
        },
      ),
    )
  })
})

describe('createIndex', () => {
  test('round trips every descriptor', () => {
    const platform = fc.record(
      {
        os: fc.constantFrom('linux', 'windows'),
        architecture: fc.constantFrom('amd64', 'arm64', 'arm'),
        variant: fc.constantFrom('v6', 'v7'),
        osVersion: fc.constantFrom('10.0.17763.1', '10.0.20348.2'),
        osFeatures: fc.constant(['win32k']),
      },
      { requiredKeys: ['os', 'architecture'] },
    )
    fc.assert(
      fc.property(platform, fc.nat(), fc.dictionary(fc.string(), fc.string()), (platform, size, annotations) => {
        const child: Descriptor = { ...amd64.descriptor, size, platform, annotations }
        const made = createIndex({ manifests: [child] })
        expect(indexFromRaw(made.rawManifest, made.descriptor).index.manifests).toEqual([child])
      }),
    )
  })

  test.each([
    ['all Docker', ['docker', 'docker'], undefined, mediaTypes.docker.index],
    ['one OCI', ['docker', 'oci'], undefined, mediaTypes.oci.index],
    ['annotations, which Docker lists cannot hold', ['docker', 'docker'], { a: 'b' }, mediaTypes.oci.index],
  ] as const)('takes its type from its children: %s', (_, families, annotations, type) => {
    const manifests = families.map((family, at) => ({
      ...createImage({ config: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' }, layers: [], family })
        .descriptor,
    }))
    expect(createIndex({ manifests, ...(annotations && { annotations }) }).descriptor.mediaType).toBe(type)
  })

  test.each([
    ['INDEX_EMPTY', []],
    ['INDEX_PLATFORM_TWICE', [arm64, anImage({ os: 'linux', architecture: 'aarch64' })]],
  ] as const)('%s', (code, images) => {
    const make = () => createIndex({ manifests: images.map(({ descriptor }) => descriptor) })
    expect(make).toThrow(expect.objectContaining({ code }))
  })

  test('Windows builds and attestations are not twins', () => {
    const windows = (osVersion: string) => anImage({ os: 'windows', architecture: 'amd64', osVersion }).descriptor
    const attestation = { ...amd64.descriptor, platform: { os: 'unknown', architecture: 'unknown' } }
    const manifests = [windows('10.0.17763.1'), windows('10.0.20348.1'), attestation, attestation]
    expect(createIndex({ manifests }).index.manifests).toHaveLength(4)
    expect(manifests.map(isAttestation)).toEqual([false, false, true, true])
  })
})

describe('changing', () => {
  const stored = JSON.parse(
    Buffer.from(createIndex({ manifests: [amd64.descriptor, arm64.descriptor] }).rawManifest).toString(),
  )
  stored.manifests[1]['x-unknown'] = 1
  stored['x-top'] = 2
  const index = indexFromRaw(Buffer.from(JSON.stringify(stored)))

  test('keeps members that nobody knows', () => {
    const annotated = withIndexAnnotations(index, { a: 'b' })
    const filtered = filterIndex(annotated, (child) => child.platform?.architecture === 'arm64')
    expect(JSON.parse(Buffer.from(filtered.rawManifest).toString())).toMatchObject({
      'x-top': 2,
      annotations: { a: 'b' },
      manifests: [{ 'x-unknown': 1, digest: arm64.descriptor.digest }],
    })
  })

  test('labels and annotations give a valid image with its own digests', () => {
    const changed = withAnnotations(withLabels(amd64, { team: 'x' }), { note: 'y' })
    expect(validateImage(changed)).toEqual([])
    expect(changed.config.config?.Labels).toEqual({ team: 'x' })
    expect(changed.manifest.annotations).toEqual({ note: 'y' })
    expect(changed.descriptor.digest).not.toBe(amd64.descriptor.digest)
    expect(changed.layers).toBe(amd64.layers)
  })
})

describe('validate', () => {
  test.each([
    ['history', { ...amd64, config: { ...amd64.config, history: [{ empty_layer: true }] } }, 'config.history'],
    [
      'diff ids',
      { ...amd64, config: { ...amd64.config, rootfs: { type: 'layers', diff_ids: [] } } },
      'config.rootfs.diff_ids',
    ],
    [
      'platform',
      { ...amd64, descriptor: { ...amd64.descriptor, platform: { os: 'linux', architecture: 's390x' } } },
      'descriptor.platform',
    ],
    ['manifest bytes', { ...amd64, rawManifest: Buffer.concat([amd64.rawManifest, Buffer.from(' ')]) }, 'manifest'],
  ] as const)('sees a contradiction in the %s', (_, image, where) => {
    expect(validateImage(image).map((problem) => problem.where)).toContain(where)
  })

  test('sees an index without children and a child without platform', () => {
    const empty = indexFromRaw(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] })))
    expect(validateIndex(empty)).toEqual([{ where: 'manifests', message: 'the index has no children' }])
    const { platform: _, ...bare } = amd64.descriptor
    expect(validateIndex(createIndex({ manifests: [bare] }))).toEqual([
      { where: 'manifests[0].platform', message: 'is missing' },
    ])
  })
})
