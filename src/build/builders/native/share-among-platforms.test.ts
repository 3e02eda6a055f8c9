import { describe, expect, test } from 'vitest'
import type { Content, FileNode } from './file-tree.ts'
import type { Place } from './graft.ts'
import { shareAmongPlatforms } from './share-among-platforms.ts'

const content: Content = {
  sizeBytes: 0,
  async *open() {
    yield await Promise.resolve(new Uint8Array())
  },
  facts: async () => Promise.resolve({ id: 'a', head: new Uint8Array() }),
  known: () => undefined,
}
const { signal } = new AbortController()

function aPlace(path: string, change: Partial<FileNode> = {}): Place {
  return { path, node: { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, content, ...change } }
}

function counted(): { readonly make: (places: readonly Place[]) => Promise<number>; readonly calls: () => number } {
  let calls = 0
  const make = shareAmongPlatforms(async () => {
    calls += 1
    await Promise.resolve()
    return calls
  })
  return { make: async (places) => make(places, signal), calls: () => calls }
}

const one = {}
const two = {}

describe('work that platforms share', () => {
  test.each<[string, readonly Place[], readonly Place[], number]>([
    ['the same places', [aPlace('a'), aPlace('b')], [aPlace('a'), aPlace('b')], 1],
    ['another path', [aPlace('a')], [aPlace('b')], 2],
    ['one place more', [aPlace('a')], [aPlace('a'), aPlace('b')], 2],
    ['another mode', [aPlace('a')], [aPlace('a', { mode: 0o755 })], 2],
    ['another owner', [aPlace('a')], [aPlace('a', { uid: 5 })], 2],
    ['another content', [aPlace('a')], [aPlace('a', { content: { ...content } })], 2],
    ['copies that correspond', [aPlace('a', { copy: one })], [aPlace('a', { copy: two })], 1],
    [
      'copies that do not correspond',
      [aPlace('a', { copy: one }), aPlace('b', { copy: one })],
      [aPlace('a', { copy: one }), aPlace('b', { copy: two })],
      2,
    ],
    [
      'copies that were two and are one',
      [aPlace('a', { copy: one }), aPlace('b', { copy: two })],
      [aPlace('a', { copy: one }), aPlace('b', { copy: one })],
      2,
    ],
  ])('with %s', async (_, first, second, calls) => {
    const work = counted()
    await Promise.all([work.make(first), work.make(second)])
    expect(work.calls()).toBe(calls)
  })

  test('is done again when it is over, and after a failure', async () => {
    const work = counted()
    await work.make([aPlace('a')])
    await work.make([aPlace('a')])
    expect(work.calls()).toBe(2)
    const failing = shareAmongPlatforms(async () => Promise.reject(new Error('no')))
    await expect(failing([aPlace('a')], signal)).rejects.toThrow('no')
    await expect(failing([aPlace('a')], signal)).rejects.toThrow('no')
  })
})
