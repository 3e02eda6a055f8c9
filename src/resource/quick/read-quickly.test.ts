import fc from 'fast-check'
import { constructFromEvents, dump, parseEvents } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { kubectlSchema } from '../kubectl-schema.ts'
import { buildTree } from '../node.ts'
import { plainValue } from './plain.ts'
import { readTreeQuickly, readValueQuickly } from './read-quickly.ts'

/** What the parser for all of YAML says. */
function readSlowly(text: string): ReturnType<typeof readTreeQuickly> {
  const events = parseEvents(text, {})
  const root = buildTree(text, events, (_, reason) => {
    throw new Error(reason)
  })
  const [value] = constructFromEvents(events, { source: text, schema: kubectlSchema })
  return root === undefined ? undefined : { root, value }
}

function expectSame(text: string): void {
  const quick = readTreeQuickly(text)
  expect(readValueQuickly(text)).toEqual(quick === undefined ? undefined : { value: quick.value })
  if (quick !== undefined) expect(quick).toEqual(readSlowly(text))
}

const manifests = [
  `# of the team
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the name
  labels: {app: web, "quoted": 'it''s', port: 8080, mode: "on"}
  annotations:
    example.com/some.key: "a \\"b\\" \\u00e9\\x41"
    empty:
    number: '010'
spec:
  replicas: 010
  template:
    spec:
      containers:
      - name: web
        image: registry.example.com:5000/team/web:v1@sha256:00

        # a comment
        args: ["--port=8080", '-v', -5, 1e3, yes, null, ~, x-y]
        command:
          - sh
          - -c
          - |
            set -e

            echo "a: b" # no comment
              more
          - >-
            folded
            text

            end
        env: []
        resources: {}
      -   name: second
          image: "b"
          ports:
          - - 1
            - 2
          - {
              name: http,
              port: 80 # of http
            }
`,
  'kind: List\nitems:\n- a: 1\n- b: |+\n    keep\n\n\n- c: .5\n  d: -.5e1\n  e: 1_000\n- \n  f: 0x1F\n-\n    g: 12:30\n',
  '{"apiVersion": "v1", "kind": "ConfigMap",\n  "data": {"a":"b","n":[1,2.5,true,null,{"x":[]}]}}\n',
  'a: {on: 1, n: 2, "yes": 3}\n',
  'a: b: c\n',
  'a: "x\n  y"\n',
  'a: &x 1\nb: *x\n',
  'a: 1\na: 2\n',
  'a:\n  - b\n c: d\n',
  "a: 'x' y\n",
  'a: [1, 2\n]\n',
  'a:\n- b\n- c\nd: e',
]

describe('reads what it reads as the parser for all of YAML', () => {
  test.each(manifests)('%#', (text) => {
    expectSame(text)
  })

  test.each(manifests.slice(0, 3))('and reads ordinary manifests %#', (text) => {
    expect(readTreeQuickly(text)).toBeDefined()
  })

  test('whatever is done to a manifest', () => {
    const marks = [
      '\n',
      ' ',
      '  ',
      ':',
      ': ',
      '- ',
      '-',
      '#',
      ' #',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ',',
      '|',
      '>',
      '|-\n',
    ]
    const rare = ['&a ', '*a', '!!str ', '? ', '%', '@', '`', '\\', '\t', '\r\n', '---', '...', '<<', '~', '\u2028']
    const parts = [
      '0',
      '1_0',
      'é',
      'a: b',
      '\n  ',
      '\n    x: y',
      'yes',
      '"k": ',
      '__proto__: 1',
      '\u0085',
      '😀',
      '\u0000',
    ]
    const bits = [...marks, ...rare, ...parts]
    const edit = fc.record({ at: fc.nat(2000), remove: fc.nat(4), insert: fc.constantFrom('', ...bits) })
    fc.assert(
      fc.property(fc.constantFrom(...manifests), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        let changed = text
        for (const { at, remove, insert } of edits) {
          const start = at % (changed.length + 1)
          changed = changed.slice(0, start) + insert + changed.slice(start + remove)
        }
        expectSame(changed)
      }),
      { numRuns: 1500 },
    )
  })

  test('whatever text there is of what YAML is made of', () => {
    const line = fc.record({
      column: fc.integer({ min: 0, max: 4 }),
      text: fc.array(
        fc.constantFrom(
          'a',
          'b',
          ': ',
          ':',
          '- ',
          '-',
          '"',
          "'",
          '[',
          ']',
          '{',
          '}',
          ', ',
          '#',
          ' # c',
          '|',
          '>-',
          ' ',
          '1',
          '~',
        ),
        { maxLength: 6 },
      ),
    })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 7 }), (lines) => {
        expectSame(lines.map(({ column, text }) => `${' '.repeat(column)}${text.join('')}`).join('\n'))
      }),
      { numRuns: 1500 },
    )
  })

  test('whatever value is written in whatever layout', () => {
    const scalar = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.constantFrom(
        'yes',
        'null',
        '010',
        '1e3',
        '12:30',
        ' a',
        'a ',
        'a\nb\n',
        '\n',
        'a: b',
        '# c',
        '- d',
        '<<',
        '',
        '0o7',
      ),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 3 }),
      ),
    }))
    const layout = fc.record({
      indent: fc.constantFrom(1, 2, 4),
      seqNoIndent: fc.boolean(),
      flowLevel: fc.constantFrom(-1, 0, 2),
      lineWidth: fc.constantFrom(-1, 40),
    })
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 8 }), value, { minKeys: 1 }), layout, (document, options) => {
        expectSame(dump(document, options))
      }),
      { numRuns: 400 },
    )
  })
})

test('plain scalars mean what the schema says', () => {
  expect(plainValue('yes')).toBe(true)
  const text = fc.oneof(
    fc.constantFrom(
      'null',
      'Null',
      '~',
      'y',
      'Y',
      'yes',
      'Yes',
      'YES',
      'yEs',
      'n',
      'no',
      'On',
      'OFF',
      'true',
      'False',
      'tRUE',
    ),
    fc.stringMatching(/^[-+]?[0-9_.xobXOeE+-]{1,8}$/),
    fc.stringMatching(/^[a-zA-Z~0-9._-]{1,6}$/),
  )
  fc.assert(
    fc.property(text, (plain) => {
      fc.pre(plain !== '-')
      const source = `[${plain}]`
      const found = constructFromEvents(parseEvents(source, {}), { source, schema: kubectlSchema })
      expect(found).toEqual([[plainValue(plain)]])
    }),
    { numRuns: 1500 },
  )
})
