import { expect, test } from 'vitest'
import { aDirectory, aFile, aLink, aRawLayer, gather } from '../../test/support/layers.ts'
import { formatLayerIndex, parseLayerIndex, type LayerIndexes } from './index-text.ts'
import { indexLayer } from './layer-index.ts'
import { createAllowance } from './layer-stream.ts'
import { readLayerTree, type LayerEntry } from './index.ts'

const entries: readonly LayerEntry[] = [
  aDirectory('d', { mode: 0o1755, uid: 3, gid: 4 }),
  { ...aFile('d/a', 'bytes'), xattrs: { 'user.x': Buffer.from([0, 255]), 'user.y': Buffer.from('y') } },
  { ...aFile('d/b'), kind: 'hardlink', linkTarget: 'd/a' },
  { ...aFile('d/c'), kind: 'character', device: { major: 1, minor: 3 } },
  { ...aFile('d/p'), kind: 'fifo' },
  aLink('l', 'd/\u00E4'),
  aFile('\u00E4\uDCFF', 'odd'),
]

test('what a layer holds is the same once it was written down', async () => {
  const index = await indexLayer(await aRawLayer(entries), { allowance: createAllowance() })
  expect(index.entries).toHaveLength(entries.length)
  expect(parseLayerIndex(formatLayerIndex(index))).toEqual(index)
})

test.each([
  '',
  '{',
  '{}',
  '[0,1,[]]',
  '[1,"x",[]]',
  '[1,1,[["a",99,0,0,0,0,0,0]]]',
  '[1,1,[["a",0,0,0,0,0,"x",0]]]',
  '[1,1,[1]]',
])('a text that is no index is none: %s', (text) => {
  expect(parseLayerIndex(text)).toBeUndefined()
})

function inMemory(): LayerIndexes {
  const texts = new Map<string, string>()
  return {
    get: (diffId) => texts.get(diffId),
    async put(diffId, text) {
      texts.set(diffId, text)
      await Promise.resolve()
    },
  }
}

test('a layer that is known is fetched for the bytes of a file alone', async () => {
  const indexes = inMemory()
  const raw = await aRawLayer(entries)
  let fetched = 0
  const layer = {
    ...raw,
    open(signal?: AbortSignal) {
      fetched += 1
      return raw.open(signal)
    },
  }
  await readLayerTree([layer], { indexes })
  expect(fetched).toBe(1)
  const tree = await readLayerTree([layer], { indexes })
  expect(tree.list('d').map(({ path, mode }) => [path, mode])).toContainEqual(['d/a', 0o644])
  expect(fetched).toBe(1)
  expect((await gather(tree.open('d/b'))).toString()).toBe('bytes')
  expect(fetched).toBe(2)
})

test('a layer that is known counts as much as one that is read', async () => {
  const indexes = inMemory()
  const layer = await aRawLayer(entries)
  await readLayerTree([layer], { indexes })
  const limits = [{ maxEntries: entries.length - 1 }, { maxBytes: 1024 }]
  for (const limit of limits) {
    await expect(readLayerTree([layer], { indexes, limits: limit })).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' })
  }
})
