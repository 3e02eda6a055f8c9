import fc from 'fast-check'
import { dump } from 'js-yaml'
import { expect, test } from 'vitest'
import { writeQuickly, type QuickLayout } from './write-quickly.ts'

function dumped(value: unknown, { indent, flatLists }: QuickLayout): string {
  return dump(value, { indent, seqNoIndent: flatLists, noRefs: true, lineWidth: -1 })
}

const affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64', 'arm64'] }] },
        { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }], list: [1, true] },
      ],
    },
  },
}

const layouts: readonly QuickLayout[] = [
  { indent: 2, flatLists: true },
  { indent: 2, flatLists: false },
  { indent: 4, flatLists: true },
  { indent: 4, flatLists: false },
  { indent: 3, flatLists: false },
]

test.each(layouts)('writes node affinity as dump does: %o', (layout) => {
  expect(writeQuickly(affinity, layout)).toBe(dumped(affinity, layout))
})

test.each([
  ['a list', [{ a: 'b' }, 'c', 1]],
  ['an image', { image: 'registry.example.com:5000/team/web:v1' }],
])('writes %s', (_, value) => {
  for (const layout of layouts) expect(writeQuickly(value, layout)).toBe(dumped(value, layout))
})

test.each([
  [{}],
  [[]],
  [{ a: {} }],
  [{ a: '' }],
  [{ a: 'yes' }],
  [{ a: '1' }],
  [{ a: 'b c' }],
  [{ '': 'a' }],
  ['a'],
  [null],
])('leaves %j to dump', (value) => {
  expect(writeQuickly(value, { indent: 2, flatLists: true })).toBeUndefined()
})

test('what it writes, it writes as dump does', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.stringMatching(/^[a-zA-Z0-9_./:-]{1,10}$/),
    fc.constantFrom(
      'y',
      'n',
      'on',
      'null',
      'true',
      '0o7',
      '1:20',
      'a:b',
      'a:1',
      '0x1',
      '1e3',
      '.inf',
      '.nan',
      '=',
      '<<',
      '-',
    ),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(value, fc.constantFrom(...layouts), (given, layout) => {
      expect([undefined, dumped(given, layout)]).toContain(writeQuickly(given, layout))
    }),
    { numRuns: 2000 },
  )
})
