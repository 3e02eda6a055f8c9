import { describe, expect, test } from 'vitest'
import { parseDockerfile } from '../dockerfile/index.ts'
import { compileGlob } from './glob.ts'
import { dockerfileDestinations, planInferred, planManual } from './index.ts'

describe('patterns', () => {
  test.each([
    ['*.py', 'app.py', true],
    ['*.py', 'src/app.py', false],
    ['**/*.py', 'app.py', true],
    ['**/*.py', 'src/deep/app.py', true],
    ['src/**', 'src/deep/app.py', true],
    ['src/**', 'other/app.py', false],
    ['./src/?.js', 'src/a.js', true],
    ['src/[!a].js', 'src/a.js', false],
    ['src/[b-a].js', 'src/a.js', false],
    ['src/[^b-a].js', 'src/a.js', true],
    ['*.{js,ts}', 'a.ts', true],
    ['*.{js,ts}', 'a.tsx', false],
    ['a.b', 'axb', false],
    ['a+b(c).txt', 'a+b(c).txt', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(compileGlob(pattern)(path)).toBe(expected)
  })
})

describe('rules of the user', () => {
  const rules = [
    { src: 'static/**', dest: '/var/www', strip: 'static/' },
    { src: '*.py', dest: '.' },
    { src: '**/*.html', dest: 'templates' },
  ]

  test.each([
    ['a file keeps its path below the destination', ['app.py'], [], [['app.py', 'app.py']], []],
    ['less what is stripped', ['static/css/a.css'], [], [['static/css/a.css', '/var/www/css/a.css']], []],
    [
      'every rule that matches counts',
      ['static/a.html'],
      [],
      [
        ['static/a.html', '/var/www/a.html'],
        ['static/a.html', 'templates/static/a.html'],
      ],
      [],
    ],
    ['deletions go the same way', [], ['static/old.css'], [], ['/var/www/old.css']],
  ])('%s', (_, written, deleted, copies, deletions) => {
    expect(planManual(rules, { written, deleted })).toEqual({
      copies: copies.map(([source, destination]) => ({ source, destination })),
      deletions,
    })
  })

  test.each([
    ['one file matches nothing', ['app.py', 'go.mod'], []],
    ['a deleted file matches nothing', [], ['go.mod']],
    ['nothing changed', [], []],
  ])('an image is built when %s', (_, written, deleted) => {
    expect(planManual(rules, { written, deleted })).toBeUndefined()
  })
})

describe('places that a Dockerfile says', () => {
  const linux = { os: 'linux', architecture: 'amd64' }

  function places(dockerfile: string, path: string, target?: string): readonly string[] {
    const wanted = {
      platform: linux,
      buildPlatform: linux,
      buildArgs: { DIR: '/given' },
      ...(target === undefined ? {} : { target }),
    }
    return dockerfileDestinations(parseDockerfile(dockerfile, 'Dockerfile'), wanted)(path)
  }

  test.each([
    ['the whole context', 'COPY . /app', 'src/a.js', ['/app/src/a.js']],
    ['a folder’s content', 'COPY src /app', 'src/deep/a.js', ['/app/deep/a.js']],
    ['another folder', 'COPY src /app', 'srcs/a.js', []],
    ['a file to a name', 'COPY a.js /b.js', 'a.js', ['/b.js']],
    ['a file into a folder', 'COPY a.js /app/', 'a.js', ['/app/a.js']],
    ['several files', 'COPY a.js b.js /app', 'b.js', ['/app/b.js']],
    ['a pattern', 'COPY *.js /app/', 'a.js', ['/app/a.js']],
    ['a folder that a pattern names', 'COPY s* /app/', 'src/a.js', ['/app/a.js']],
    ['below WORKDIR', 'WORKDIR /w\nWORKDIR x\nCOPY a.js .', 'a.js', ['/w/x/a.js']],
    ['below the image’s own folder', 'COPY a.js lib/', 'a.js', ['lib/a.js']],
    ['with variables', 'ARG DIR=/default\nCOPY . ${DIR}', 'a.js', ['/given/a.js']],
    ['from another stage', 'COPY --from=x a.js /app/', 'a.js', []],
    ['an archive that ADD unpacks', 'ADD . /app', 'a.tar.gz', []],
    ['a file that ADD copies', 'ADD . /app', 'a.js', ['/app/a.js']],
    ['twice', 'COPY . /a\nCOPY src /b', 'src/x', ['/a/src/x', '/b/x']],
  ])('%s', (_, lines, path, expected) => {
    expect(places(`FROM scratch AS x\nFROM alpine\n${lines}\n`, path)).toEqual(expected)
  })

  test('stages that the last one is built from count, others do not', () => {
    const text =
      'FROM alpine AS base\nWORKDIR /w\nCOPY lib lib\nFROM alpine AS other\nCOPY . /no\nFROM base\nCOPY src .\n'
    expect(places(text, 'lib/a')).toEqual(['/w/lib/a'])
    expect(places(text, 'src/a')).toEqual(['/w/a'])
    expect(places(text, 'src/a', 'other')).toEqual(['/no/src/a'])
  })

  test('only files of the patterns are copied, and deletions are for a build', () => {
    const where = (path: string): readonly string[] => (path === 'unknown.js' ? [] : [`/app/${path}`])
    const plan = (written: readonly string[], deleted: readonly string[] = []): unknown =>
      planInferred(['*.js'], { written, deleted }, where)
    expect(plan(['a.js'])).toEqual({ copies: [{ source: 'a.js', destination: '/app/a.js' }], deletions: [] })
    for (const none of [plan(['a.ts']), plan(['unknown.js']), plan(['a.js'], ['b.js']), plan([])]) {
      expect(none).toBeUndefined()
    }
  })
})
