import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classExpression, hasCharacter, readCharacterClass } from './character-class.ts'

test.each([
  ['a-c', 'b', true],
  ['a-c', '-', false],
  ['c-a', 'b', false],
  ['!c-a', 'b', true],
  ['!a', 'b', true],
  ['^a', 'a', true],
  ['-a', '-', true],
  ['a-', '-', true],
  [',-*', '+', false],
  ['', 'a', false],
  ['!', 'a', true],
])('[%s] has %s: %s', (inside, character, has) => {
  expect(hasCharacter(readCharacterClass(inside, '!'), character)).toBe(has)
})

test('the expression matches what the class has, slashes left out', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('a-z]^![\\/☺,*')), maxLength: 6 })
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), (inside, grapheme) => {
      const [character = ''] = Array.from(grapheme)
      const found = readCharacterClass(inside, '!')
      const expression = new RegExp(`^${classExpression(found)}$`, 'u')
      expect(expression.test(character)).toBe(character !== '/' && hasCharacter(found, character))
    }),
  )
})
