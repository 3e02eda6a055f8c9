import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseIgnoreFile } from './ignore.ts'
import { listContext, walkContext } from './index.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-listing-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const longAgo = 1_600_000_000

function write(path: string, text = path): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
  utimesSync(join(folder, path), longAgo, longAgo)
}

function writeAll(): void {
  for (const path of ['a/b/c', 'a/b.c', 'a/d/e', 'f']) write(path)
  symlinkSync('f', join(folder, 'a/link'))
}

test('a listing has what a list has, by path and by folder', async () => {
  writeAll()
  const { files, names } = await walkContext(folder)
  const listed = await listContext(folder)
  expect(listed.map(({ path }) => path)).toEqual(['a', 'a/b', 'a/b.c', 'a/b/c', 'a/d', 'a/d/e', 'a/link', 'f'])
  for (const file of listed) expect(files.get(file.path)).toEqual(file)
  expect([...files.paths('a')].sort()).toEqual(['a/b', 'a/b.c', 'a/b/c', 'a/d', 'a/d/e', 'a/link'])
  expect(names.get('a')).toEqual(['b', 'b.c', 'd', 'link'])
  expect(files.get('a/link')).toMatchObject({ kind: 'symlink', linkTarget: 'f' })
  for (const path of ['', 'a/', 'a/x', 'f/x', 'x/y']) expect(files.has(path)).toBe(false)
})

test('of ignored folders those are there in which something is found', async () => {
  for (const path of ['out/a/keep', 'out/a/b/gone', 'out/c/d/gone', 'in']) write(path)
  const { files } = await walkContext(folder, { ignore: parseIgnoreFile('out\n!out/a/keep') })
  expect([...files.paths()]).toEqual(['in', 'out', 'out/a', 'out/a/keep'])
})

test.each<[string, () => void]>([
  ['is written to', () => write('a/b/c', 'longer')],
  ['is made executable', () => chmodSync(join(folder, 'a/b/c'), 0o755)],
  ['comes', () => write('a/b/d')],
  ['goes', () => unlinkSync(join(folder, 'a/b/c'))],
  [
    'leads elsewhere',
    () => {
      unlinkSync(join(folder, 'a/link'))
      symlinkSync('g', join(folder, 'a/link'))
    },
  ],
])('the stamp of a folder is another when a file in it %s, and that of its neighbour is the same', async (_, act) => {
  writeAll()
  const before = await walkContext(folder)
  expect((await walkContext(folder)).stampBelow('')).toBe(before.stampBelow(''))
  act()
  const after = await walkContext(folder)
  for (const path of ['', 'a']) expect(after.stampBelow(path)).not.toBe(before.stampBelow(path))
  expect(after.stampBelow('a/d')).toBe(before.stampBelow('a/d'))
  expect(before.stampBelow('a/d')).toBeDefined()
})

test('all that was written is found by its path', async () => {
  const names = fc.stringMatching(/^[a-c.-]{1,3}$/).filter((name) => !/^\.\.?$/.test(name))
  const paths = fc.uniqueArray(fc.array(names, { minLength: 1, maxLength: 3 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(paths, async (wanted) => {
      const root = mkdtempSync(join(folder, 'case-'))
      for (const parts of wanted) mkdirSync(join(root, ...parts), { recursive: true })
      const { files } = await walkContext(root)
      const all = new Set(wanted.flatMap((parts) => parts.map((_, at) => parts.slice(0, at + 1).join('/'))))
      expect([...files.paths()].sort()).toEqual([...all].sort())
      for (const path of all) expect(files.get(path)?.path).toBe(path)
    }),
    { numRuns: 50 },
  )
})
