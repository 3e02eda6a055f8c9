import { expect, test } from 'vitest'
import { createJournal, type Journal } from './journal.ts'

async function collect(journal: Journal, signal = new AbortController().signal): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for await (const { n } of journal.read(signal)) found.push(n)
  return found
}

test('every reader gets what was before it and what comes after, in order', async () => {
  const journal = createJournal()
  journal.add({ n: 1 })
  const early = collect(journal)
  journal.add({ n: 2 })
  await Promise.resolve()
  const late = collect(journal)
  journal.add({ n: 3 })
  journal.close()
  journal.add({ n: 4 })
  expect(await early).toEqual([1, 2, 3])
  expect(await late).toEqual([1, 2, 3])
})

test('a reader that was away loses what is too old, and nothing else', async () => {
  const journal = createJournal(10)
  const reader = journal.read(new AbortController().signal)
  journal.add({ n: 0 })
  expect(await reader.next()).toEqual({ done: false, value: { n: 0 } })
  for (let n = 1; n <= 13; n += 1) journal.add({ n })
  expect(await reader.next()).toEqual({ done: false, value: { n: 3 } })
  journal.close()
  expect(await collect(journal)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
})

test('what is cleared is not read, also by who had not come so far', async () => {
  const journal = createJournal()
  journal.add({ n: 1 })
  const reader = journal.read(new AbortController().signal)
  expect(await reader.next()).toEqual({ done: false, value: { n: 1 } })
  journal.add({ n: 2 })
  journal.clear()
  journal.add({ n: 3 })
  expect(await reader.next()).toEqual({ done: false, value: { n: 3 } })
  journal.close()
  expect(await reader.next()).toEqual({ done: true, value: undefined })
})

test('a reader that is aborted while it waits ends', async () => {
  const journal = createJournal()
  const stop = new AbortController()
  const reader = collect(journal, stop.signal)
  stop.abort()
  expect(await reader).toEqual([])
})
