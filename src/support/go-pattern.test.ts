import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGoPattern, hasWildcards } from './go-pattern.ts'

// from the tests of Go's path package
test.each([
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['a*b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'a', false],
  ['*x', 'xxx', true],
  ['[z-a]', 'm', false],
  ['[^z-a]', 'm', true],
  ['[^b]', '/', true],
  ['*[^b]*c', 'x/c', false],
  ['', '', true],
  ['', 'a', false],
  ['**', 'a', true],
])('%s matches %s: %s', (pattern, text, is) => {
  expect(compileGoPattern(pattern)?.(text)).toBe(is)
})

test.each(['[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[', '[^', '[^bc', 'a[', '*[', '[]', '[^]', '\\', 'a\\', '[\\'])(
  '%s is no pattern',
  (pattern) => {
    expect(compileGoPattern(pattern)).toBeUndefined()
  },
)

test.each([
  ['a', false],
  ['a*', true],
  ['\\*', false],
  ['\\\\*', true],
  ['a\\[b]', false],
  ['\\', false],
  ['a]?', true],
])('%s has wildcards: %s', (text, has) => {
  expect(hasWildcards(text)).toBe(has)
})

/** One part of a pattern: how it is written, and what it may stand for. */
interface Part {
  readonly written: string
  /** Whether it may stand for the first so many characters. */
  readonly takes: (text: string) => readonly number[]
}

const one = (test: (character: string) => boolean) => (text: string) => (text !== '' && test(text[0] ?? '') ? [1] : [])
const letter = fc.constantFrom(...Array.from('abc-]^*?[\\'))
const member = letter.map((text) => ({ text, written: `\\${text}` }))
const range = fc.tuple(member, member).map(([low, high]) => ({
  written: `${low.written}-${high.written}`,
  has: (character: string) => low.text <= character && character <= high.text,
}))
const part: fc.Arbitrary<Part> = fc.oneof(
  letter.map((text) => ({ written: `\\${text}`, takes: one((character) => character === text) })),
  fc.constant({ written: '?', takes: one(() => true) }),
  fc.constant({
    written: '*',
    takes: (text: string) => Array.from({ length: text.length + 1 }, (_, length) => length),
  }),
  fc.tuple(fc.boolean(), fc.array(range, { minLength: 1, maxLength: 3 })).map(([isNegated, ranges]) => ({
    written: `[${isNegated ? '^' : ''}${ranges.map(({ written }) => written).join('')}]`,
    takes: one((character) => ranges.some(({ has }) => has(character)) !== isNegated),
  })),
)

function matchesAll(parts: readonly Part[], text: string): boolean {
  const [first, ...rest] = parts
  if (first === undefined) return text === ''
  return first.takes(text).some((length) => matchesAll(rest, text.slice(length)))
}

test('a pattern matches the names, which have no slash, that trying everything says it does', () => {
  const names = fc.string({ unit: letter, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), names, (parts, name) => {
      const pattern = parts.map(({ written }) => written).join('')
      expect(compileGoPattern(pattern)?.(name)).toBe(matchesAll(parts, name))
    }),
  )
})

test('what has no wildcards and no backslash matches itself alone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      fc.pre(!hasWildcards(text) && !text.includes('\\'))
      expect(compileGoPattern(text)?.(text)).toBe(true)
      expect(compileGoPattern(text)?.(other)).toBe(text === other)
    }),
  )
})

test('no pattern is a mistake of ours', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('a-z[]^\\*?/,')) }), fc.string(), (pattern, text) => {
      expect(typeof (compileGoPattern(pattern)?.(text) ?? false)).toBe('boolean')
    }),
  )
})
