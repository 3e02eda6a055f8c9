import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expandGlobs, listContext, listFiles, parseIgnoreFile } from './index.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-context-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    if (path.endsWith('/')) mkdirSync(join(folder, path), { recursive: true })
    else writeFileSync(join(folder, path), path)
  }
}

async function list(ignore?: string): Promise<string[]> {
  const files = await listContext(folder, ignore === undefined ? {} : { ignore: parseIgnoreFile(ignore) })
  return files.map(({ path }) => path)
}

describe('a build context', () => {
  test('is listed by code unit, directories and hidden files too', async () => {
    write('b', 'a/c', 'a.b', '.hidden/x', 'empty/', 'Z')
    expect(await list()).toEqual(['.hidden', '.hidden/x', 'Z', 'a', 'a.b', 'a/c', 'b', 'empty'])
  })

  test('has ignored folders when something in them is not ignored, once each', async () => {
    write('a/b/c/keep', 'a/b/keep', 'a/x', 'd/y', 'top')
    expect(await list('**\n!**/keep')).toEqual(['a', 'a/b', 'a/b/c', 'a/b/c/keep', 'a/b/keep'])
  })

  test('has what there is to know about files', async () => {
    write('dir/file')
    chmodSync(join(folder, 'dir/file'), 0o4750)
    chmodSync(join(folder, 'dir'), 0o1777)
    utimesSync(join(folder, 'dir/file'), 100, 200.5)
    symlinkSync('../nowhere', join(folder, 'dir/link'))
    symlinkSync('dir', join(folder, 'to-dir'))
    expect(await listContext(folder)).toEqual([
      expect.objectContaining({ path: 'dir', kind: 'directory', mode: 0o1777 }),
      expect.objectContaining({
        path: 'dir/file',
        absolutePath: join(folder, 'dir/file'),
        kind: 'file',
        mode: 0o4750,
        sizeBytes: 8,
        mtimeMs: 200_500,
        linkCount: 1,
      }),
      expect.objectContaining({ path: 'dir/link', kind: 'symlink', linkTarget: '../nowhere' }),
      expect.objectContaining({ path: 'to-dir', kind: 'symlink', linkTarget: 'dir' }),
    ])
  })

  test('has sockets as something else', async () => {
    const server = createServer().listen(join(folder, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    expect(await listContext(folder)).toMatchObject([{ path: 'socket', kind: 'other' }])
    await new Promise((resolve) => server.close(resolve))
  })

  test.each([
    ['what is ignored', '*.log\nnode_modules', ['a', 'a/x']],
    ['an ignored folder without its content', 'a', ['node_modules', 'node_modules/y', 'z.log']],
    ['an ignored folder with what is an exception in it', '*\n!a/x', ['a', 'a/x']],
    ['no ignored folder in which nothing is an exception', '*\n!a/none', []],
  ])('leaves out %s', async (_, ignore, expected) => {
    write('a/x', 'z.log', 'node_modules/y')
    expect(await list(ignore)).toEqual(expected)
  })

  test('with many files is listed whole', async () => {
    const paths = Array.from({ length: 1203 }, (_, index) => `d${index % 7}/f${index}`)
    write(...paths)
    expect((await list()).filter((path) => path.includes('/')).sort()).toEqual(paths.sort())
  })

  test('that is not there is an error', async () => {
    await expect(listContext(join(folder, 'none'))).rejects.toMatchObject({ code: 'WORKSPACE_MISSING' })
    write('file')
    await expect(listContext(join(folder, 'file'))).rejects.toMatchObject({ code: 'WORKSPACE_MISSING' })
  })

  test('is not listed to the end when nobody wants it any more', async () => {
    write('a', 'b')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(listContext(folder, { signal })).rejects.toThrow('enough')
  })

  test.runIf(process.platform === 'linux')(
    'with a name that is no text is an error, unless it is ignored',
    async () => {
      write('ok')
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.of(0xff)]), '')
      await expect(list()).rejects.toMatchObject({ code: 'WORKSPACE_NAME_INVALID' })
      expect(await list('bad-*')).toEqual(['ok'])
    },
  )

  test('with a folder that cannot be read is an error, unless it is ignored', async () => {
    write('closed/x')
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'closed'), 0o000)
    await asNobody(async () => {
      await expect(list()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
      expect(await list('closed')).toEqual([])
      expect(await list('*\n!**/y')).toEqual([])
    })
    chmodSync(join(folder, 'closed'), 0o755)
  })
})

