import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRange } from './range.ts'

describe('byte ranges', () => {
  test.each([
    ['bytes=0-4', 10, { start: 0, end: 4 }],
    ['bytes = 2 - 3', 10, { start: 2, end: 3 }],
    ['bytes=9-', 10, { start: 9, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-30', 10, { start: 0, end: 9 }],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=5-4', 10, 'unsatisfiable'],
    [`bytes=0-${'9'.repeat(400)}`, 10, { start: 0, end: 9 }],
    ['bytes=0-1,2-3', 10, undefined],
    ['bytes', 10, undefined],
    ['', 10, undefined],
    [undefined, 10, undefined],
  ])('%s of %i bytes', (header, size, wanted) => {
    expect(parseRange(header, size)).toEqual(wanted)
  })

  test('every range lies inside of the content', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([first, last]) => `bytes=${first}-${last}`),
    )
    fc.assert(
      fc.property(text, fc.nat(), (header, size) => {
        const range = parseRange(header, size)
        if (range === undefined || range === 'unsatisfiable') return
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.end).toBeGreaterThanOrEqual(range.start)
        expect(range.end).toBeLessThan(size)
      }),
    )
  })
})
