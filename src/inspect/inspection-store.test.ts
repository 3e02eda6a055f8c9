import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openInspectionStore, type KnownImage } from './inspection-store.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-inspections-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const image: KnownImage = {
  kind: 'index',
  platforms: [
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227', osFeatures: ['win32k'] },
  ],
}

function digest(at: number): string {
  return `sha256:${at.toString(16).padStart(64, '0')}`
}

test('what one run keeps, the next one finds, by digest and not by name', async () => {
  const first = openInspectionStore(folder)
  expect(await first.find(digest(1))).toBeUndefined()
  await first.keep('a.example/app:v1', digest(1), image)
  expect(await first.find(digest(1))).toEqual(image)
  const later = openInspectionStore(folder)
  expect(await later.find(digest(1))).toEqual(image)
  expect(await later.hasSeen('a.example/app:v1')).toBe(true)
  expect(await later.hasSeen('a.example/app:v2')).toBe(false)
  expect(await later.find(digest(2))).toBeUndefined()
})

test('names are not written as they are', async () => {
  await openInspectionStore(folder).keep('secret.example/project:v1', digest(1), image)
  for (const file of await readdir(folder)) expect(await readFile(join(folder, file), 'utf8')).not.toContain('secret')
})

test('the folder stays small however much is kept, and the newest is there', async () => {
  const store = openInspectionStore(folder)
  const all = Array.from({ length: 9000 }, (_, at) => at)
  await Promise.all(all.map(async (at) => store.keep(`a.example/app:${at}`, digest(at), image)))
  const files = await readdir(folder)
  expect(files.length).toBeLessThanOrEqual(16)
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3_000_000)
  const later = openInspectionStore(folder)
  expect(await later.find(digest(8999))).toEqual(image)
  expect(await later.find(digest(0))).toBeUndefined()
})

test.each([
  ['cut short', async (path: string): Promise<void> => truncate(path, 40)],
  ['empty', async (path: string): Promise<void> => truncate(path, 0)],
  ['no JSON', async (path: string): Promise<void> => writeFile(path, '\u0000\u0001')],
  ['of another version', async (path: string): Promise<void> => writeFile(path, '{"version":2,"images":[]}')],
  [
    'of another shape',
    async (path: string): Promise<void> =>
      writeFile(path, '{"version":1,"names":[],"images":{"sha256:00":{"kind":"index","platforms":"linux/amd64"}}}'),
  ],
])('a file that is %s counts as empty, and is written anew', async (_, damage) => {
  await openInspectionStore(folder).keep('a.example/app:v1', digest(1), image)
  for (const file of await readdir(folder)) await damage(join(folder, file))
  const store = openInspectionStore(folder)
  expect(await store.find(digest(1))).toBeUndefined()
  expect(await store.hasSeen('a.example/app:v1')).toBe(false)
  await store.keep('a.example/app:v1', digest(1), image)
  expect(await openInspectionStore(folder).find(digest(1))).toEqual(image)
})

test('two runs at the same time do not take away what the other one has written before', async () => {
  const [one, other] = [openInspectionStore(folder), openInspectionStore(folder)]
  await Promise.all([one.find(digest(1)), other.find(digest(1))])
  for (let at = 0; at < 40; at += 2) {
    await one.keep(`a.example/app:${at}`, digest(at), image)
    await other.keep(`a.example/app:${at + 1}`, digest(at + 1), image)
  }
  const later = openInspectionStore(folder)
  for (let at = 0; at < 40; at += 1) expect(await later.find(digest(at))).toEqual(image)
})

test('a folder that cannot be written is no reason to fail', async () => {
  await writeFile(join(folder, 'file'), '')
  const store = openInspectionStore(join(folder, 'file', 'below'))
  await store.keep('a.example/app:v1', digest(1), image)
  expect(await openInspectionStore(join(folder, 'file', 'below')).find(digest(1))).toBeUndefined()
})
