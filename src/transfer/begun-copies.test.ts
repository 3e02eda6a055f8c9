import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginCopy } from './begun-copies.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'begun-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

test('a copy is taken up again until one has ended, each place for itself', async () => {
  const notes = join(folder, 'new/notes')
  const begin = async (place: string): Promise<boolean> => (await beginCopy(notes, place)).isResumed
  expect([await begin('a.example/x'), await begin('a.example/y'), await begin('a.example/x')]).toEqual([
    false,
    false,
    true,
  ])
  await (await beginCopy(notes, 'a.example/x')).finish()
  expect([await begin('a.example/x'), await begin('a.example/y')]).toEqual([false, true])
  expect(await readdir(notes)).toHaveLength(2)
})

test('where nothing can be written every copy is a new one', async () => {
  await writeFile(join(folder, 'file'), '')
  for (const _ of [1, 2]) {
    const begun = await beginCopy(join(folder, 'file'), 'a.example/x')
    expect(begun).toMatchObject({ isResumed: false })
  }
})
