import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isName, isTag, parseRoute } from './route.ts'

describe('paths', () => {
  test.each([
    ['/v2', { kind: 'base' }],
    ['/v2/', { kind: 'base' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/a/tags/list', { kind: 'tags', name: 'a' }],
    ['/v2/a/b/manifests/latest', { kind: 'manifest', name: 'a/b', reference: 'latest' }],
    ['/v2/a/blobs/sha256%3Aab', { kind: 'blob', name: 'a', digest: 'sha256:ab' }],
    ['/v2/a/referrers/sha256:ab', { kind: 'referrers', name: 'a', digest: 'sha256:ab' }],
    ['/v2/a/blobs/uploads', { kind: 'uploads', name: 'a' }],
    ['/v2/a/blobs/uploads/', { kind: 'uploads', name: 'a' }],
    ['/v2/a/blobs/uploads/id', { kind: 'upload', name: 'a', id: 'id' }],
    ['/v2/blobs/uploads/blobs/uploads/id', { kind: 'upload', name: 'blobs/uploads', id: 'id' }],
    ['/v2/a/manifests/manifests/tags/list', { kind: 'tags', name: 'a/manifests/manifests' }],
    ['/v2/a/tags/list/manifests/list', { kind: 'manifest', name: 'a/tags/list', reference: 'list' }],
    ['/', undefined],
    ['/v1/', undefined],
    ['/v2/a', undefined],
    ['/v2/a/manifests/', undefined],
    ['/v2//manifests/x', undefined],
    ['/v2/%', undefined],
  ])('%s', (path, route) => {
    expect(parseRoute(path)).toEqual(route)
  })

  test('any text is a route or none', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(parseRoute(`/v2/${text}`)?.kind).not.toBe('base')
      }),
    )
  })
})

describe('names', () => {
  test.each(['a', 'a/b', 'a-b', 'a--b', 'a_b', 'a__b', 'a.b', '0/1', 'index.json', 'a'.repeat(255)])('%s', (text) => {
    expect(isName(text)).toBe(true)
  })

  test.each(['', '/', 'A', 'a/', '/a', 'a//b', '-a', 'a-', 'a..b', 'a___b', '..', 'a/../b', '_blobs', 'a'.repeat(256)])(
    '"%s" is none',
    (text) => {
      expect(isName(text)).toBe(false)
    },
  )

  test.each(['a', 'A', '_', 'v1.2-x_y', '0', 'a'.repeat(128)])('tag %s', (text) => {
    expect(isTag(text)).toBe(true)
  })

  test.each(['', '.a', '-a', 'a:b', 'a/b', 'a b', 'a'.repeat(129)])('"%s" is no tag', (text) => {
    expect(isTag(text)).toBe(false)
  })
})
