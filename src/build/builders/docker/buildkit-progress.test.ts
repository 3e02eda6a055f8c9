import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBuildkitProgress } from './buildkit-progress.ts'

const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
const at = (seconds: number): string => new Date(1.7e12 + seconds * 1000).toISOString().replace('Z', '123456Z')
const printed = (vertex: string, text: string | Uint8Array, seconds = 1): object => ({
  logs: [{ vertex, stream: 1, data: Buffer.from(text).toString('base64'), timestamp: at(seconds) }],
})
const vertex = (digest: string, name: string, more: object = {}): object => ({
  vertexes: [{ digest, name, started: at(0), ...more }],
})

function linesOf(documents: readonly (object | string)[], indent?: number): readonly string[] {
  const said: string[] = []
  const reader = readBuildkitProgress((line) => said.push(line))
  for (const one of documents) {
    const text = typeof one === 'string' ? one : JSON.stringify(one, null, indent)
    for (const line of text.split('\n')) reader.read(line)
  }
  reader.end()
  return said
}

const build = [
  { vertexes: [{ digest: b, name: '[2/2] RUN echo hi' }] },
  vertex(a, '[1/2] FROM base', { completed: at(0.25) }),
  vertex(a, '[1/2] FROM base', { completed: at(0.3), cached: true }),
  vertex(b, '[2/2] RUN echo hi'),
  printed(b, 'hi\nunfin', 0.5),
  printed(b, 'ished', 0.75),
  vertex(b, '[2/2] RUN echo hi', { completed: at(2), error: 'process "x" exit code: 7' }),
  { warnings: [{ vertex: b, level: 1, short: Buffer.from('MAINTAINER is old').toString('base64') }] },
  'Dockerfile:2',
  'ERROR: failed to solve: process "x" exit code: 7',
]

test.each([
  ['in lines of their own', undefined],
  ['indented', 2],
])('documents %s become the lines of steps', (_, indent) => {
  expect(linesOf(build, indent)).toEqual([
    '#1 [1/2] FROM base',
    '#1 DONE 0.3s',
    '#1 CACHED',
    '#2 [2/2] RUN echo hi',
    '#2 0.500 hi',
    '#2 unfinished',
    '#2 ERROR: process "x" exit code: 7',
    '#2 WARN: MAINTAINER is old',
    'Dockerfile:2',
    'ERROR: failed to solve: process "x" exit code: 7',
  ])
})

test('steps that print at once do not share lines, and each end is said once', () => {
  const documents = [
    vertex(a, 'one'),
    vertex(b, 'two'),
    printed(a, 'left '),
    printed(b, 'right\n'),
    printed(a, 'side\r\n'),
    printed(b, '10%\r20%\r30%\n'),
    vertex(a, 'one', { completed: at(1) }),
    vertex(a, 'one', { completed: at(3) }),
    vertex(b, 'two', { completed: at(3), error: 'failed to solve: Canceled: context canceled' }),
  ]
  expect(linesOf(documents)).toEqual([
    '#1 one',
    '#2 two',
    '#2 1.000 right',
    '#1 1.000 left side',
    '#2 1.000 30%',
    '#1 DONE 1.0s',
    '#2 CANCELED',
  ])
})

test('parts of a step are said when they are done, and while they last every five seconds', () => {
  const part = (current: number, seconds: number, more = {}): object => ({
    statuses: [{ id: 'extracting', vertex: a, current, total: 3e6, started: at(0), timestamp: at(seconds), ...more }],
  })
  const documents = [vertex(a, 'FROM base'), part(0, 0), part(1e6, 1), part(2e6, 6), part(3e6, 7, { completed: at(7) })]
  expect(linesOf([...documents, part(3e6, 20, { completed: at(7) })])).toEqual([
    '#1 FROM base',
    '#1 extracting 2.00MB / 3.00MB',
    '#1 extracting 3.00MB / 3.00MB 7.0s done',
  ])
})

test('what is no report is passed on as it is, documents that were cut off included', () => {
  const odd = [
    '{"vertexes": 1}',
    'plain',
    '{not',
    '  json',
    '}',
    '{"logs":[{"vertex":"x","data":"?"}]}',
    '{',
    '  "half',
  ]
  expect(linesOf(odd)).toEqual(odd)
})

test('text is put together whatever pieces it comes in', () => {
  const pieceSizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), pieceSizes, (words, sizes) => {
      const lines = words.map((word) => word.replaceAll(/[\r\n]/g, ''))
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const pieces: object[] = [vertex(a, 'step')]
      for (let from = 0, next = 0; from < bytes.length; from += next) {
        next = sizes[pieces.length % sizes.length] ?? 1
        pieces.push(printed(a, bytes.subarray(from, from + next)))
      }
      expect(linesOf(pieces)).toEqual(['#1 step', ...lines.map((line) => `#1 1.000 ${line}`)])
    }),
  )
})
