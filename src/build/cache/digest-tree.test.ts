import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFileDigests, walkContext, type FileDigests } from '../../workspace/index.ts'
import { createInputDigester } from './digest-inputs.ts'
import type { InputTree } from './digest-tree.ts'

const { signal } = new AbortController()
let folder = ''
let cache = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-tree-'))
  cache = mkdtempSync(join(tmpdir(), 'catamaran-tree-cache-'))
  for (const path of ['Dockerfile', 'lib/a/1', 'lib/a/2', 'lib/b/c/1', 'src/1', 'other/1']) write(path)
})

afterEach(() => {
  for (const path of [folder, cache]) rmSync(path, { recursive: true })
})

function write(path: string, text = path): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

interface Lookup {
  readonly digest: string
  /** Files that single digests were asked of. */
  readonly looked: readonly string[]
}

interface How {
  readonly isLater?: boolean
  /** After the files were written. */
  readonly laterMs?: number
  /** The context is in a folder of it. */
  readonly context?: string
}

/** As another process would do it, long after the files were written. */
async function lookUp({ isLater = false, laterMs = 60_000, context = '' }: How = {}): Promise<Lookup> {
  const digests = openFileDigests({ cacheFolder: cache, now: () => Date.now() + laterMs })
  const listing = await walkContext(join(folder, context))
  const looked = new Set<string>()
  const watched: FileDigests = {
    ...digests,
    in(at) {
      const own = digests.in(at)
      return {
        ...own,
        known(file) {
          looked.add(file.path)
          return own.known(file)
        },
      }
    },
  }
  if (context === '') watched.in(folder).saw(listing.files)
  const others = [join(folder, 'Dockerfile')]
  const stamp = listing.stampBelow('')
  const roots = [...listing.files.paths()].filter((path) => /^(?:lib|src|a|b)$/.test(path))
  const tree: InputTree = { listing, roots, others, stamp }
  const digester = createInputDigester({ folder, digests: watched, signal })
  const digest = isLater ? await (await digester.later([], tree))() : await digester.of([], tree)
  await digests.save()
  return { digest: digest ?? '', looked: [...looked].sort() }
}

test('a digest is the same when it is wanted later, and once it was noted', async () => {
  const first = await lookUp({ isLater: true })
  expect(first.looked).toContain('lib/b/c/1')
  expect(await lookUp()).toEqual({ digest: first.digest, looked: [] })
  rmSync(cache, { recursive: true })
  expect((await lookUp()).digest).toBe(first.digest)
})

test('of a changed file its folder is looked into, and no other', async () => {
  const { digest } = await lookUp()
  write('lib/a/1', 'changed')
  const changed = await lookUp()
  expect(changed.looked).toEqual(['Dockerfile', 'lib/a/1', 'lib/a/2'])
  expect(changed.digest).not.toBe(digest)
  rmSync(cache, { recursive: true })
  expect((await lookUp()).digest).toBe(changed.digest)
})

test.each<[string, boolean, () => void]>([
  ['a file that comes', true, () => write('lib/b/new')],
  ['an empty folder that comes', true, () => mkdirSync(join(folder, 'src/empty'))],
  ['another mode of a file', true, () => chmodSync(join(folder, 'src/1'), 0o755)],
  ['another mode of a folder', true, () => chmodSync(join(folder, 'lib/b'), 0o700)],
  ['another mode of a root', true, () => chmodSync(join(folder, 'src'), 0o700)],
  ['another Dockerfile', true, () => write('Dockerfile', 'FROM scratch')],
  ['a file beside the roots', false, () => write('other/1', 'changed')],
  ['the same bytes, written again', false, () => write('src/1')],
])('%s changes the digest: %s', async (_, isChange, act) => {
  const { digest } = await lookUp()
  act()
  expect((await lookUp()).digest !== digest).toBe(isChange)
})

test('what a link leads to counts, though the folder of the link stays what it was', async () => {
  symlinkSync('../other/1', join(folder, 'src/link'))
  const { digest } = await lookUp()
  write('other/1', 'changed')
  expect((await lookUp()).digest).not.toBe(digest)
})

test.each(['', 'lib'])('of files that may be written to unnoticed no folder is noted: context %j', async (context) => {
  await lookUp({ laterMs: -60_000, context })
  const { looked } = await lookUp({ laterMs: -60_000, context })
  expect(looked).toContain('lib/a/1')
  await lookUp({ context })
  expect((await lookUp({ context })).looked).toEqual([])
})
