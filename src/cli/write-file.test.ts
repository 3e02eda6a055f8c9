import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { writeFileWhole } from './write-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-write-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a file takes the place of an older one', async () => {
  const file = join(folder, 'build.json')
  writeFileSync(file, 'old')
  await writeFileWhole(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(readdirSync(folder)).toEqual(['build.json'])
})

test.each([
  ['missing/build.json', /its folder does not exist/],
  ['file/build.json', /a part of its path is a file/],
  ['', /it is a folder/],
])('"%s" cannot be written, and nothing is left', async (path, message) => {
  writeFileSync(join(folder, 'file'), '')
  const error = await writeFileWhole(join(folder, path), 'x').catch((error: unknown) => error)
  expect(isToolError(error, 'FILE_UNWRITABLE') && error.message).toMatch(message)
  expect(readdirSync(folder)).toEqual(['file'])
})

test.runIf(process.platform === 'linux')('a folder that nobody may write to is told as such', async () => {
  const error = await writeFileWhole('/sys/build.json', 'x').catch((error: unknown) => error)
  expect(isToolError(error, 'FILE_UNWRITABLE') && error.message).toMatch(/no permission|its disk can only be read/)
})
