import { expect, test } from 'vitest'
import { createLimiter } from './limit.ts'

test('never runs more tasks at once than allowed, and runs all of them', async () => {
  const limit = createLimiter(3)
  let running = 0
  let peak = 0
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limit(async () => {
        running += 1
        peak = Math.max(peak, running)
        await new Promise((resolve) => setTimeout(resolve, index % 3))
        running -= 1
        return index
      }),
    ),
  )
  expect(peak).toBe(3)
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index))
})

test('a failing task frees its place', async () => {
  const limit = createLimiter(1)
  await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(limit(() => Promise.resolve(2))).resolves.toBe(2)
})
