import { expect, test } from 'vitest'
import { createBlobBars, type BlobBars } from './blob-bars.ts'

const digest = (number: number): string => `sha256:${String(number).padStart(64, '0')}`

function progress(bars: BlobBars, number: number, doneBytes: number): void {
  bars.note({ type: 'blobProgress', image: 'app', digest: digest(number), sizeBytes: 4_000_000, doneBytes })
}

test('a blob has a bar from its first bytes until it is there', () => {
  const bars = createBlobBars()
  expect(bars.isEmpty).toBe(true)
  progress(bars, 1, 1_000_000)
  expect(bars.lines(80)).toEqual([`  sha256:000000000000  ${'█'.repeat(6)}${'░'.repeat(18)}  1MB/4MB`])
  progress(bars, 1, 4_000_000)
  expect(bars.lines(80)).toEqual([`  sha256:000000000000  ${'█'.repeat(24)}  4MB/4MB`])
  bars.note({ type: 'blobPushed', image: 'app', digest: digest(1), sizeBytes: 4_000_000, how: 'uploaded' })
  expect(bars.lines(80)).toEqual([])
  expect(bars.isEmpty).toBe(true)
})

test('a narrow terminal gets no bar, and no line is too long', () => {
  const bars = createBlobBars()
  progress(bars, 1, 1_000_000)
  expect(bars.lines(40)).toEqual(['  sha256:000000000000  1MB/4MB'])
  expect(bars.lines(10)).toEqual(['  sha256:0'])
})

test('many blobs are counted', () => {
  const bars = createBlobBars()
  for (let number = 0; number < 11; number += 1) progress(bars, number, 1)
  expect(bars.lines(80)).toHaveLength(9)
  expect(bars.lines(80).at(-1)).toBe('  and 3 more')
})
