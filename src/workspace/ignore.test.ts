import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseIgnoreFile, parseIgnorePatterns } from './index.ts'

/** Each path, marked with a `-` when it is ignored. */
function judge(patterns: readonly string[], paths: readonly string[]): string {
  const rules = parseIgnorePatterns(patterns, 'test')
  return paths.map((path) => (rules.isIgnored(path, false) ? `-${path}` : path)).join(' ')
}

describe('a pattern', () => {
  test.each<[string, string]>([
    // names
    ['a', '-a -a/b -a/b/c b ab b/a'],
    ['a/b', 'a -a/b -a/b/c b/a/b'],
    ['/a', '-a -a/b b/a'],
    ['a/', '-a -a/b'],
    ['./a', '-a'],
    ['a//b/../c', 'a/b -a/c'],
    ['  a  ', '-a'],
    // one star stays in its folder, and matches names that begin with a dot
    ['*', '-a -.a -a/b'],
    ['*.log', '-x.log a/x.log x.logs -.log'],
    ['*/x', 'x -a/x a/b/x -a/x/y'],
    ['*/*', 'x -a/x -a/b/x'],
    ['a*b', '-ab -axb a/b'],
    ['a?c', '-abc ac a/c -a☺c'],
    ['.*', '-.git -.git/x a a/.git'],
    // two stars
    ['**', '-a -a/b -.x'],
    ['**/', '-a -a/b'],
    ['**/a', '-a -x/a -x/y/a -x/a/y ba x/ba'],
    ['**a', '-a -ba -x/ba xab'],
    ['a/**', 'a -a/b -a/b/c ab'],
    ['a**', '-a -ab -a/b b'],
    ['a/**/b', '-a/b -a/x/b -a/x/y/b a/xb'],
    ['**/*.go', '-a.go -x/a.go -x/y/.go a.goo'],
    ['**/a/**', 'a -a/b -x/a/b -x/a/b/c x/a'],
    ['**/**', '-a -a/b'],
    ['a**/*.txt', '-a/f.txt -a/d/f.txt -a/d/e/f.txt -ab/f.txt b/f.txt'],
    ['a/*.txt**', '-a/f.txt -a/f.txt.gz a/f'],
    // classes
    ['a[b-d]e', '-ace aae ae'],
    ['a[^b-d]e', '-aze ace'],
    ['a[^b]c', '-a/c abc'],
    ['[a-ζ]*', '-α A'],
    ['a[.]b', '-a.b axb'],
    ['a[\\]]b', '-a]b'],
    ['a[\\-x]b', '-a-b -axb ayb'],
    ['a[x]b]c', '-axb]c'],
    // characters that mean nothing here
    ['a+b', '-a+b aab'],
    ['a(b)c', '-a(b)c abc'],
    ['{a,b}', '-{a,b} a b'],
    ['a.b', '-a.b axb'],
    ['a|b$', '-a|b$ a'],
    ['a*(b)|{c}+$.d', '-ax(b)|{c}+$.d'],
    ['a^b', '-a^b'],
    ['a!b', '-a!b'],
    // a backslash takes the meaning away
    ['a\\*b', '-a*b axb'],
    ['a\\?b', '-a?b axb'],
    ['a\\[b', '-a[b'],
    ['a\\\\b', '-a\\b'],
    ['\\!a', '-!a a'],
    // nothing at all
    ['.', 'a a/b .a'],
    ['/', 'a a/b'],
    ['..', 'a'],
  ])('%j: %s', (pattern, expected) => {
    const paths = expected.split(' ').map((path) => path.replace(/^-/, ''))
    expect(judge([pattern], paths)).toBe(expected)
  })
})

describe('patterns together', () => {
  test.each<[string, string[], string]>([
    ['the last one decides', ['*.go', '!a.go'], '-b.go a.go'],
    ['whatever came before', ['!a.go', '*.go'], '-b.go -a.go'],
    ['an exception in an ignored folder', ['docs', '!docs/README.md'], '-docs -docs/x docs/README.md'],
    ['in all of it', ['docs/*', '!docs/README.md'], 'docs -docs/x docs/README.md'],
    ['an exception for a folder', ['**', '!src'], '-a src src/a src/b/c -b/src'],
    ['ignored again', ['**', '!src', 'src/b'], 'src/a -src/b -src/b/c'],
    ['an exception below any folder', ['**/node_modules', '!**/keep'], '-a/node_modules/x a/node_modules/keep'],
    ['an exception for names with odd characters', ['**', '!dist/*.whl'], 'dist/a-2.4+g0-py3.whl -dist'],
    ['a folder whose parent is an exception stays ignored', ['a/b', '!a'], 'a a/c -a/b -a/b/c'],
    [
      'a repeated pattern behind an exception does nothing for what the folder matched already',
      ['d', '!d/x', 'd'],
      '-d -d/y d/x',
    ],
    ['exceptions with a space behind the mark', ['*', '! a'], '-b a'],
    ['exceptions with a slash in front', ['*', '!/a'], '-b a'],
    ['two marks', ['*', '!!a'], '-b -a !a'],
  ])('%s', (_, patterns, expected) => {
    const paths = expected.split(' ').map((path) => path.replace(/^-/, ''))
    expect(judge(patterns, paths)).toBe(expected)
  })
})

