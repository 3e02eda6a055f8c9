import { expect, test } from 'vitest'
import fc from 'fast-check'
import { imageWords, splitScript, textsOf } from './words.ts'

test.each<[string, readonly string[]]>([
  ['node a.js', ['node', 'a.js']],
  ['  node\t a.js  ', ['node', 'a.js']],
  [`node 'a b' "c \\"d\\" $E" f\\ g`, ['node', 'a b', 'c "d" $E', 'f g']],
  ['node --x="a b"c', ['node', '--x=a bc']],
  ['node $(cat "a b") "$(x y)"', ['node', '$(cat "a b")', '$(x y)']],
  ['node $(x (y) z)', ['node', '$(x (y) z)']],
  ['node a#b', ['node', 'a#b']],
])('one simple command: %s', (script, values) => {
  expect(splitScript(script)?.map(({ value }) => value)).toEqual(values)
})

test.each([
  'a && b',
  'a; b',
  'a | b',
  'a &',
  'a > b',
  '(a)',
  'a\nb',
  'a `b`',
  'A=1 a',
  'cd a',
  'if a',
  'a # b',
  "a 'b",
  'a "b',
  'a \\',
  'a $(b',
  '',
])('more than one simple command: %j', (script) => {
  expect(splitScript(script)).toBeUndefined()
})

test('the words are written as they were', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[\w./$@%+=:,-]+$/),
    fc.stringMatching(/^[^']*$/).map((text) => `'${text}'`),
    fc.stringMatching(/^[^"\\$]*$/).map((text) => `"${text}"`),
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const script = ['node', ...words].join(' ')
      expect(textsOf(splitScript(script) ?? []).join(' ')).toBe(script)
    }),
  )
})

test('Kubernetes reads the words of an image as they are in the image', () => {
  const text = fc.array(fc.constantFrom('$', '$$', '(', ')', 'A', '$(A)', ' ')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (value) => {
      expect(imageWords([value]).map((word) => expandAsKubernetes(word.text))).toEqual([value])
    }),
  )
})

/** @see https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go */
function expandAsKubernetes(text: string): string {
  return text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string) => {
    if (what === '$') return '$'
    return name === 'A' ? 'replaced' : whole
  })
}
