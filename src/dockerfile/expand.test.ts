import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLexer } from './expand.ts'
import { SubstitutionError } from './substitution-error.ts'

const variables = new Map([
  ['FULL', 'xxyy'],
  ['EMPTY', ''],
  ['PATH', '/a/b/c.txt'],
  ['STARS', 'a***yy*'],
  ['ODD', '()[]{}^$.*?|\\x'],
  ['SPACED', 'one  two'],
  ['SLASH', '/b'],
  ['KOREAN', '한국어'],
])
const expand = createLexer({ escape: '\\' })

describe('variables', () => {
  test.each([
    ['plain', 'plain'],
    ['$FULL', 'xxyy'],
    ['${FULL}z', 'xxyyz'],
    ['$FULLz', ''],
    ['$MISSING|', '|'],
    ['$KOREAN', '한국어'],
    ['a$', 'a$'],
    ['$.', '$.'],
    ['$1x', 'x'],
    ['$@x', 'x'],
    ['\\$FULL', '$FULL'],
    ['"\\$FULL"', '$FULL'],
    ["'$FULL'", '$FULL'],
    ['"$FULL"', 'xxyy'],
    ['"a \'b\'"', "a 'b'"],
    ['a\\ b', 'a b'],
    ['"a\\b"', 'a\\b'],
    ['"a\\""', 'a"'],
    ['end\\', 'end'],
    ['${FULL:-w} ${EMPTY:-w} ${MISSING:-w}', 'xxyy w w'],
    ['${FULL-w} ${EMPTY-w} ${MISSING-w}', 'xxyy  w'],
    ['${FULL:+w} ${EMPTY:+w} ${MISSING:+w}', 'w  '],
    ['${FULL+w} ${EMPTY+w} ${MISSING+w}', 'w w '],
    ['${MISSING:-$FULL}', 'xxyy'],
    ['${MISSING:-${EMPTY:-in}}', 'in'],
    ['${MISSING:-"a b"}', 'a b'],
    ['${FULL?e} ${FULL:?e} ${EMPTY?e}', 'xxyy xxyy '],
    ['${FULL#x} ${FULL##x} ${FULL#*x} ${FULL##*x}', 'xyy xyy xyy yy'],
    ['${FULL#*} ${FULL##*} ${FULL#}', 'xxyy  xxyy'],
    ['${FULL%y} ${FULL%y*} ${FULL%%y*} ${FULL%q}', 'xxy xxy xx xxyy'],
    ['${STARS%%\\**\\*}', 'a'],
    ['${ODD#()[]{\\}^$.\\*\\?|\\\\}', 'x'],
    ['${PATH##*/}', 'c.txt'],
    ['${PATH%.txt}', '/a/b/c'],
    ['${PATH/$SLASH/.} ${PATH//\\//:}', '/a./c.txt :a:b:c.txt'],
    ['${PATH/zz/yy}', '/a/b/c.txt'],
    ['${FULL//x/} ${FULL//?/-}', 'yy ----'],
    ['${MISSING/x/y}', ''],
  ])('%s is %s', (text, expected) => {
    expect(expand(text, variables).text).toBe(expected)
  })

  test.each([
    '${MISSING?why}',
    '${EMPTY:?why}',
    '${FULL',
    '${',
    '${}',
    '${{x}}',
    '${:x}',
    '${FULL=x}',
    '${FULL!x}',
    '${FULL:=x}',
    '${FULL/x}',
    '${FULL/x/y',
    '${FULL#\\x}',
    '"open',
    "'open",
  ])('%s is an error', (text) => {
    expect(() => expand(text, variables)).toThrow(SubstitutionError)
  })

  test('what ? says is in the error', () => {
    expect(() => expand('${MISSING?set it to $FULL}', variables)).toThrow('MISSING: set it to xxyy')
    expect(() => expand('${MISSING?}', variables)).toThrow('MISSING: must be set')
  })
})

describe('words', () => {
  test.each([
    ['a b', ['a', 'b']],
    ['  a\t b ', ['a', 'b']],
    ['$SPACED', ['one', 'two']],
    ['"$SPACED"', ['one  two']],
    ['x$SPACED', ['xone', 'two']],
    ['"" a', ['a']],
    ['a\\ b c', ['a b', 'c']],
    ["'a b'c", ['a bc']],
    ['', []],
  ])('%s', (text, words) => {
    expect(expand(text, variables).words).toEqual(words)
  })
})

describe('options', () => {
  test('another escape character', () => {
    const lexer = createLexer({ escape: '`' })
    expect(lexer('a`$FULL C:\\$FULL', variables).text).toBe('a$FULL C:\\xxyy')
  })

  test('quotes mean nothing in documents', () => {
    const lexer = createLexer({ escape: '\\', ignoreQuotes: true })
    expect(lexer('it\'s "$FULL" \\$FULL', variables).text).toBe('it\'s "xxyy" $FULL')
  })

  test('what is not set can stay', () => {
    const lexer = createLexer({ escape: '\\', keepUnset: true })
    expect(lexer('$MISSING ${MISSING} ${MISSING:-a} ${MISSING/a/b} $FULL', variables).text).toBe(
      '$MISSING ${MISSING} ${MISSING:-a} ${MISSING/a/b} xxyy',
    )
  })

  test('quotes and escapes can stay', () => {
    const lexer = createLexer({ escape: '\\', keepQuotes: true, keepEscapes: true })
    expect(lexer('a\\b "c\\"d" \'e\'', variables).text).toBe('a\\b "c\\"d" \'e\'')
  })
})

test('a text without special characters stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/[$'"\\]/.test(text))
      expect(expand(text, variables).text).toBe(text)
    }),
  )
})

test('a quoted value comes through as it is', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(expand('"$V"', new Map([['V', value]])).text).toBe(value)
      expect(expand('${V:-x}', new Map([['V', `v${value}`]])).text).toBe(`v${value}`)
    }),
  )
})

test('any text is read or refused, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('$', '{', '}', ':', '-', '#', '%', '/', '"', "'", '\\', 'A', ' '), { maxLength: 14 }),
      (parts) => {
        try {
          expand(parts.join(''), variables)
        } catch (error) {
          expect(error).toBeInstanceOf(SubstitutionError)
        }
      },
    ),
    { numRuns: 500 },
  )
})