/** Root may read everything, so it has to be somebody else for a while. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await run()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('globs', () => {
  beforeEach(() => {
    write('k8s/a.yaml', 'k8s/b.yml', 'k8s/c.json', 'k8s/README.md', 'k8s/.hidden.yaml')
    write('k8s/deep/d.yaml', 'k8s/deep/er/e.yaml', 'k8s/x[1].yaml', 'other.yaml', 'k8s/empty/')
  })

  test.each<[string[], string]>([
    [['k8s/*.yaml'], 'k8s/.hidden.yaml k8s/a.yaml k8s/x[1].yaml'],
    [['k8s/?.y*ml'], 'k8s/a.yaml k8s/b.yml'],
    [['k8s/[a-b].*'], 'k8s/a.yaml k8s/b.yml'],
    [['k8s/[^a].yml'], 'k8s/b.yml'],
    [['*/*.json'], 'k8s/c.json'],
    [['**/*.yaml'], 'k8s/.hidden.yaml k8s/a.yaml k8s/deep/d.yaml k8s/deep/er/e.yaml k8s/x[1].yaml other.yaml'],
    [['k8s/**/e.yaml'], 'k8s/deep/er/e.yaml'],
    [['k8s/**/a.yaml'], 'k8s/a.yaml'],
    [['k8s/**'], 'k8s/.hidden.yaml k8s/a.yaml k8s/b.yml k8s/c.json k8s/deep/d.yaml k8s/deep/er/e.yaml k8s/x[1].yaml'],
    [['k8s/dee*'], 'k8s/deep/d.yaml k8s/deep/er/e.yaml'],
    [['k8s/deep'], 'k8s/deep/d.yaml k8s/deep/er/e.yaml'],
    [['./k8s/../other.yaml'], 'other.yaml'],
    [['k8s/x[1].yaml'], 'k8s/x[1].yaml'],
    [['k8s/x\\[1].yaml'], 'k8s/x[1].yaml'],
    [['k8s/README.md'], 'k8s/README.md'],
    [['other.yaml', 'k8s/a.yaml', '*.yaml', 'k8s/a.*'], 'other.yaml k8s/a.yaml'],
  ])('%j match %s', async (patterns, expected) => {
    const found = await expandGlobs(folder, patterns)
    expect(found).toEqual(expected.split(' ').map((path) => join(folder, path)))
  })

  test.each([
    ['k8s/*.txt', 'no file in'],
    ['none.yaml', 'there is no file'],
    ['none/*.yaml', 'no file in'],
    ['k8s/*.md', 'no file in'],
    ['k8s/empty', 'there is no file'],
    ['other.yaml/*', 'no file in'],
    ['k8s/[', 'not valid'],
  ])('%s matches nothing, which is an error', async (pattern, message) => {
    const error: unknown = await expandGlobs(folder, [pattern]).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'WORKSPACE_NO_MATCH', message: expect.stringContaining(message) as unknown })
  })

  test('may match nothing, and any kind of file, when the caller says so', async () => {
    expect(await expandGlobs(folder, ['*.txt'], { whenNone: 'nothing' })).toEqual([])
    expect(await expandGlobs(folder, ['k8s/*.md'], { extensions: 'any' })).toEqual([join(folder, 'k8s/README.md')])
  })

  test('may be absolute', async () => {
    expect(await expandGlobs(join(folder, 'k8s/empty'), [join(folder, '*.yaml')])).toEqual([join(folder, 'other.yaml')])
  })

  test('follow links to files and not, below a match, to folders', async () => {
    symlinkSync('../other.yaml', join(folder, 'k8s/deep/link.yaml'))
    symlinkSync('..', join(folder, 'k8s/deep/er/up'))
    const found = await expandGlobs(folder, ['k8s/deep/**'])
    expect(found.map((path) => path.slice(folder.length + 1))).toEqual([
      'k8s/deep/d.yaml',
      'k8s/deep/er/e.yaml',
      'k8s/deep/link.yaml',
    ])
  })
})

describe('files that a script depends on', () => {
  beforeEach(() => {
    write('app/main.go', 'app/lib/a.go', 'app/lib/a_test.go', 'app/vendor/v.go', 'app/go.mod', 'shared/s.go')
  })

  test.each<[string[], string[], string]>([
    [['.'], [], '. go.mod lib lib/a.go lib/a_test.go main.go vendor vendor/v.go'],
    [['.'], ['vendor', '**/*_test.go'], '. go.mod lib lib/a.go main.go'],
    [['*.go'], [], '. main.go'],
    [['**/*.go'], ['vendor/**'], '. lib lib/a.go lib/a_test.go main.go'],
    [['lib'], [], '. lib lib/a.go lib/a_test.go'],
    [['lib/', 'go.mod'], ['lib/a.go'], '. go.mod lib lib/a_test.go'],
    [['../shared/*.go'], [], '../shared ../shared/s.go'],
    [['vendor/*.go'], ['vendor'], ''],
  ])('by %j without %j are %s', async (paths, ignore, expected) => {
    const found = await listFiles(join(folder, 'app'), { paths, ignore })
    const wanted = expected === '' ? [] : expected.split(' ').map((path) => join(folder, 'app', path))
    expect(new Set(found)).toEqual(new Set(wanted))
    expect(found.toSorted()).toEqual(found)
  })

  test('are an error when a pattern matches none', async () => {
    const listing = listFiles(join(folder, 'app'), { paths: ['*.go', '*.rs'] })
    await expect(listing).rejects.toMatchObject({ code: 'WORKSPACE_NO_MATCH' })
  })
})
