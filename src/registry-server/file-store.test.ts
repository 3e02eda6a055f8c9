import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes } from '../image/index.ts'
import type { RegistryStore } from './contract.ts'
import { createFileStore } from './file-store.ts'

let folder = ''
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'store-')), 'new')
})
afterEach(async () => rm(join(folder, '..'), { recursive: true, force: true }))

async function* bytesOf(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function push(store: RegistryStore, repository: string, text: string): Promise<string> {
  const digest = digestOf(Buffer.from(text))
  const id = await store.uploads.start(repository)
  await store.uploads.append(repository, id, bytesOf(text))
  expect(await store.uploads.finish(repository, id, digest)).toBe(true)
  return digest
}

async function tagManifest(store: RegistryStore, repository: string, tag: string): Promise<string> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, tag, manifests: [] }))
  const digest = digestOf(bytes)
  await store.manifests.put(repository, { digest, mediaType: mediaTypes.oci.index, bytes })
  await store.tags.set(repository, tag, digest)
  return digest
}

async function indexOf(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))
}

function contentOf(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'))
}

describe('the folder of a store', () => {
  test('is an OCI image layout from the first upload on', async () => {
    const store = createFileStore(folder)
    await store.uploads.start('app')
    expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(await indexOf(folder)).toEqual({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [] })
    const blob = await push(store, 'app', 'blob')
    expect(await readFile(contentOf(folder, blob), 'utf8')).toBe('blob')
    const digest = await tagManifest(store, 'team/app', 'v1')
    const size = (await readFile(contentOf(folder, digest))).length
    const annotations = { 'org.opencontainers.image.ref.name': 'team/app:v1' }
    expect(await indexOf(folder)).toMatchObject({
      manifests: [{ mediaType: mediaTypes.oci.index, digest, size, annotations }],
    })
    expect(await readdir(join(folder, 'temporary'))).toEqual([])
  })

  test('keeps what others wrote into the index, and sees it', async () => {
    const store = createFileStore(folder)
    const digest = await tagManifest(store, 'app', 'v1')
    const index = (await indexOf(folder)) as { manifests: object[]; annotations?: object }
    const foreign = { mediaType: 'application/x', digest: `sha256:${'1'.repeat(64)}`, size: 3, own: true }
    const named = { ...foreign, digest, annotations: { 'org.opencontainers.image.ref.name': 'app:mine' } }
    const changed = { ...index, annotations: { a: 'b' }, manifests: [foreign, ...index.manifests, named] }
    await writeFile(join(folder, 'index.json'), JSON.stringify(changed))
    expect(await store.tags.list('app')).toEqual(['mine', 'v1'])
    await store.tags.remove('app', 'v1')
    expect(await indexOf(folder)).toEqual({ ...changed, manifests: [foreign, named] })
  })

  test('is read by the next store, and uploads go on there', async () => {
    const [before, text] = [createFileStore(folder), 'first half, second half']
    const digest = await tagManifest(before, 'app', 'v1')
    const blob = await push(before, 'app', 'blob')
    const id = await before.uploads.start('app')
    await before.uploads.append('app', id, bytesOf(text.slice(0, 10)))
    const after = createFileStore(folder)
    expect(await after.tags.get('app', 'v1')).toBe(digest)
    expect(await after.tags.repositories()).toEqual(['app'])
    expect(await textOf(after.blobs.open('app', blob))).toBe('blob')
    expect(await after.uploads.size('app', id)).toBe(10)
    expect(await after.uploads.append('app', id, bytesOf(text.slice(10)))).toBe(text.length)
    expect(await after.uploads.finish('app', id, digestOf(Buffer.from(text)))).toBe(true)
  })

  test('keeps unfinished uploads and files for a day', async () => {
    const before = createFileStore(folder)
    await before.uploads.start('team/app')
    const id = await before.uploads.start('team/app')
    await before.uploads.append('team/app', id, bytesOf('some'))
    await mkdir(join(folder, 'temporary'), { recursive: true })
    await writeFile(join(folder, 'temporary', 'left'), '')
    const hour = 60 * 60 * 1000
    await createFileStore(folder, { now: () => Date.now() + 23 * hour }).uploads.start('other')
    expect(await before.uploads.size('team/app', id)).toBe(4)
    expect(await readdir(join(folder, 'temporary'))).toEqual(['left'])
    await createFileStore(folder, { now: () => Date.now() + 25 * hour }).uploads.start('other')
    expect(await before.uploads.size('team/app', id)).toBeUndefined()
    expect(await readdir(join(folder, 'repositories', 'team/app', '_uploads'))).toEqual([])
    expect(await readdir(join(folder, 'temporary'))).toEqual([])
  })

  test('keeps what arrived before a source failed', async () => {
    const store = createFileStore(folder)
    const id = await store.uploads.start('app')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('four')
      throw new Error('cut')
    }
    await expect(store.uploads.append('app', id, failing())).rejects.toThrow('cut')
    expect(await store.uploads.size('app', id)).toBe(4)
    await store.uploads.append('app', id, bytesOf(' five'))
    expect(await store.uploads.finish('app', id, digestOf(Buffer.from('four five')))).toBe(true)
  })

  test('keeps content once, and as long as a repository has it', async () => {
    const store = createFileStore(folder)
    const digest = await push(store, 'one', 'same')
    await push(store, 'two', 'same')
    await store.blobs.mount('three', digest)
    expect(await readdir(join(folder, 'blobs', 'sha256'))).toHaveLength(1)
    for (const repository of ['one', 'two']) expect(await store.blobs.remove(repository, digest)).toBe(true)
    expect(await store.blobs.stat('three', digest)).toBe(4)
    expect(await store.blobs.remove('three', digest)).toBe(true)
    expect(await readdir(join(folder, 'blobs', 'sha256'))).toEqual([])
    expect(await readdir(join(folder, 'repositories', 'one', '_uploads'))).toEqual([])
  })

  test('content that is removed and pushed at the same time is there or not, never half', async () => {
    const store = createFileStore(folder)
    for (let round = 0; round < 20; round += 1) {
      const digest = await push(store, 'one', 'racing')
      await Promise.all([store.blobs.remove('one', digest), push(store, 'two', 'racing')])
      expect(await textOf(store.blobs.open('two', digest))).toBe('racing')
      await store.blobs.remove('two', digest)
    }
  })

  test('repositories may be inside of one another', async () => {
    const store = createFileStore(folder)
    for (const name of ['a', 'a/b', 'a/b/c', 'blobs', 'index.json']) await tagManifest(store, name, 'v1')
    expect(await store.tags.repositories()).toEqual(['a', 'a/b', 'a/b/c', 'blobs', 'index.json'])
    expect(await store.tags.list('a')).toEqual(['v1'])
  })

  test.each(['not json', '{}', '{"manifests":{}}', '{"manifests":[{"digest":1}]}'])(
    'with a broken index (%s) says so and changes nothing',
    async (text) => {
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'index.json'), text)
      const store = createFileStore(folder)
      await expect(store.tags.list('app')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
      await expect(tagManifest(store, 'app', 'v1')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
      expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe(text)
    },
  )
})
