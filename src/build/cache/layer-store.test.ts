import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLayerStore, type LayerStore } from './layer-store.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-layers-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const facts = { digest: 'sha256:a', diffId: 'sha256:b', sizeBytes: 3, archive: { crc: 1, sizeBytes: 10 } }

function open(options: { readonly maxBytes?: number; readonly now?: () => number } = {}): LayerStore {
  return openLayerStore({ folder, now: Date.now, ...options })
}

function files(): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

describe('a store of layers', () => {
  test('gives back what was put, also in the next process', async () => {
    const store = open()
    expect(await store.getPart('abc')).toBeUndefined()
    expect(await store.getLayer('r')).toBeUndefined()
    await store.putPart('abc', Buffer.from('packed'))
    await store.putLayer('r', facts)
    expect((await open().getPart('abc'))?.toString()).toBe('packed')
    expect(await open().getLayer('r')).toEqual(facts)
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut off', (bytes) => bytes.subarray(0, -1)],
    ['full of zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['changed in a bit', (bytes) => Buffer.concat([Buffer.from([(bytes[0] ?? 0) ^ 1]), bytes.subarray(1)])],
  ])('does not give what is %s', async (_, damage) => {
    const store = open()
    await store.putPart('abc', Buffer.from('packed'))
    await store.putLayer('r', facts)
    for (const file of files()) writeFileSync(file, damage(readFileSync(file)))
    expect(await store.getPart('abc')).toBeUndefined()
    expect(await store.getLayer('r')).toBeUndefined()
    await store.putPart('abc', Buffer.from('packed'))
    expect((await store.getPart('abc'))?.toString()).toBe('packed')
  })

  test('drops what was not used for longest when there is too much', async () => {
    const store = open({ maxBytes: 5000 })
    for (let index = 0; index < 6; index += 1) await store.putPart(`k${index}`, Buffer.alloc(900))
    files().forEach((file, index) => utimesSync(file, 1000 + index, 1000 + index))
    await store.getPart('k0')
    await store.trim()
    const there = await Promise.all([0, 1, 2, 3, 4, 5].map(async (index) => open().getPart(`k${index}`)))
    expect(there.map((bytes) => bytes !== undefined)).toEqual([true, false, false, true, true, true])
  })

  test('removes what killed processes have left, and nothing that somebody may still be writing', async () => {
    writeFileSync(join(folder, '.old.partial'), 'x')
    utimesSync(join(folder, '.old.partial'), 1, 1)
    writeFileSync(join(folder, '.new.partial'), 'x')
    const store = open()
    await store.putPart('abc', Buffer.from('packed'))
    await store.trim()
    expect(readdirSync(folder).sort()).toEqual(['.new.partial', 'parts', 'trimmed'])
  })

  test('looks at its files once an hour when little is written, and at once when much is', async () => {
    const left = join(folder, '.old.partial')
    const leave = (): void => {
      writeFileSync(left, 'x')
      utimesSync(left, 1, 1)
    }
    const trimAfter = async (bytes: number, laterMs: number): Promise<boolean> => {
      leave()
      const store = openLayerStore({ folder, maxBytes: 64_000, now: () => Date.now() + laterMs })
      await store.putPart('abc', Buffer.alloc(bytes))
      await store.trim()
      return existsSync(left)
    }
    expect(await trimAfter(10, 0)).toBe(false)
    expect(await trimAfter(10, 0)).toBe(true)
    expect(await trimAfter(2000, 0)).toBe(false)
    expect(await trimAfter(10, 4_000_000)).toBe(false)
  })

  test('does not look at its files when nothing was written', async () => {
    writeFileSync(join(folder, '.old.partial'), 'x')
    utimesSync(join(folder, '.old.partial'), 1, 1)
    await open().trim()
    expect(readdirSync(folder)).toEqual(['.old.partial'])
  })

  test('says at the end that it could not write, and lets the build go on', async () => {
    writeFileSync(join(folder, 'parts'), 'a file where the folder should be')
    const store = open()
    await store.putPart('abc', Buffer.from('packed'))
    await store.putPart('abd', Buffer.from('packed'))
    expect(await store.getPart('abc')).toBeUndefined()
    await expect(store.trim()).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    await store.trim()
  })

  test('is used by many at once', async () => {
    const stores = Array.from({ length: 8 }, () => open({ maxBytes: 20_000 }))
    await Promise.all(
      stores.map(async (store, index) => {
        for (let round = 0; round < 20; round += 1) {
          const key = `k${(round * 7 + index) % 30}`
          const found = await store.getPart(key)
          if (found !== undefined) expect(found.toString()).toBe(key.repeat(300))
          await store.putPart(key, Buffer.from(key.repeat(300)))
          if (round % 5 === 0) await store.trim()
        }
      }),
    )
    expect(files().filter((file) => file.endsWith('.partial'))).toEqual([])
    chmodSync(folder, 0o755)
    expect(files().every((file) => statSync(file).size > 0)).toBe(true)
  })
})
