import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, type CopyResult } from '../../src/pipeline/image/index.ts'
import { parseLocation } from '../../src/transfer/index.ts'
import { at, createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { pushIndex, type PushedIndex } from '../support/platform-images.ts'
import { closeServer } from '../support/registry-fixtures.ts'

/** A copy that broke, to a registry that opens an upload for every mount, also of what it has. */

let bench: ImageBench
let near: NotedRegistry
let pushed: PushedIndex

beforeAll(async () => {
  bench = await createImageBench()
  near = await bench.serve()
  pushed = await pushIndex(near, { repository: 'app', tag: '1' })
})

afterAll(async () => {
  await bench.close()
})

interface Stubborn {
  readonly host: string
  /** So many blobs are taken; all the others are refused. */
  blobsLeft: number
  /** Method and kind, of requests for blobs. */
  readonly seen: string[]
  /** Settles once so many blobs were taken or refused. */
  answered(count: number): Promise<void>
}

/** Stands in front of a registry and takes every mount for the start of an upload. */
async function startStubborn(target: string): Promise<Stubborn> {
  let answered = 0
  let check = (): void => {}
  const server = createServer((req, res) => {
    const url = (req.url ?? '').replace(/\?mount=.*$/, '')
    if (url.includes('/blobs/')) stubborn.seen.push(kindOf(req))
    const isBlob = req.method === 'PUT' && url.includes('/blobs/')
    if (isBlob) {
      res.on('finish', () => {
        answered += 1
        check()
      })
    }
    if (isBlob && (stubborn.blobsLeft -= 1) < 0) {
      req.resume()
      res.writeHead(403, { 'content-type': 'application/json' }).end('{"errors":[{"code":"DENIED","message":"full"}]}')
      return
    }
    const onward = request(`http://${target}${url}`, { method: req.method ?? 'GET', headers: req.headers })
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    req.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop.push(async () => closeServer(server))
  const { port } = server.address() as AddressInfo
  const stubborn: Stubborn = {
    host: `127.0.0.1:${port}`,
    blobsLeft: Number.POSITIVE_INFINITY,
    seen: [],
    answered: async (count) =>
      new Promise((resolve) => {
        check = () => {
          if (answered >= count) resolve()
        }
        check()
      }),
  }
  return stubborn
}

const stop: (() => Promise<void>)[] = []

afterAll(async () => {
  await Promise.all(stop.map(async (close) => close()))
})

function kindOf({ method = '', url = '' }: IncomingMessage): string {
  return url.includes('mount=') ? 'mount' : method
}

const copy = async (from: string, to: string): Promise<CopyResult> =>
  copyImage(bench.context(), {
    from: parseLocation(from),
    to: parseLocation(to),
    platforms: [],
    referrers: false,
    allTags: false,
  })

describe.each([
  { name: 'another registry', isNear: false },
  { name: 'the same registry', isNear: true },
])('to $name', ({ isNear }) => {
  test('a copy sends nothing twice when one before it broke, and asks for nothing more when none did', async () => {
    const store = isNear ? near : await bench.serve()
    const target = await startStubborn(store.host)
    const from = isNear ? `${target.host}/app:1` : `${near.host}/app:1`
    target.blobsLeft = 6
    await expect(copy(from, `${target.host}/broken:1`)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' })
    // what was on its way when the first was refused is refused as well
    await target.answered(pushed.blobs)
    expect(target.seen).not.toContain('HEAD')
    target.blobsLeft = Number.POSITIVE_INFINITY
    const { blobs } = await copy(from, `${target.host}/broken:1`)
    expect(blobs.exists.count).toBe(6)
    expect(blobs.exists.count + blobs.uploaded.count).toBe(pushed.blobs)
    target.seen.splice(0)
    await copy(from, `${target.host}/whole${isNear ? '-near' : ''}:1`)
    expect(target.seen).not.toContain('HEAD')
    expect((await store.call('GET', `/v2/broken/manifests/${pushed.digest}`)).bytes.equals(pushed.bytes)).toBe(true)
  })
})

test('what broke once and then was copied is no resumed copy any more', async () => {
  const store = await bench.serve()
  const target = await startStubborn(store.host)
  target.blobsLeft = 0
  await expect(copy(`${near.host}/app:1`, `${target.host}/app:1`)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' })
  await target.answered(pushed.blobs)
  target.blobsLeft = Number.POSITIVE_INFINITY
  await copy(`${near.host}/app:1`, `${target.host}/app:1`)
  await pushIndex(near, { repository: 'other', tag: '1' })
  target.seen.splice(0)
  await copyImage(bench.context(), {
    from: at(near, 'other:1'),
    to: parseLocation(`${target.host}/app:2`),
    platforms: [],
    referrers: false,
    allTags: false,
  })
  expect(target.seen).not.toContain('HEAD')
})
