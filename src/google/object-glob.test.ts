import fc from 'fast-check'
import { expect, test } from 'vitest'
import { literalPrefix, localPaths, matchesObject } from './object-glob.ts'

test.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/bc', false],
  ['a/*', 'a/b', true],
  ['a/*', 'a/b/c', false],
  ['a/**', 'a/b/c', true],
  ['a/b?', 'a/bc', true],
  ['a/?', 'a//', false],
  ['a/[bc]x', 'a/cx', true],
  ['a/[!b]', 'a/b', false],
  ['[,-*]', '+', false],
  ['a[!z-a]', 'am', true],
  ['{a,b.}/c', 'b./c', true],
  ['a.c', 'abc', false],
  ['a+(b)|^$', 'a+(b)|^$', true],
])('%s matches %s: %s', (pattern, name, is) => {
  expect(matchesObject(pattern)(name)).toBe(is)
})

const names = ['a/b/d/sub1/file1', 'a/c/d/sub2/sub3/file2', 'a/e/d2/file2', 'a/file3', 'a/folder/', 'top']

// what gsutil does, as Skaffold's own tests have it
test.each([
  ['top', { top: 'top' }],
  ['', Object.fromEntries(names.filter((name) => !name.endsWith('/')).map((name) => [name, name]))],
  [
    'a/*/d*',
    { 'a/b/d/sub1/file1': 'd/sub1/file1', 'a/c/d/sub2/sub3/file2': 'd/sub2/sub3/file2', 'a/e/d2/file2': 'd2/file2' },
  ],
  ['a/b', { 'a/b/d/sub1/file1': 'b/d/sub1/file1' }],
  ['a/b/', { 'a/b/d/sub1/file1': 'b/d/sub1/file1' }],
  ['a/b/*', { 'a/b/d/sub1/file1': 'd/sub1/file1' }],
  ['a/*3', { 'a/file3': 'file3' }],
  [
    'a/**',
    { 'a/b/d/sub1/file1': 'file1', 'a/c/d/sub2/sub3/file2': 'file2', 'a/e/d2/file2': 'file2', 'a/file3': 'file3' },
  ],
  ['none', {}],
])('%s copies %j', (pattern, paths) => {
  expect(Object.fromEntries(localPaths(names, pattern))).toEqual(paths)
})

const text = fc.stringMatching(/^[ab/.*?[\]{},!-]{0,8}$/)

test('a pattern without wildcards matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab/.,!+(^-]{0,8}$/), text, (pattern, name) => {
      expect(matchesObject(pattern)(name)).toBe(name === pattern)
    }),
  )
})

test('what matches begins with the literal part of the pattern', () => {
  fc.assert(
    fc.property(text, text, (pattern, name) => {
      expect(!matchesObject(pattern)(name) || name.startsWith(literalPrefix(pattern))).toBe(true)
    }),
  )
})

test('no pattern is a mistake of ours', () => {
  fc.assert(
    fc.property(text, text, (pattern, name) => {
      expect(typeof matchesObject(pattern)(name)).toBe('boolean')
    }),
  )
})
