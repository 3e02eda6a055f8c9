import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { formatLocation, nameWithin, parseLocation, renamed } from './location.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['app', 'docker.io/library/app', 'latest'],
  ['docker://reg.io/a:1', 'reg.io/a:1', '1'],
  [`reg.io/a:1@${digest}`, `reg.io/a:1@${digest}`, digest],
  ['oci:dir', 'oci:dir', undefined],
  ['oci:/a/b:1.5', 'oci:/a/b:1.5', '1.5'],
  [`oci:dir@${digest}`, `oci:dir@${digest}`, digest],
  ['oci:dir:reg.io/a/b:1', 'oci:dir:reg.io/a/b:1', 'reg.io/a/b:1'],
  [String.raw`oci:C:\images:1`, String.raw`oci:C:\images:1`, '1'],
  ['oci-archive:a.tar', 'oci-archive:a.tar', undefined],
  ['docker-archive:a.tar:app:1', 'docker-archive:a.tar:app:1', 'app:1'],
  ['docker-daemon:app', 'docker-daemon:app:latest', 'app:latest'],
])('%s is %s', (text, whole, name) => {
  const location = parseLocation(text)
  expect(formatLocation(location)).toBe(whole)
  expect(nameWithin(location)).toBe(name)
})

test.each(['oci:', 'oci-archive::1', 'docker-daemon:', 'App'])('"%s" is refused', (text) => {
  expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
})

test.each([
  ['reg.io/a:1', 'v2', 'reg.io/a:v2'],
  ['reg.io/a:1', digest, `reg.io/a@${digest}`],
  ['oci:dir:1', 'v2', 'oci:dir:v2'],
])('%s renamed to %s is %s', (text, name, whole) => {
  expect(formatLocation(renamed(parseLocation(text), name))).toBe(whole)
})

test('what is printed parses back, and any text parses or is refused', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'oci:', 'oci-archive:', 'docker-archive:', 'docker-daemon:'),
      fc.string(),
      (kind, rest) => {
        try {
          const location = parseLocation(kind + rest)
          expect(parseLocation(formatLocation(location))).toEqual(location)
        } catch (error) {
          expect(isToolError(error, 'REFERENCE_INVALID')).toBe(true)
        }
      },
    ),
  )
})
