import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderTemplate } from './render-template.ts'
import { compileMatcher } from './regex.ts'

const run = (call: string, pattern: string, text: string): string =>
  renderTemplate(`{{${call}}}`, { P: pattern, T: text })

describe('matches as Go does', () => {
  test.each([
    ['a+b', 'xaab', 'aab'],
    ['(?i)BAR', 'xbar', 'bar'],
    ['(?i)[a-c]+', 'xABCd', 'ABC'],
    ['a|ab', 'ab', 'a'],
    ['(a|ab)(c|bcd)', 'abcd', 'abcd'],
    ['a*?b', 'aab', 'aab'],
    ['(?U)a+', 'aaa', 'a'],
    ['^b', 'a\nb', ''],
    ['(?m)^b$', 'a\nb', 'b'],
    ['a.b', 'a\nb', ''],
    ['(?s)a.b', 'a\nb', 'a\nb'],
    ['\\bfoo\\b', 'a foo-b', 'foo'],
    ['[[:alpha:]]+[[:^alpha:]]', '1abc2', 'abc2'],
    ['[^a-c]+', 'abxyzc', 'xyz'],
    ['[]a]+', 'x]a]', ']a]'],
    ['[a\\-z]+', 'b-za', '-za'],
    ['\\pL+\\p{Greek}', 'xyω', 'xyω'],
    ['\\P{L}+', 'ab12', '12'],
    ['x{2,3}', 'xxxx', 'xxx'],
    ['x{2}?', 'xxxx', 'xx'],
    ['x{,3}', 'x{,3}', 'x{,3}'],
    ['\\Qa.b*\\E+', 'a.b*', 'a.b*'],
    ['\\x41\\x{1F98A}\\n\\101', 'A🦊\nA', 'A🦊\nA'],
    ['(?P<n>\\d+)-(?<m>\\d+)', '1-22', '1-22'],
    ['(?i:A)b', 'ab aB', 'ab'],
    ['\\A\\d\\z', '5', '5'],
    ['', 'abc', ''],
  ])('%j in %j', (pattern, text, found) => {
    expect(run('regexFind .P .T', pattern, text)).toBe(found)
  })

  test.each([
    ['regexFindAll .P .T -1', 'a*', 'baaac', '[ aaa ]'],
    ['regexFindAll .P .T 2', '\\d', '1 2 3', '[1 2]'],
    ['regexReplaceAll .P .T "-"', 'x*', 'abxd', '-a-b-d-'],
    ['regexReplaceAll .P .T "${b}$a$$$9"', '(?P<a>.)(?P<b>.)', 'abcd', 'ba$dc$'],
    ['regexReplaceAllLiteral .P .T "$1"', '(b)', 'abc', 'a$1c'],
    ['regexSplit .P .T -1', 'a', 'banana', '[b n n ]'],
    ['regexSplit .P .T -1', '', 'abc', '[a b c]'],
    ['regexSplit .P .T 2', ',', 'a,b,c', '[a b,c]'],
    ['regexQuoteMeta .T', '', 'a.b*', 'a\\.b\\*'],
  ])('%s of %j in %j', (call, pattern, text, printed) => {
    expect(run(call, pattern, text)).toBe(printed)
  })

  test.each([
    '(',
    ')',
    '[a',
    'a**',
    '*a',
    '\\8',
    '\\y',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '\\1',
    'x{3,2}',
    'x{1001}',
    '[b-a]',
    '(?P<n>a)(?P<n>b)',
  ])('%j is none', (pattern) => {
    expect(() => run('regexMatch .P .T', pattern, 'a')).toThrow('error parsing regexp')
  })
})

test('finds what JavaScript finds where both mean the same', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(?:ab)', '\\w', '\\b', '^', '$')
  const part = fc
    .tuple(atom, fc.constantFrom('', '', '{2}'))
    .map(([one, count]) => (/^[\^$]|\\b/.test(one) ? one : one + count))
  const repeated = fc
    .tuple(fc.constantFrom('a', 'b', '[ab]', '(?:ab)'), fc.constantFrom('*', '+', '?', '*?', '+?'))
    .map((two) => two.join(''))
  const pattern = fc.array(fc.oneof(part, repeated, fc.constant('|')), { maxLength: 6 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(pattern, fc.stringMatching(/^[abc \n]{0,8}$/), (source, text) => {
      const found = compileMatcher(source).find(text, 0)
      const expected = new RegExp(source).exec(text)
      expect(found?.slice(0, 2)).toEqual(
        expected === null ? undefined : [expected.index, expected.index + expected[0].length],
      )
    }),
    { numRuns: 2000 },
  )
})

test.each(['(a+)+$', '(a|a)*c', '(a*)*b', '(?:a?){50}a{50}b', '((((a*)*)*)*)*b', '(.*)(.*)(.*)(.*)(.*)x'])(
  '%j takes no time that grows without bounds',
  (pattern) => {
    expect(run('regexMatch .P .T', pattern, `${'a'.repeat(300)}!`)).toBe('false')
  },
)
