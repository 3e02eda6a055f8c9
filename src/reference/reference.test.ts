import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { formatFamiliar, formatReference, parseReference, rewriteImage, withDigest, withTag } from './index.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('parsing', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine'],
    ['alpine:3', 'docker.io/library/alpine:3'],
    ['team/app', 'docker.io/team/app'],
    ['index.docker.io/team/app', 'docker.io/team/app'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b:c'],
    ['[::1]:5000/a/b:c', '[::1]:5000/a/b:c'],
    ['[fd00::1]/a', '[fd00::1]/a'],
    ['gcr.io/some/registry', 'gcr.io/some/registry'],
    ['Registry/app', 'Registry/app'],
    [`app@${digest}`, `docker.io/library/app@${digest}`],
    [`reg.io:443/a/b:t@${digest}`, `reg.io:443/a/b:t@${digest}`],
    ['a__b/c-d---e/f.g', 'docker.io/a__b/c-d---e/f.g'],
  ])('%s is %s', (text, canonical) => {
    expect(formatReference(parseReference(text))).toBe(canonical)
  })

  test.each([
    '',
    'App',
    'reg.io/App',
    'app:',
    'app:-tag',
    'app@sha256:abc',
    `app@sha1:${'a'.repeat(40)}`,
    'a//b',
    '/a',
    'a/',
    'reg.io:port/a',
    'a b',
    '-a',
    'a___b',
    `reg.io/${'a'.repeat(260)}`,
    `app:${'t'.repeat(129)}`,
    '!!invalid!!',
  ])('"%s" is refused', (text) => {
    expect(() => parseReference(text)).toThrow(`invalid image reference "${text}"`)
  })

  test('what is printed parses back, and any text parses or is refused with its code', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?$/)
    const valid = fc.record({
      registry: fc.constantFrom('docker.io', 'localhost:5000', 'reg.example.com', '[::1]:5000'),
      repository: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
      digest: fc.constant(digest),
    })
    fc.assert(
      fc.property(valid, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference)
      }),
    )
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseReference(formatReference(parseReference(text)))).toEqual(parseReference(text))
        } catch (error) {
          expect(isToolError(error, 'REFERENCE_INVALID')).toBe(true)
        }
      }),
    )
  })
})

test('the familiar name leaves out what Docker Hub implies', () => {
  expect(formatFamiliar(parseReference('docker.io/library/alpine:3'))).toBe('alpine:3')
  expect(formatFamiliar(parseReference('team/app'))).toBe('team/app')
  expect(formatFamiliar(parseReference('reg.io/library/app'))).toBe('reg.io/library/app')
})

test('tag and digest are replaced', () => {
  const reference = parseReference(`reg.io/a:t@${digest}`)
  expect(formatReference(withTag(reference, 'u'))).toBe('reg.io/a:u')
  expect(formatReference(withDigest(parseReference('reg.io/a:t'), digest))).toBe(`reg.io/a:t@${digest}`)
})

describe('the default repo', () => {
  test.each([
    ['gcr.io/some/registry', 'gcr.io/default', 'gcr.io/default/gcr.io/some/registry', false],
    ['gcr.io/some/registry', undefined, 'gcr.io/some/registry', false],
    ['gcr.io/some/registry', '', 'gcr.io/some/registry', false],
    [
      'gcr.io/default/example/registry',
      'gcr.io/default/repository',
      'gcr.io/default/repository/example/registry',
      false,
    ],
    ['gcr.io/default/registry', 'gcr.io/default', 'gcr.io/default/registry', false],
    [
      'gcr.io/some/registry',
      'aws_account_id.dkr.ecr.region.amazonaws.com',
      'aws_account_id.dkr.ecr.region.amazonaws.com/gcr_io_some_registry',
      false,
    ],
    ['gcr.io/some/registry', 'aws.amazonaws.com', 'aws.amazonaws.com/gcr.io/some/registry', true],
    ['ko://example.com/cmd/App', 'myrepo', 'myrepo/example_com_cmd_app', false],
    [`img:tag@${digest}`, 'reg.io/team', `reg.io/team/img:tag@${digest}`, false],
    ['skaffold-example', '127.0.0.1:5000', '127.0.0.1:5000/skaffold-example', false],
    ['a/b_c', 'reg.io/', 'reg.io/a_b_c', false],
    [
      'europe-docker.pkg.dev/my-project/app',
      'us-docker.pkg.dev/my-project/repo',
      'us-docker.pkg.dev/my-project/repo/europe-docker.pkg.dev/my-project/app',
      false,
    ],
  ])('%s under %s is %s', (image, repo, result, multiLevel) => {
    expect(rewriteImage(image, repo, { multiLevel })).toBe(result)
  })

  test('a long name is cut to 255 characters', () => {
    expect(rewriteImage('a'.repeat(300), 'reg.io/team')).toHaveLength(255)
  })
})
