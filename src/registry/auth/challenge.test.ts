import { expect, test } from 'vitest'
import { chooseChallenge, parseChallenges } from './challenge.ts'
import { covers } from './scope.ts'

test.each([
  [
    'Bearer realm="https://auth.example.com/token",service="reg",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.example.com/token', service: 'reg', scope: 'repository:a/b:pull,push' },
      },
    ],
  ],
  [
    'bEaReR Realm=https://h/t, SERVICE=reg',
    [{ scheme: 'bearer', parameters: { realm: 'https://h/t', service: 'reg' } }],
  ],
  ['Basic realm="a \\"quoted\\" place"', [{ scheme: 'basic', parameters: { realm: 'a "quoted" place' } }]],
  [
    'Negotiate, Basic realm="x", Bearer realm="y"',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'x' } },
      { scheme: 'bearer', parameters: { realm: 'y' } },
    ],
  ],
  ['', []],
])('%s', (header, challenges) => {
  expect(parseChallenges(header)).toEqual(challenges)
})

test.each([
  ['Basic realm="x", Bearer realm="y"', 'bearer'],
  ['Bearer, Basic realm="x"', 'basic'],
  ['Negotiate', undefined],
])('of %s, %s is answered', (header, scheme) => {
  expect(chooseChallenge(parseChallenges(header))?.scheme).toBe(scheme)
})

test.each([
  [['repository:a:pull,push'], ['repository:a:pull'], true],
  [['repository:a:pull'], ['repository:a:pull,push'], false],
  [['repository:a:pull,push', 'repository:b:pull'], ['repository:b:pull'], true],
  [['repository:a:pull'], ['repository:ab:pull'], false],
  [[], [], true],
])('a token for %j serves for %j: %s', (held, wanted, answer) => {
  expect(covers(held, wanted)).toBe(answer)
})
