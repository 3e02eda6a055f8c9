import { afterAll, beforeAll, expect, test } from 'vitest'
import { aFile } from '../../../test/support/layers.ts'
import { aBaseImage, aStockedRegistry, type StockedRegistry } from '../../../test/support/native-build.ts'
import type { Image } from '../../image/index.ts'
import { parseReference, withDigest } from '../../reference/index.ts'
import type { RawManifest, Registry } from '../../registry/index.ts'
import { keepDocuments, type KeptDocuments } from './kept-documents.ts'

let stocked: StockedRegistry
let name: string
let image: Image

beforeAll(async () => {
  stocked = await aStockedRegistry()
  image = await aBaseImage([aFile('a')], { architecture: 'amd64' })
  name = await stocked.stock('base', [image])
})
afterAll(async () => stocked.close())

/** The registry, and what it is asked. */
function counted(): { readonly registry: Registry; readonly asked: string[] } {
  const { registry } = stocked
  const asked: string[] = []
  return {
    asked,
    registry: {
      ...registry,
      async getManifest(reference, signal) {
        asked.push(`manifest ${reference.digest ?? reference.tag ?? ''}`)
        return registry.getManifest(reference, signal)
      },
      getBlob(repository, descriptor, signal) {
        asked.push(`blob ${descriptor.digest}`)
        return registry.getBlob(repository, descriptor, signal)
      },
    },
  }
}

function aStore(): { readonly notes: Map<string, string> } & Parameters<typeof keepDocuments>[1] {
  const notes = new Map<string, string>()
  return {
    notes,
    getNote: (key) => notes.get(key),
    async putNote(key, text) {
      notes.set(key, text)
      await Promise.resolve()
    },
  }
}

async function configOf({ checked }: KeptDocuments): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of checked.getBlob(parseReference(name), image.manifest.config)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('a manifest and a configuration of an earlier build are not asked for again', async () => {
  const store = aStore()
  const reference = withDigest(parseReference(name), image.descriptor.digest)
  const first = keepDocuments(stocked.registry, store, () => 0)
  const manifest = await first.kept.getManifest(reference)
  const config = await configOf(first)

  const { registry, asked } = counted()
  const second = keepDocuments(registry, store, () => 0)
  expect(await second.kept.getManifest(reference)).toEqual<RawManifest>({
    descriptor: {
      mediaType: manifest.descriptor.mediaType,
      digest: image.descriptor.digest,
      size: manifest.bytes.length,
    },
    bytes: Buffer.from(manifest.bytes),
  })
  expect(await configOf(second)).toBe(config)
  expect(asked).toEqual([])
})

test('whether an image is there is asked each time', async () => {
  const store = aStore()
  const { registry, asked } = counted()
  const { checked, kept } = keepDocuments(registry, store, () => 0)
  const reference = withDigest(parseReference(name), image.descriptor.digest)
  await kept.getManifest(reference)
  await checked.getManifest(reference)
  expect(asked).toEqual(Array(2).fill(`manifest ${image.descriptor.digest}`))
})

test('a tag is what it was found to be a moment before, and nothing later', async () => {
  const store = aStore()
  const { registry, asked } = counted()
  let nowMs = 0
  const { checked, kept } = keepDocuments(registry, store, () => nowMs)
  await checked.resolve(parseReference(name))
  await kept.getManifest(parseReference(name))
  await kept.getManifest(parseReference(name))
  expect(asked).toEqual([`manifest ${image.descriptor.digest}`])
  nowMs = 3000
  await kept.getManifest(parseReference(name))
  expect(asked).toEqual([`manifest ${image.descriptor.digest}`, 'manifest 1'])
})

test('a tag that is written is not what it was', async () => {
  const { registry, asked } = counted()
  const { checked, kept } = keepDocuments(registry, aStore(), () => 0)
  const reference = parseReference(name.replace(/:1$/, ':moved'))
  const manifest = await registry.getManifest(parseReference(name))
  await checked.putManifest(reference, manifest)
  await checked.resolve(reference)
  await checked.putManifest(reference, manifest)
  await kept.getManifest(reference)
  expect(asked).toEqual(['manifest 1', 'manifest moved'])
})

test('a document that is damaged is asked for again', async () => {
  const store = aStore()
  const reference = withDigest(parseReference(name), image.descriptor.digest)
  await keepDocuments(stocked.registry, store, () => 0).kept.getManifest(reference)
  for (const [key, text] of store.notes) store.notes.set(key, text.replace('sha256', 'sha265'))
  const { registry, asked } = counted()
  await keepDocuments(registry, store, () => 0).kept.getManifest(reference)
  expect(asked).toEqual([`manifest ${image.descriptor.digest}`])
})
