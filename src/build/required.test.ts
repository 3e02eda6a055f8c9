import { expect, test } from 'vitest'
import type { Artifact } from '../config/index.ts'
import { checkRequired, withDependants, withRequired } from './required.ts'

function artifact(image: string, ...requires: readonly string[]): Artifact {
  return {
    image,
    context: '.',
    builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} },
    requires: requires.map((one) => ({ image: one, alias: one.toUpperCase() })),
  }
}

test.each([
  ['nothing', [artifact('a')], undefined],
  ['a chain, in any order', [artifact('c', 'b'), artifact('a'), artifact('b', 'a')], undefined],
  ['a diamond', [artifact('d', 'b', 'c'), artifact('b', 'a'), artifact('c', 'a'), artifact('a')], undefined],
  ['something that is not there', [artifact('a', 'x')], /^a requires x, and no artifact has that name$/],
  ['itself', [artifact('a', 'a')], /in a circle: a → a$/],
  ['a circle', [artifact('a', 'b'), artifact('b', 'c'), artifact('c', 'a')], /a → b → c → a$/],
])('artifacts that require %s', (_, artifacts, message) => {
  const check = (): void => checkRequired(artifacts)
  if (message === undefined) return expect(check).not.toThrow()
  return expect(check).toThrow(
    expect.objectContaining({
      code: 'BUILD_DEPENDENCY_INVALID',
      message: expect.stringMatching(message) as string,
    }),
  )
})

test('what is chosen comes with all that it requires, in the order of the file', () => {
  const all = [artifact('c', 'b'), artifact('x'), artifact('b', 'a'), artifact('a')]
  const images = (chosen: readonly string[]): readonly string[] =>
    withRequired(
      all.filter(({ image }) => chosen.includes(image)),
      all,
    ).map(({ image }) => image)
  expect(images(['c'])).toEqual(['c', 'b', 'a'])
  expect(images(['x'])).toEqual(['x'])
  expect(images([])).toEqual([])
})

test('what changes makes all that requires it change', () => {
  const all = [artifact('c', 'b'), artifact('x'), artifact('b', 'a'), artifact('a')]
  const images = (chosen: readonly string[]): readonly string[] =>
    withDependants(
      all.filter(({ image }) => chosen.includes(image)),
      all,
    ).map(({ image }) => image)
  expect(images(['a'])).toEqual(['c', 'b', 'a'])
  expect(images(['b', 'x'])).toEqual(['c', 'x', 'b'])
  expect(images(['c'])).toEqual(['c'])
})
