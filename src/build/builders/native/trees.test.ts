import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesContent } from './contents.ts'
import { copyFiles } from './copy-files.ts'
import { baseOf, cleanPath, emptyTree, joinPath, parentsOf, treeOf, type FileNode, type FileTree } from './file-tree.ts'
import { createLayerMaker } from './layers.ts'
import { createCopies } from './copies.ts'
import { isMalformed, matchSources } from './match-sources.ts'
import { createOverlay } from './overlay.ts'
import { resolvePath } from './resolve-path.ts'

const plain = { uid: 0, gid: 0, mtimeSeconds: 0 }
const directory: FileNode = { ...plain, kind: 'directory', mode: 0o755 }

function file(text = 'x'): FileNode {
  return { ...plain, kind: 'file', mode: 0o644, content: bytesContent(new TextEncoder().encode(text)) }
}

function link(linkTarget: string): FileNode {
  return { ...plain, kind: 'symlink', mode: 0o777, linkTarget }
}

describe('an overlay', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const step = fc.record({ path, what: fc.constantFrom('file', 'directory', 'graft'), isNewLayer: fc.boolean() })
  const source = treeOf([
    ['s/b', file('in a graft')],
    ['s/c/a', file('deep in a graft')],
  ])
  const by = { source, copies: createCopies() }

  function below(at: string): readonly [string, FileNode][] {
    return ['b', 'c', 'c/a'].map((path) => [
      joinPath(at, path).replace(/\/$/, ''),
      source.get(joinPath('s', path).replace(/\/$/, '')) ?? directory,
    ])
  }

  /** The same with one flat map. */
  function setIn(model: Map<string, FileNode>, at: string, node: FileNode): void {
    if (node.kind !== 'directory') for (const key of model.keys()) if (key.startsWith(`${at}/`)) model.delete(key)
    model.set(at, node)
  }

  test('shows what a plain file system would, however many lie over each other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const model = new Map<string, FileNode>()
        let tree = createOverlay(emptyTree)
        for (const { path: at, what, isNewLayer } of steps) {
          if (isNewLayer) tree = createOverlay(tree)
          if (parentsOf(at).some((parent) => model.get(parent)?.kind !== 'directory')) continue
          if (what === 'graft') {
            const grafted = tree.graft(at, 's', by) ? below(at) : []
            grafted.forEach(([path, node]) => setIn(model, path, node))
            continue
          }
          const node = what === 'directory' ? directory : file()
          tree.set(at, node)
          setIn(model, at, node)
        }
        expect(walk(tree)).toEqual([...model.keys()].sort())
        for (const [at, node] of model) expect(tree.get(at)).toBe(node)
      }),
    )
  })
})

/** All paths that the lists lead to. */
function walk(tree: FileTree, folder = ''): readonly string[] {
  const found = tree.list(folder).flatMap((name) => [joinPath(folder, name), ...walk(tree, joinPath(folder, name))])
  return folder === '' ? found.sort() : found
}

test('a graft goes where nothing is, and is the same for all who ask for it', () => {
  const source = treeOf([['s/b', file()]])
  const by = { source, copies: createCopies() }
  const below = treeOf([
    ['taken/x', file()],
    ['free', directory],
  ])
  const [one, other] = [createOverlay(below), createOverlay(below)]
  expect(one.graft('taken', 's', by)).toBe(false)
  expect(one.graft('nowhere', 's', by)).toBe(false)
  expect([one, other].map((tree) => tree.graft('free', 's', by))).toEqual([true, true])
  expect(one.graft('free', 's', by)).toBe(false)
  expect(one.grafts()[0]).toBe(other.grafts()[0])
  expect(one.grafted().map(({ path }) => path)).toEqual(['free/b'])
  one.set('free/b', file('new'))
  expect(one.grafted()).toEqual([])
  expect([...one.changes().keys()]).toEqual(['free/b'])
})