test.each([
  ['comments only in the first column', '#a\n #b\nc', 'a #a b -#b -c'],
  ['empty lines', '\n\n  \na\n', '-a b'],
  ['lines of Windows', 'a\r\nb\r\n', '-a -b c'],
  ['a byte order mark', '\uFEFFa\nb', '-a -b'],
  ['a comment behind a byte order mark', '\uFEFF#a', 'a #a'],
  ['no end of the last line', 'a', '-a'],
])('a file with %s', (_, text, expected) => {
  const rules = parseIgnoreFile(text)
  const paths = expected.split(' ').map((path) => path.replace(/^-/, ''))
  expect(paths.map((path) => (rules.isIgnored(path, false) ? `-${path}` : path)).join(' ')).toBe(expected)
})

test.each([
  '[',
  '[]',
  '[]a]',
  '[^]',
  '[^',
  '[a',
  '[a-',
  '[a-]',
  '[-a]',
  '[x-]',
  'a[',
  '[a-b-c]',
  'a\\',
  '[z-a]',
  '!',
  '! ',
  '!/',
  '![a',
])('the pattern %j is an error that names its line', (pattern) => {
  const parse = (): unknown => parseIgnoreFile(`ok\n${pattern}\n`, 'app/.dockerignore')
  expect(parse).toThrow(expect.objectContaining({ code: 'WORKSPACE_IGNORE_INVALID', where: 'app/.dockerignore:2' }))
})

describe('a folder that is ignored', () => {
  test.each<[string[], string, boolean]>([
    [['a'], 'a', true],
    [['a', '!b'], 'a', true],
    [['a', '!a/b'], 'a', false],
    [['a', '!a/b/c'], 'a/b', false],
    [['a', '!a/b/c'], 'a/x', true],
    [['a', '!a/b/**'], 'a/b', false],
    [['a', '!a/b/*'], 'a/b', false],
    [['a', '!**/b'], 'a', false],
    [['a', '!a'], 'a', false],
    [['a', '!ab'], 'a', true],
  ])('by %j: everything in %s is ignored: %s', (patterns, folder, whole) => {
    expect(parseIgnorePatterns(patterns, 'test').isIgnoredWhole(folder)).toBe(whole)
  })

  const part = fc.constantFrom('a', 'b', 'c', '*', '**', 'a*', '?')
  const pattern = fc
    .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 }))
    // BuildKit does not look into folders for the sake of an exception that ends like this, and neither do we
    .filter(([isException, parts]) => !isException || !/(?:^|\/)\*\/\*\*$/.test(parts.join('/')))
    .map(([isException, parts]) => `${isException ? '!' : ''}${parts.join('/')}`)
  const path = fc.array(fc.constantFrom('a', 'b', 'c', 'ab'), { minLength: 1, maxLength: 4 })

  test('as a whole has nothing in it that is not', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, parts) => {
        const rules = parseIgnorePatterns(patterns, 'test')
        const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'))
        const skipped = folders.some((folder) => rules.isIgnored(folder, true) && rules.isIgnoredWhole(folder))
        expect(!skipped || rules.isIgnored(parts.join('/'), false)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

test('a pattern is understood or refused, and never anything else', () => {
  const character = fc.constantFrom(...Array.from('ab.*?[]^-!\\/(){}|+$# \u00e9\u{1F6A2}'))
  const text = fc.string({ unit: character, maxLength: 12 })
  fc.assert(
    fc.property(text, text, (pattern, path) => {
      try {
        expect(typeof parseIgnoreFile(pattern).isIgnored(path, false)).toBe('boolean')
      } catch (error) {
        expect(error).toMatchObject({ code: 'WORKSPACE_IGNORE_INVALID' })
      }
    }),
    { numRuns: 5000 },
  )
})

test('what was asked before does not change an answer', () => {
  const patterns = ['a', '!a/b', 'a/b/c', '!**/d']
  const paths = ['a/b/c/d', 'a', 'a/b', 'a/b/c', 'a/x', 'd']
  const all = parseIgnorePatterns(patterns, 'test')
  const answers = paths.map((path) => all.isIgnored(path, true))
  expect(paths.map((path) => parseIgnorePatterns(patterns, 'test').isIgnored(path, false))).toEqual(answers)
})
