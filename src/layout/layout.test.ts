import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gather, pieces } from '../../test/support/layers.ts'
import { digestOf, mediaTypes, type Blob, type Descriptor } from '../image/index.ts'
import { openLayout, type StoredManifest } from './index.ts'

let folder = ''

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'catamaran-layout-')), 'layout')
})

afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

function blobOf(text: string, claim: Partial<Descriptor> = {}): Blob {
  const bytes = Buffer.from(text)
  const descriptor = { mediaType: mediaTypes.oci.layer, digest: digestOf(bytes), size: bytes.length, ...claim }
  return { descriptor, open: () => pieces(bytes.subarray(0, 2), bytes.subarray(2)) }
}

function manifestOf(text: string): StoredManifest {
  const config = blobOf(text).descriptor
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers: [] }),
  )
  return { descriptor: { mediaType: mediaTypes.oci.manifest, digest: digestOf(bytes), size: bytes.length }, bytes }
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown
}

describe('a layout', () => {
  test('that is made is empty, and one that others can read', async () => {
    const layout = await openLayout(folder, { create: true })
    expect(readJson('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    expect((await layout.getIndex()).index.manifests).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('keeps blobs under their digests, each once', async () => {
    const layout = await openLayout(folder, { create: true })
    const blob = blobOf('some bytes')
    expect(await layout.putBlob(blob)).toBe('written')
    expect(await layout.putBlob(blob)).toBe('exists')
    expect((await gather(layout.getBlob(blob.descriptor))).toString()).toBe('some bytes')
    expect(readFileSync(join(folder, 'blobs', blob.descriptor.digest.replace(':', '/')), 'utf8')).toBe('some bytes')
  })

  test('keeps manifests, and names for them', async () => {
    const layout = await openLayout(folder, { create: true })
    const [one, two] = [manifestOf('one'), manifestOf('two')]
    for (const manifest of [one, two]) await layout.putManifest(manifest)
    await layout.setRef('v1', one.descriptor)
    await layout.setRef('latest', { ...one.descriptor, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } })
    await layout.setRef('latest', two.descriptor)
    const again = await openLayout(folder)
    expect(await again.getRef('v1')).toMatchObject(one.descriptor)
    expect(await again.getRef('latest')).toMatchObject(two.descriptor)
    expect(await again.getRef('none')).toBeUndefined()
    expect((await again.getIndex()).index.manifests).toHaveLength(2)
    expect(await again.getManifest(two.descriptor.digest)).toEqual(two)
  })

  test('keeps what others wrote into its index', async () => {
    const layout = await openLayout(folder, { create: true })
    const manifest = manifestOf('one')
    await layout.putManifest(manifest)
    const other = {
      ...manifest.descriptor,
      platform: { os: 'linux', architecture: 'amd64', 'os.version': '1' },
      extra: 1,
    }
    writeFileSync(
      join(folder, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [other], annotations: { a: 'b' } }),
    )
    await layout.setRef('v1', {
      ...manifest.descriptor,
      platform: { os: 'windows', architecture: 'amd64', osVersion: '10' },
    })
    expect(readJson('index.json')).toMatchObject({
      manifests: [other, { platform: { os: 'windows', 'os.version': '10' } }],
      annotations: { a: 'b' },
    })
  })

  test('keeps all names that are set at the same time', async () => {
    const layout = await openLayout(folder, { create: true })
    const { descriptor } = manifestOf('one')
    const names = Array.from({ length: 20 }, (_, index) => `v${index}`)
    await Promise.all(names.map((name) => layout.setRef(name, descriptor)))
    expect((await layout.getIndex()).index.manifests).toHaveLength(20)
  })

  test.each([
    ['other bytes', blobOf('x', { digest: digestOf(Buffer.from('y')) })],
    ['too few bytes', blobOf('x', { size: 9 })],
    ['too many bytes', blobOf('xyz', { size: 1 })],
  ])('refuses a blob with %s, and keeps nothing of it', async (_, blob) => {
    const layout = await openLayout(folder, { create: true })
    await expect(layout.putBlob(blob)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(readdirSync(join(folder, 'blobs/sha256'))).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('refuses a digest that is a path', async () => {
    const layout = await openLayout(folder, { create: true })
    const blob = blobOf('x', { digest: 'sha256:../../../../evil' })
    await expect(layout.putBlob(blob)).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
    await expect(gather(layout.getBlob(blob.descriptor))).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
  })

  test('says what it does not have, and what is damaged', async () => {
    const layout = await openLayout(folder, { create: true })
    const blob = blobOf('some bytes')
    await expect(gather(layout.getBlob(blob.descriptor))).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    await layout.putBlob(blob)
    writeFileSync(join(folder, 'blobs', blob.descriptor.digest.replace(':', '/')), 'same bytes')
    await expect(gather(layout.getBlob(blob.descriptor))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})

test.each<[string, () => void]>([
  ['is not there', () => undefined],
  ['has no marker', () => mkdirSync(folder)],
  ['has a marker that is no JSON', () => writeMarker('{')],
  ['has a marker without a version', () => writeMarker('{}')],
  ['has another version', () => writeMarker('{"imageLayoutVersion":"2.0.0"}')],
])('a folder that %s is no layout', async (_, prepare) => {
  prepare()
  await expect(openLayout(folder)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
})

test('a layout without an index is damaged', async () => {
  await openLayout(folder, { create: true })
  rmSync(join(folder, 'index.json'))
  const layout = await openLayout(folder)
  await expect(layout.getIndex()).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
})

test.runIf(existsSync('/dev/full') && process.platform === 'linux')(
  'a folder in which nothing can be made is an error',
  async () => {
    await expect(openLayout('/dev/full/layout', { create: true })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  },
)

function writeMarker(text: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'oci-layout'), text)
}
