import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createQueue } from './queue.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('gathers until nothing was added for the quiet time', async () => {
  const queue = createQueue(100)
  const taken = vi.fn()
  const taking = queue.take().then(taken)
  queue.add('b')
  await vi.advanceTimersByTimeAsync(60)
  queue.add('a')
  await vi.advanceTimersByTimeAsync(60)
  expect(taken).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(40)
  await taking
  expect(taken).toHaveBeenCalledWith(['a', 'b'])
})

test('gives what never ends after ten times as long', async () => {
  const queue = createQueue(100)
  const taken = vi.fn()
  void queue.take().then(taken)
  for (let elapsedMs = 0; elapsedMs < 950; elapsedMs += 50) {
    queue.add('a')
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(taken).not.toHaveBeenCalled()
  queue.add('a')
  await vi.advanceTimersByTimeAsync(50)
  expect(taken).toHaveBeenCalledWith(['a'])
})
