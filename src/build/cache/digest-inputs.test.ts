import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listContext, openFileDigests, type FileDigests } from '../../workspace/index.ts'
import { createInputDigester, type InputDigester } from './digest-inputs.ts'

const { signal } = new AbortController()
let folder = ''
let digests: FileDigests

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-inputs-'))
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), name)
  // long after the files were written
  digests = openFileDigests({ now: () => Date.now() + 60_000 })
  const files = await listContext(folder)
  digests.in(folder).saw(new Map(files.map((file) => [file.path, file])))
})

afterEach(() => rmSync(folder, { recursive: true }))

const paths = (): string[] => ['a', 'b'].map((name) => join(folder, name))

function aDigester(): InputDigester {
  return createInputDigester({ folder, digests, signal })
}

test('a digest that is wanted later is the same, and nothing is read before', async () => {
  const finish = await aDigester().later(paths())
  expect(digests.reads).toBe(0)
  expect(await finish()).toBe(await aDigester().of(paths()))
})

test('of files that were written to meanwhile there is no digest later', async () => {
  const finish = await aDigester().later(paths())
  writeFileSync(join(folder, 'b'), 'B')
  utimesSync(join(folder, 'b'), 1, 1)
  expect(await finish()).toBeUndefined()
})

test('a file that may be written to unnoticed is read at once', async () => {
  digests = openFileDigests({ now: Date.now })
  const files = await listContext(folder)
  digests.in(folder).saw(new Map(files.map((file) => [file.path, file])))
  writeFileSync(join(folder, 'a'), 'a')
  const settled = openFileDigests({ now: () => files[0]?.mtimeMs ?? 0 })
  settled.in(folder).saw(new Map(files.map((file) => [file.path, file])))
  await createInputDigester({ folder, digests: settled, signal }).later(paths())
  expect(settled.reads).toBe(2)
})
