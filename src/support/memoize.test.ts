import { expect, test } from 'vitest'
import { memoizeAsync } from './memoize.ts'

test('loads a key once, also when asked twice at the same time', async () => {
  let loads = 0
  const get = memoizeAsync(async (key: string) => {
    loads += 1
    return Promise.resolve(key.toUpperCase())
  })
  expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual(['A', 'A', 'B'])
  expect(loads).toBe(2)
})

test('forgets a failure, so that the next call tries again', async () => {
  let loads = 0
  const get = memoizeAsync(async () => {
    loads += 1
    return loads === 1 ? Promise.reject(new Error('first')) : Promise.resolve('second')
  })
  await expect(get('a')).rejects.toThrow('first')
  await expect(get('a')).resolves.toBe('second')
})
