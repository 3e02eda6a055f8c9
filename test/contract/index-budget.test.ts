import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, createIndexOf } from '../../src/pipeline/image/index.ts'
import { parseLocation, type Location } from '../../src/transfer/index.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry, type SeenRequest } from '../support/image-bench.ts'
import { pushAlone, pushIndex } from '../support/platform-images.ts'

/** How many requests the jobs take on an index of seven platforms, all anonymous and without referrers. */

let bench: ImageBench
let near: NotedRegistry
let far: NotedRegistry

beforeAll(async () => {
  bench = await createImageBench()
  near = await bench.serve()
  far = await bench.serve()
})

afterAll(async () => {
  await bench.close()
})

async function copy(from: Location, to: Location): Promise<readonly SeenRequest[]> {
  near.take()
  far.take()
  await copyImage(bench.context(), { from, to, platforms: [], referrers: false, allTags: false })
  return [...near.take(), ...far.take()]
}

test('stitching seven tags of one repository takes 15 requests and one to read the tag back', async () => {
  const tags = await pushAlone(near, 'stitch/app', 'one')
  near.take()
  const { index } = await createIndexOf(bench.context(), {
    to: [at(near, 'stitch/app:all')],
    sources: tags.map((tag) => at(near, `stitch/app:${tag}`)),
    platforms: [],
    annotations: [],
    dryRun: false,
  })
  expect(index.index.manifests).toHaveLength(7)
  const seen = near.take()
  expect(count(seen, 'GET', '/manifests/')).toBe(7)
  expect(count(seen, 'GET', '/blobs/')).toBe(7)
  expect(count(seen, 'PUT', '/manifests/all')).toBe(1)
  expect(count(seen, 'HEAD', '/manifests/all')).toBe(1)
  expect(seen).toHaveLength(16)
})

test('a copy within the registry mounts everything: at most 40 requests for 22 blobs', async () => {
  const pushed = await pushIndex(near, { repository: 'small/app', tag: '1' })
  expect(pushed.blobs).toBe(22)
  const seen = await copy(at(near, 'small/app:1'), at(near, 'other/app:1'))
  expect(seen.length).toBeLessThanOrEqual(40)
  expect(count(seen, 'POST', 'mount=')).toBe(22)
  expect(count(seen, 'GET', '/blobs/')).toBe(0)
  const again = await copy(at(near, 'small/app:1'), at(near, 'other/app:1'))
  expect(again.length).toBeLessThanOrEqual(3)
})

test('a copy to another registry takes at most 125 requests for 36 blobs, and moves no byte twice', async () => {
  const pushed = await pushIndex(near, { repository: 'big/app', tag: '1', ownLayers: 4, layerBytes: 20_000 })
  expect(pushed.blobs).toBe(36)
  const seen = await copy(at(near, 'big/app:1'), at(far, 'copy/app:1'))
  expect(seen.length).toBeLessThanOrEqual(125)
  expect(count(seen, 'GET', '/blobs/')).toBe(36)
  const blobBytes = seen.filter(({ url }) => url.includes('/blobs/uploads/')).reduce((sum, one) => sum + one.bytesUp, 0)
  expect(blobBytes).toBe(pushed.blobBytes)
  const again = await copy(at(near, 'big/app:1'), at(far, 'copy/app:1'))
  expect(again.length).toBeLessThanOrEqual(3)
})

test('what a broken copy brought is not brought again', async () => {
  const pushed = await pushIndex(near, { repository: 'half/app', tag: '1' })
  await copy(at(near, `half/app@${pushed.images[0]?.digest ?? ''}`), at(far, 'half/app:part'))
  const seen = await copy(at(near, 'half/app:1'), at(far, 'half/app:1'))
  expect(count(seen, 'GET', '/blobs/')).toBe(22 - 4)
})

test('another name in the same repository needs no more than the index itself', async () => {
  await pushIndex(near, { repository: 'retag/app', tag: '1' })
  const seen = await copy(at(near, 'retag/app:1'), at(near, 'retag/app:stable'))
  expect(seen.map(({ method }) => method).sort()).toEqual(['GET', 'HEAD', 'PUT'])
})

describe('referrers cost', () => {
  const copyAll = async (from: Location, to: Location): Promise<void> =>
    void (await copyImage(bench.context(), { from, to, platforms: [], referrers: true, allTags: false }))

  const about = (lines: readonly string[]): readonly string[] =>
    lines.filter((url) => /\/(?:referrers|tags)\//.test(url))

  test('a list for each image and one of tags, where the registry lists referrers', async () => {
    await pushIndex(near, { repository: 'about/app', tag: '1' })
    near.take()
    await copyAll(at(near, 'about/app:1'), at(far, 'about/app:1'))
    expect(about(near.take().map(({ url }) => url))).toHaveLength(8 + 1)
  })

  test('one question and one list of tags, where it does not', async () => {
    await pushIndex(near, { repository: 'bare/app', tag: '1' })
    const old = await startFaultProxy(near.host, [
      { when: ({ url }) => url.includes('/referrers/'), trouble: { kind: 'answer', status: 404 } },
    ])
    await copyAll(parseLocation(`${old.host}/bare/app:1`), at(far, 'bare/app:1'))
    const urls = old.passed.map(({ url }) => url)
    expect(about(urls)).toHaveLength(2)
    expect(urls.filter((url) => url.includes('/manifests/sha256-'))).toEqual([])
    await old.close()
  })
})

function count(seen: readonly SeenRequest[], method: string, part: string): number {
  return seen.filter((one) => one.method === method && one.url.includes(part)).length
}
