import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Layer } from '../image/index.ts'
import { cutArchive } from './cut-archive.ts'
import { createLayer, type LayerCache, type LayerEntry, type LayerFacts } from './index.ts'

interface CountedCache extends LayerCache {
  readonly layers: Map<string, LayerFacts>
  readonly parts: Map<string, Buffer>
}

function aCache(): CountedCache {
  const layers = new Map<string, LayerFacts>()
  const parts = new Map<string, Buffer>()
  return {
    layers,
    parts,
    getLayer: async (recipe) => Promise.resolve(layers.get(recipe)),
    async putLayer(recipe, facts) {
      layers.set(recipe, facts)
      await Promise.resolve()
    },
    getPart: async (key) => Promise.resolve(parts.get(key)),
    async putPart(key, packed) {
      parts.set(key, packed)
      await Promise.resolve()
    },
  }
}

/** A file that tells how often it was opened. */
function aFile(path: string, bytes: Uint8Array): { readonly entry: LayerEntry; readonly opened: () => number } {
  let opened = 0
  async function* open(): AsyncGenerator<Uint8Array, void, void> {
    opened += 1
    yield await Promise.resolve(bytes)
  }
  const contentId = createHash('sha256').update(bytes).digest('hex')
  const entry: LayerEntry = {
    path,
    kind: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 0,
    size: bytes.length,
    contentId,
    open,
  }
  return { entry, opened: () => opened }
}

type File = ReturnType<typeof aFile>

/** Files of 8 KiB each, 6 MiB in all. */
function manyFiles(): File[] {
  return Array.from({ length: 800 }, (_, index) => aFile(`lib/file-${index}.txt`, textOf(`file ${index}`, 8 * 1024)))
}

function textOf(seed: string, length: number): Buffer {
  return Buffer.alloc(length, `the text of ${seed}, again and again. `)
}

async function bytesOf(layer: Layer): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of layer.open()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

const entriesOf = (files: readonly File[]): LayerEntry[] => files.map(({ entry }) => entry)
const openedIn = (files: readonly File[]): number => files.reduce((sum, { opened }) => sum + opened(), 0)

describe('a layer with a cache', () => {
  test('is the one that it is without', async () => {
    const files = entriesOf(manyFiles())
    const plain = await createLayer(files)
    const cache = aCache()
    for (let run = 0; run < 2; run += 1) {
      const layer = await createLayer(files, { cache })
      expect({ ...layer, open: undefined }).toEqual({ ...plain, open: undefined })
      expect(digestOf(await bytesOf(layer))).toBe(plain.descriptor.digest)
    }
  })

  test('that is unchanged is made, opened and opened again without a look at a file', async () => {
    const cache = aCache()
    await createLayer(entriesOf(manyFiles()), { cache })
    const again = manyFiles()
    const layer = await createLayer(entriesOf(again), { cache })
    expect(digestOf(await bytesOf(layer))).toBe(layer.descriptor.digest)
    expect((await bytesOf(layer)).length).toBe(layer.descriptor.size)
    expect(openedIn(again)).toBe(0)
  })

  test.each<[string, (files: File[]) => void]>([
    ['another size', (files) => files.splice(300, 1, aFile('lib/file-300.txt', textOf('other', 9000)))],
    ['the same size', (files) => files.splice(300, 1, aFile('lib/file-300.txt', textOf('other', 8 * 1024)))],
    ['another name beside it', (files) => files.push(aFile('lib/file-300-new.txt', textOf('other', 5000)))],
    ['no file in its place', (files) => files.splice(300, 1)],
  ])(
    'in which one file has %s packs its part again, at most one beside it, and opens no other file',
    async (_, change) => {
      const cache = aCache()
      await createLayer(entriesOf(manyFiles()), { cache })
      const before = cache.parts.size
      const files = manyFiles()
      change(files)
      const layer = await createLayer(entriesOf(files), { cache })
      expect(before).toBeGreaterThan(4)
      expect(cache.parts.size - before).toBeLessThanOrEqual(2)
      expect(openedIn(files)).toBeLessThan(800 / 2)
      expect(digestOf(gunzipSync(await bytesOf(layer)))).toBe(layer.diffId)
      expect((await createLayer(entriesOf(files))).descriptor).toEqual(layer.descriptor)
    },
  )

  test('whose parts are gone is made of its files again, with the same bytes', async () => {
    const cache = aCache()
    const files = manyFiles()
    await createLayer(entriesOf(files), { cache })
    const layer = await createLayer(entriesOf(files), { cache })
    const keys = [...cache.parts.keys()]
    for (const key of keys.filter((_, index) => index % 2 === 0)) cache.parts.delete(key)
    expect(digestOf(await bytesOf(layer))).toBe(layer.descriptor.digest)
    expect([...cache.parts.keys()].sort()).toEqual(keys.sort())
  })

  test('keeps nothing of files that do not say what is in them', async () => {
    const cache = aCache()
    const { contentId: _, ...entry } = aFile('a', textOf('a', 100)).entry
    const layer = await createLayer([entry], { cache })
    expect([cache.layers.size, cache.parts.size]).toEqual([0, 0])
    expect(digestOf(await bytesOf(layer))).toBe(layer.descriptor.digest)
  })

  test('tells levels and everything in headers apart', async () => {
    const cache = aCache()
    const { entry } = aFile('a', textOf('a', 3000))
    const xattrs = { 'security.capability': Buffer.from('x') }
    const others: LayerEntry[] = [
      entry,
      { ...entry, mode: 0o755 },
      { ...entry, uid: 1 },
      { ...entry, gid: 1 },
      { ...entry, mtimeSeconds: 1 },
      { ...entry, path: 'b' },
      { ...entry, xattrs },
    ]
    const digests = new Set<string>()
    for (const other of others) digests.add((await createLayer([other], { cache })).diffId)
    expect(digests.size).toBe(others.length)
    await createLayer([entry], { cache, level: 6 })
    expect(cache.layers.size).toBe(others.length + 1)
  })

  test('a big file that changes while it is packed is refused', async () => {
    const cache = aCache()
    const { entry } = aFile('a', textOf('a', 2_500_000))
    await expect(createLayer([{ ...entry, size: 2_500_001 }], { cache })).rejects.toMatchObject({
      code: 'FILE_CHANGED',
    })
    await expect(createLayer([{ ...entry, size: 2_499_999 }], { cache })).rejects.toMatchObject({
      code: 'FILE_CHANGED',
    })
    expect(cache.layers.size).toBe(0)
  })
})

describe('the parts of an archive', () => {
  const anEntry = fc.record({ path: fc.uuid(), size: fc.oneof(fc.nat(20_000), fc.nat(3_000_000)) })

  test('have every byte once, in order, and are no bigger than 5 MiB', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anEntry, { selector: ({ path }) => path, maxLength: 200 }), (list) => {
        const entries = list.map(({ path, size }) => ({ ...aFile(path, new Uint8Array()).entry, size }))
        const parts = cutArchive(entries)
        const seen = new Map<string, number>()
        for (const { pieces } of parts) {
          expect(pieces.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(5 * 1024 * 1024)
          for (const { entry, start, end } of pieces) {
            expect(start).toBe(seen.get(entry.path) ?? 0)
            seen.set(entry.path, end)
          }
        }
        expect([...seen]).toEqual(list.map(({ path, size }) => [path, size]))
        expect(parts.map(({ isLast }) => isLast)).toEqual(parts.map((_, index) => index === parts.length - 1))
      }),
      { numRuns: 50 },
    )
  })
})
