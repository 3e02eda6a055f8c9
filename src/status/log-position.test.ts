import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogPosition } from './log-position.ts'

/** What kubelet gives of a log since a second. */
function since(lines: readonly string[], time: string | undefined): readonly string[] {
  if (time === undefined) return lines
  return lines.filter((line) => Date.parse(line.slice(0, line.indexOf(' '))) >= Date.parse(time))
}

const line = fc.record({
  isLater: fc.boolean(),
  delay: fc.constantFrom(0, 0.4, 0.9),
  text: fc.constantFrom('a', 'b', '', '2026-01-01T00:00:00Z x'),
})
const zone = fc.constantFrom('Z', '+02:00')

test('however often a log breaks off, each line is told once', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(12)), zone, (written, cuts, of) => {
      let second = 1
      const lines = written.map(({ isLater, delay, text }) => {
        second += isLater ? 1 : 0
        // the streams of a program mix, so that times may go back a little
        const time = new Date(1_000 * (second - delay)).toISOString().slice(0, 23)
        return `${time}${of} ${text}`
      })
      const position = createLogPosition()
      const told = [...cuts, lines.length].flatMap((cut) =>
        since(lines, position.resume())
          .slice(0, cut)
          .flatMap((one) => position.take(one) ?? []),
      )
      expect(told).toEqual(written.map(({ text }) => text))
    }),
  )
})

test('lines without times are told as they are', () => {
  const position = createLogPosition()
  expect(['plain', 'two words', ''].map((text) => position.take(text))).toEqual(['plain', 'two words', ''])
  expect(position.resume()).toBeUndefined()
})
