import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDirectory, aFile, aLink, aRawLayer, gather } from '../../test/support/layers.ts'
import { digestOf } from '../image/index.ts'
import { createLayer, readLayerTree, unpackLayers, type LayerEntry, type LayerTree } from './index.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-union-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** `path` → what is there. */
type Listing = Record<string, string>

async function listTree(tree: LayerTree, at = ''): Promise<Listing> {
  const found: Listing = {}
  for (const entry of tree.list(at)) {
    if (entry.kind === 'directory') {
      found[entry.path] = `directory ${entry.mode.toString(8)}`
      Object.assign(found, await listTree(tree, entry.path))
    } else if (entry.kind === 'symlink') found[entry.path] = `-> ${entry.linkTarget}`
    else found[entry.path] = `${entry.mode.toString(8)} ${(await gather(tree.open(entry.path))).toString()}`
  }
  return found
}

function listDisk(root: string, at = ''): Listing {
  const found: Listing = {}
  for (const name of readdirSync(join(root, at)).sort()) {
    const path = at === '' ? name : `${at}/${name}`
    const stats = lstatSync(join(root, path))
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isDirectory()) Object.assign(found, { [path]: `directory ${mode}` }, listDisk(root, path))
    else if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`
    else found[path] = `${mode} ${readFileSync(join(root, path), 'utf8')}`
  }
  return found
}

async function expectBoth(layers: readonly (readonly LayerEntry[])[], expected: Listing): Promise<void> {
  const raw = await Promise.all(layers.map(async (entries) => aRawLayer(entries)))
  await unpackLayers(raw, folder)
  expect(listDisk(folder)).toEqual(expected)
  expect(await listTree(await readLayerTree(raw))).toEqual(expected)
}

test.each<[string, LayerEntry[][], Listing]>([
  ['a file replaces one below', [[aFile('a', '1')], [aFile('a', '2')]], { a: '644 2' }],
  ['a whiteout removes a file', [[aFile('a'), aFile('b')], [aFile('.wh.a')]], { b: '644 ' }],
  ['a whiteout removes a directory', [[aFile('d/a'), aFile('d/e/b')], [aFile('.wh.d')]], {}],
  ['a whiteout of nothing is nothing', [[aFile('.wh.x'), aFile('d/.wh.x')]], {}],
  ['a whiteout of something of its own layer is nothing', [[aFile('a'), aFile('.wh.a')]], { a: '644 ' }],
  [
    'a whiteout leaves what its own layer puts there, whatever the order',
    [
      [aFile('d/old'), aFile('d/e/old')],
      [aFile('d/e/new'), aFile('.wh.d')],
    ],
    { d: 'directory 755', 'd/e': 'directory 755', 'd/e/new': '644 ' },
  ],
  [
    'an opaque directory hides what is below',
    [
      [aDirectory('d', { mode: 0o700 }), aFile('d/old')],
      [aFile('d/.wh..wh..opq'), aFile('d/new')],
    ],
    { d: 'directory 700', 'd/new': '644 ' },
  ],
  [
    'an opaque directory leaves what its own layer has put there before',
    [[aFile('d/old')], [aFile('d/new'), aFile('d/.wh..wh..opq')]],
    { d: 'directory 755', 'd/new': '644 ' },
  ],
  ["aufs's own files are nothing", [[aFile('.wh..wh.aufs'), aFile('.wh..wh.plnk/1.2')]], {}],
  [
    'a directory over a directory keeps its files and takes the new mode',
    [[aDirectory('d'), aFile('d/a')], [aDirectory('d', { mode: 0o1777 })]],
    { d: 'directory 1777', 'd/a': '644 ' },
  ],
  ['a file over a directory removes it', [[aFile('d/a')], [aFile('d', 'x')]], { d: '644 x' }],
  [
    'a directory over a link replaces it',
    [[aDirectory('t'), aLink('d', 't')], [aDirectory('d')]],
    { d: 'directory 755', t: 'directory 755' },
  ],
  [
    'files go through a link to a directory of a lower layer',
    [[aDirectory('usr/lib'), aLink('lib', 'usr/lib')], [aFile('lib/a', 'x')]],
    { lib: '-> usr/lib', usr: 'directory 755', 'usr/lib': 'directory 755', 'usr/lib/a': '644 x' },
  ],
  [
    'and through absolute ones, whose targets need not be there',
    [[aLink('lib', '/usr/lib')], [aFile('lib/a', 'x')]],
    { lib: '-> /usr/lib', usr: 'directory 755', 'usr/lib': 'directory 755', 'usr/lib/a': '644 x' },
  ],
  [
    'a hard link has the bytes of its file, and keeps them when the file is replaced',
    [[aFile('a', 'old'), aLink('b', 'a', 'hardlink')], [aFile('a', 'new')]],
    { a: '644 new', b: '644 old' },
  ],
  ['a hard link to a link is a link', [[aLink('a', 'x'), aLink('b', 'a', 'hardlink')]], { a: '-> x', b: '-> x' }],
  [
    'a hard link over a file replaces it',
    [[aFile('a', 'x'), aFile('b', 'y'), aLink('b', 'a', 'hardlink')]],
    { a: '644 x', b: '644 x' },
  ],
  ['setuid, setgid and sticky stay', [[aFile('a', '', { mode: 0o6755 })]], { a: '6755 ' }],
])('%s', async (_, layers, expected) => {
  await expectBoth(layers, expected)
})

test('directories without write permission can be filled, and removed again by those who are not root', async () => {
  await unpackLayers([await aRawLayer([aDirectory('d', { mode: 0o555 }), aFile('d/a', 'x')])], folder)
  const mode = process.getuid?.() === 0 ? '555' : '755'
  expect(listDisk(folder)).toEqual({ d: `directory ${mode}`, 'd/a': '644 x' })
})

test('times are set, also those of directories that are filled later', async () => {
  const entries = [
    aDirectory('d', { mtimeSeconds: 1000 }),
    aFile('d/a', 'x', { mtimeSeconds: 2000 }),
    { ...aLink('d/l', 'a'), mtimeSeconds: 3000 },
  ]
  await unpackLayers([await aRawLayer(entries)], folder)
  expect(['d', 'd/a', 'd/l'].map((path) => lstatSync(join(folder, path)).mtimeMs)).toEqual([1e6, 2e6, 3e6])
})

const name = fc.constantFrom('a', 'b', 'c')
const anyPath = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const anyEntry: fc.Arbitrary<LayerEntry> = fc.oneof(
  fc.tuple(anyPath, fc.constantFrom('1', '2', '3')).map(([path, text]) => aFile(path, text)),
  fc.tuple(anyPath, fc.constantFrom(0o755, 0o700, 0o1777)).map(([path, mode]) => aDirectory(path, { mode })),
  fc.tuple(anyPath, fc.constantFrom('a', '/b', '../c', 'b/c', '/c/a')).map(([path, target]) => aLink(path, target)),
  fc.tuple(anyPath, anyPath).map(([path, target]) => aLink(path, target, 'hardlink')),
  anyPath.map((path) => aFile(path.replace(/[^/]+$/, '.wh.$&'))),
  anyPath.map((path) => aFile(`${path}/.wh..wh..opq`)),
)
const anyLayers = fc.array(fc.array(anyEntry, { maxLength: 6 }), { minLength: 1, maxLength: 4 })

test('an unpacked folder and the view of the layers agree about any layers', async () => {
  await fc.assert(
    fc.asyncProperty(anyLayers, async (layers) => {
      rmSync(folder, { recursive: true, force: true })
      const raw = await Promise.all(layers.map(async (entries) => aRawLayer(entries)))
      const [disk, tree] = await Promise.allSettled([unpackLayers(raw, folder), readLayerTree(raw)])
      expect(disk.status).toBe(tree.status)
      if (tree.status === 'fulfilled') expect(await listTree(tree.value)).toEqual(listDisk(folder))
    }),
    { numRuns: 60 },
  )
}, 30_000)

describe('the view of some layers', () => {
  const base = [
    aDirectory('usr/bin', { mode: 0o711, uid: 3, gid: 4, mtimeSeconds: 7 }),
    aFile('usr/bin/busybox', 'ELF', { mode: 0o755 }),
    aLink('usr/bin/sh', 'busybox'),
    aLink('bin', '/usr/bin'),
    aLink('loop', 'loop'),
    aLink('broken', 'no/such/file'),
  ]

  async function view(options: { workFolder?: string; keepContent?: boolean } = {}): Promise<LayerTree> {
    return readLayerTree([await createLayer(base), await createLayer([aFile('app', 'x'.repeat(3_000_000))])], options)
  }

  test.each([
    ['bin/sh', 'usr/bin/busybox'],
    ['/bin/sh', 'usr/bin/busybox'],
    ['bin/new/file', 'usr/bin/new/file'],
    ['bin/../etc', 'usr/etc'],
    ['../../x', 'x'],
    ['broken/x', 'no/such/file/x'],
    ['', ''],
    ['/', ''],
  ])('resolves %s to %s', async (path, resolved) => {
    expect((await view()).resolve(path)).toBe(resolved)
  })

  test('finds circles', async () => {
    const tree = await view()
    expect(() => tree.resolve('loop/x')).toThrow('circles')
    expect(tree.get('loop')?.kind).toBe('symlink')
  })

  test.each([
    ['bin', { kind: 'symlink', linkTarget: '/usr/bin', path: 'bin' }],
    ['bin/sh', { kind: 'symlink', path: 'usr/bin/sh' }],
    ['usr/bin', { kind: 'directory', mode: 0o711, uid: 3, gid: 4, mtimeSeconds: 7 }],
    ['usr', { kind: 'directory', mode: 0o755, isImplicit: true }],
    ['', { kind: 'directory', mode: 0o755 }],
  ])('has %s', async (path, expected) => {
    expect((await view()).get(path)).toMatchObject(expected)
  })

  test('lists directories, through links too, and nothing else', async () => {
    const tree = await view()
    expect(tree.list('').map((entry) => entry.path)).toEqual(['app', 'bin', 'broken', 'loop', 'usr'])
    expect(tree.list('bin').map((entry) => entry.path)).toEqual(['usr/bin/busybox', 'usr/bin/sh'])
    expect(tree.list('app')).toEqual([])
    expect(tree.get('none')).toBeUndefined()
  })

  test.each([
    ['from the layers', false, {}],
    ['from a work folder', true, {}],
    ['from a work folder that is filled at once', true, { keepContent: true }],
  ])('opens files %s', async (_, hasFolder, options) => {
    const tree = await view({ ...options, ...(hasFolder ? { workFolder: folder } : {}) })
    for (let times = 0; times < 2; times += 1) {
      expect((await gather(tree.open('bin/sh'))).toString()).toBe('ELF')
      expect(digestOf(await gather(tree.open('app')))).toBe(digestOf(Buffer.alloc(3_000_000, 'x')))
    }
    expect(readdirSync(folder)).toHaveLength(hasFolder ? 2 : 0)
  })

  test('does not open what is no file', async () => {
    const tree = await view()
    expect(() => tree.open('usr')).toThrow('no file /usr')
    expect(() => tree.open('broken')).toThrow('no file /broken')
  })

  test('knows hard links as one file', async () => {
    const tree = await readLayerTree([await aRawLayer([aFile('a'), aLink('b', 'a', 'hardlink'), aFile('c')])])
    expect(tree.get('b')?.place).toEqual(tree.get('a')?.place)
    expect(tree.get('c')?.place).not.toEqual(tree.get('a')?.place)
  })
})