describe('links', () => {
  const tree = treeOf([
    ['real/sub/f', file()],
    ['abs', link('/real')],
    ['rel', link('real/sub')],
    ['var/up', link('../real')],
    ['chain', link('abs')],
    ['out', link('../../../real')],
    ['gone', link('nothing/there')],
    ['loop', link('loop2')],
    ['loop2', link('loop')],
  ])

  test.each([
    ['abs/sub', 'real/sub'],
    ['/rel/f', 'real/sub/f'],
    ['var/up/sub', 'real/sub'],
    ['chain', 'real'],
    ['out/sub', 'real/sub'],
    ['gone/x', 'nothing/there/x'],
    ['rel/../f', 'real/f'],
    ['../..', ''],
    ['new/./x//y', 'new/x/y'],
  ])('%s is %s', (path, expected) => {
    expect(resolvePath(tree, path)).toBe(expected)
  })

  test('in circles are an error', () => {
    expect(() => resolvePath(tree, 'loop/x')).toThrow(expect.objectContaining({ code: 'BUILD_COPY_CONFLICT' }))
  })

  test('never lead out, and what is found has none left', () => {
    const target = fc
      .array(fc.constantFrom('..', '.', 'a', 'b', 'c', ''), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
    fc.assert(
      fc.property(target, target, target, fc.constantFrom('a', 'a/b', 'b/../a', 'c/c'), (a, b, c, path) => {
        const linked = treeOf([
          ['a', link(a)],
          ['b', link(b)],
          ['c', link(c)],
        ])
        try {
          const found = resolvePath(linked, path)
          expect(found.split('/')).not.toContain('..')
          expect([...parentsOf(found), found].filter((part) => linked.get(part)?.kind === 'symlink')).toEqual([])
        } catch (error) {
          expect(error).toMatchObject({ code: 'BUILD_COPY_CONFLICT' })
        }
      }),
    )
  })
})

describe('sources', () => {
  const tree = treeOf([
    ['a.txt', file()],
    ['b.md', file()],
    ['sub/c.txt', file()],
    ['sub/d/e.txt', file()],
    ['ln', link('sub')],
    ['[x]', file()],
    ['-', file()],
  ])

  test.each([
    ['a.txt', ['a.txt']],
    ['/a.txt', ['a.txt']],
    ['../a.txt', ['a.txt']],
    ['nope', ['nope']],
    ['.', ['']],
    ['*.txt', ['a.txt']],
    ['*', ['-', '[x]', 'a.txt', 'b.md', 'ln', 'sub']],
    ['*/*.txt', ['sub/c.txt']],
    ['ln/*', ['sub/c.txt', 'sub/d']],
    ['?.*', ['a.txt', 'b.md']],
    ['[ab].*', ['a.txt', 'b.md']],
    ['[^a].*', ['b.md']],
    ['[a-z].md', ['b.md']],
    ['\\[x\\]*', ['[x]']],
    ['[-]', []],
    ['[\\-a]*', ['-', 'a.txt']],
    ['[', []],
    ['a[z-a]*', []],
    ['sub[^x]c*', ['sub/c.txt']],
    ['sub[+-9]d[/]e*', ['sub/d/e.txt']],
    ['nope/*', undefined],
    ['nope*', []],
  ])('%s', (source, expected) => {
    expect(matchSources(tree, source)).toEqual(expected)
  })

  test.each([
    ['a\\[', false],
    ['[', true],
    ['a/[-b]', true],
    ['[z-a]', false],
    ['plain', false],
  ])('%s is a bad pattern: %s', (source, expected) => {
    expect(isMalformed(source, false)).toBe(expected)
  })
})

describe('copies', () => {
  test.each<[string, string, string, string[]]>([
    ['a file to a path', 'f', '/x', ['x']],
    ['a file into a folder with a slash', 'f', '/x/', ['x', 'x/f']],
    ['a file into a folder that is there', 'f', '/old', ['old', 'old/f', 'old/k']],
    ['a folder over one that is there', 'd', '/old', ['old', 'old/g', 'old/k']],
    ['a folder to a new path', 'd', '/new/x', ['new', 'new/x', 'new/x/g']],
    ['a folder into a link to a folder', 'd', '/ln', ['ln', 'old', 'old/g', 'old/k']],
    ['a file over a link to a file', 'f', '/lf', ['lf', 'old', 'old/k']],
    ['a file over a link to nothing', 'f', '/lost', ['lost', 'nowhere']],
    ['into the root', 'd', '/', ['g']],
  ])('%s', (_, path, destination, expected) => {
    const source = treeOf([
      ['f', file('new')],
      ['d/g', file()],
    ])
    const tree = createOverlay(
      treeOf([
        ['old/k', file('old')],
        ['ln', link('old')],
        ['lf', link('old/k')],
        ['lost', link('nowhere')],
      ]),
    )
    copyFiles(tree, { source, path, destination }, { mtimeSeconds: 0 })
    const kept = new Set(expected.map((one) => one.split('/')[0]))
    expect(walk(tree).filter((one) => kept.has(one.split('/')[0]))).toEqual(expected)
  })
})

describe('layers', () => {
  let workFolder: string
  beforeAll(async () => {
    workFolder = await mkdtemp(join(tmpdir(), 'layers-'))
  })
  afterAll(async () => rm(workFolder, { recursive: true }))

  async function digestOfCopy(nodes: readonly (readonly [string, FileNode])[]): Promise<string | undefined> {
    const overlay = createOverlay(emptyTree)
    copyFiles(overlay, { source: treeOf(nodes), path: '', destination: '/app/' }, { mtimeSeconds: 0 })
    const made = await createLayerMaker(workFolder).make(
      { before: emptyTree, after: overlay },
      new AbortController().signal,
    )
    return made?.layer.descriptor.digest
  }

  test('do not depend on the order in which directories list their entries', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9._é-]{1,5}$/).filter((text) => cleanPath(text) === text && text !== '')
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 12 })
    const shuffled = paths.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, async ([first, second]) => {
        fc.pre(!first.some((one) => first.some((other) => other.startsWith(`${one}/`))))
        const nodes = (list: readonly string[]): [string, FileNode][] => list.map((one) => [one, file(baseOf(one))])
        expect(await digestOfCopy(nodes(first))).toBe(await digestOfCopy(nodes(second)))
      }),
      { numRuns: 30 },
    )
  })
})
