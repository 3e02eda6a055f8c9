import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/image/index.ts'
import {
  newBytes,
  newRepository,
  pushBlob,
  serveNewStore,
  storeKinds,
  streamOf,
  type ServedRegistry,
  type TestAnswer,
} from '../support/registry-server.ts'

const algorithms = ['sha256', 'sha512'] as const
const octets = { 'content-type': 'application/octet-stream' }
const nowhere = `sha256:${'0'.repeat(64)}`

/** The blob requirements of the distribution specification, one by one. */
describe.each(storeKinds)('registry with a %s store: blobs', (kind) => {
  let registry: ServedRegistry
  beforeAll(async () => {
    registry = await serveNewStore(kind)
  })
  afterAll(async () => registry.close())

  const start = async (repository: string): Promise<string> => {
    const answer = await registry.call('POST', `/v2/${repository}/blobs/uploads/`)
    expect(answer.status).toBe(202)
    return locationOf(answer)
  }
  const locationOf = (answer: TestAnswer): string => answer.headers.get('location') ?? ''
  const withDigest = (location: string, digest: string): string => `${location}?digest=${encodeURIComponent(digest)}`
  const patch = async (location: string, bytes: Uint8Array, at?: number): Promise<TestAnswer> =>
    registry.call('PATCH', location, {
      headers: at === undefined ? octets : { ...octets, 'content-range': `${at}-${at + bytes.length - 1}` },
      body: bytes,
    })
  const expectBlob = async (repository: string, bytes: Uint8Array, digest: string): Promise<void> => {
    const path = `/v2/${repository}/blobs/${digest}`
    const [head, get] = [await registry.call('HEAD', path), await registry.call('GET', path)]
    for (const answer of [head, get]) {
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-length')).toBe(String(bytes.length))
      expect(answer.headers.get('docker-content-digest')).toBe(digest)
      expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    }
    expect(head.bytes.length).toBe(0)
    expect(get.bytes.equals(bytes)).toBe(true)
  }
  const expectCreated = async (answer: TestAnswer, bytes: Uint8Array, digest: string): Promise<void> => {
    expect(answer.status).toBe(201)
    expect(answer.headers.get('docker-content-digest')).toBe(digest)
    const got = await registry.call('GET', locationOf(answer))
    expect([got.status, got.bytes.equals(bytes)]).toEqual([200, true])
  }

  test.each(['/v2/', '/v2'])('GET %s says that the API is there', async (path) => {
    const answer = await registry.call('GET', path)
    expect([answer.status, answer.headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0'])
  })

  describe.each(algorithms)('%s', (algorithm) => {
    test('POST, then PUT of everything', async () => {
      const [name, bytes] = [newRepository(), newBytes()]
      const digest = digestOf(bytes, algorithm)
      const put = { headers: octets, body: bytes }
      await expectCreated(await registry.call('PUT', withDigest(await start(name), digest), put), bytes, digest)
      await expectBlob(name, bytes, digest)
    })

    test('POST with digest and everything', async () => {
      const [name, bytes] = [newRepository(), newBytes()]
      const digest = digestOf(bytes, algorithm)
      const path = `/v2/${name}/blobs/uploads/?digest=${digest}`
      await expectCreated(await registry.call('POST', path, { headers: octets, body: bytes }), bytes, digest)
      await expectBlob(name, bytes, digest)
    })

    test('PATCH as a stream of unknown length, then PUT', async () => {
      const [name, bytes] = [newRepository(), newBytes(200_000)]
      const digest = digestOf(bytes, algorithm)
      const patched = await registry.call('PATCH', await start(name), { headers: octets, body: streamOf(bytes) })
      expect([patched.status, patched.headers.get('range')]).toEqual([202, '0-199999'])
      await expectCreated(await registry.call('PUT', withDigest(locationOf(patched), digest)), bytes, digest)
      await expectBlob(name, bytes, digest)
    })

    test.each(['PATCH', 'PUT'] as const)('chunks, the last one with %s', async (method) => {
      const [name, bytes] = [newRepository(), newBytes(3000)]
      const digest = digestOf(bytes, algorithm)
      const first = await patch(await start(name), bytes.subarray(0, 1024), 0)
      expect([first.status, first.headers.get('range')]).toEqual([202, '0-1023'])
      const second = await patch(locationOf(first), bytes.subarray(1024, 2048), 1024)
      expect([second.status, second.headers.get('range')]).toEqual([202, '0-2047'])
      const last = bytes.subarray(2048)
      if (method === 'PATCH') {
        const third = await patch(locationOf(second), last, 2048)
        expect([third.status, third.headers.get('range')]).toEqual([202, '0-2999'])
        await expectCreated(await registry.call('PUT', withDigest(locationOf(third), digest)), bytes, digest)
      } else {
        const headers = { ...octets, 'content-range': '2048-2999' }
        const put = await registry.call('PUT', withDigest(locationOf(second), digest), { headers, body: last })
        await expectCreated(put, bytes, digest)
      }
      await expectBlob(name, bytes, digest)
    })

    test.each([
      [
        'POST',
        async (name: string, digest: string, bytes: Uint8Array) =>
          registry.call('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes }),
      ],
      [
        'PUT',
        async (name: string, digest: string, bytes: Uint8Array) =>
          registry.call('PUT', withDigest(await start(name), digest), { body: bytes }),
      ],
      [
        'PUT after chunks',
        async (name: string, digest: string, bytes: Uint8Array) =>
          registry.call('PUT', withDigest(locationOf(await patch(await start(name), bytes, 0)), digest)),
      ],
      [
        'PUT after a stream',
        async (name: string, digest: string, bytes: Uint8Array) => {
          const answer = await registry.call('PATCH', await start(name), { body: streamOf(bytes) })
          return registry.call('PUT', withDigest(locationOf(answer), digest))
        },
      ],
    ])('content that is not what the digest says is refused: %s', async (_, push) => {
      const [name, bytes] = [newRepository(), newBytes()]
      const digest = digestOf(bytes, algorithm)
      const answer = await push(name, digest, Buffer.concat([bytes, Buffer.from('oh no')]))
      expect([answer.status, answer.errors]).toEqual([400, ['DIGEST_INVALID']])
      expect((await registry.call('HEAD', `/v2/${name}/blobs/${digest}`)).status).toBe(404)
    })

    test('no bytes at all', async () => {
      const [name, bytes] = [newRepository(), Buffer.alloc(0)]
      const digest = digestOf(bytes, algorithm)
      await expectCreated(await registry.call('PUT', withDigest(await start(name), digest)), bytes, digest)
      await expectBlob(name, bytes, digest)
      const answer = await registry.call('GET', `/v2/${name}/blobs/${digest}`, { headers: { range: 'bytes=0-' } })
      expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */0'])
    })

    test('is mounted from another repository, and from any', async () => {
      const [source, target, third, bytes] = [newRepository(), newRepository(), newRepository(), newBytes()]
      const { digest } = await pushBlob(registry, source, bytes, { algorithm })
      const mounted = await registry.call('POST', `/v2/${target}/blobs/uploads/?mount=${digest}&from=${source}`)
      expect(locationOf(mounted)).toBe(`/v2/${target}/blobs/${digest}`)
      await expectCreated(mounted, bytes, digest)
      await expectCreated(await registry.call('POST', `/v2/${third}/blobs/uploads/?mount=${digest}`), bytes, digest)
      expect((await registry.call('DELETE', `/v2/${source}/blobs/${digest}`)).status).toBe(202)
      await expectBlob(target, bytes, digest)
      await expectBlob(third, bytes, digest)
    })

    test('a mount of what is not there becomes an upload', async () => {
      const [source, target, bytes] = [newRepository(), newRepository(), newBytes()]
      const digest = digestOf(bytes, algorithm)
      await pushBlob(registry, source)
      for (const from of [`&from=${source}`, '', '&from=no/such/repository']) {
        const answer = await registry.call('POST', `/v2/${target}/blobs/uploads/?mount=${digest}${from}`)
        expect([answer.status, locationOf(answer).startsWith(`/v2/${target}/blobs/uploads/`)]).toEqual([202, true])
        await expectCreated(
          await registry.call('PUT', withDigest(locationOf(answer), digest), { body: bytes }),
          bytes,
          digest,
        )
        expect((await registry.call('DELETE', `/v2/${target}/blobs/${digest}`)).status).toBe(202)
      }
    })

    test('DELETE removes it at once and from this repository only', async () => {
      const [name, other, bytes] = [newRepository(), newRepository(), newBytes()]
      const { digest } = await pushBlob(registry, name, bytes, { algorithm })
      await pushBlob(registry, other, bytes, { algorithm })
      expect((await registry.call('DELETE', `/v2/${name}/blobs/${digest}`)).status).toBe(202)
      for (const method of ['HEAD', 'GET', 'DELETE']) {
        const answer = await registry.call(method, `/v2/${name}/blobs/${digest}`)
        expect([method, answer.status]).toEqual([method, 404])
        if (method !== 'HEAD') expect(answer.errors).toEqual(['BLOB_UNKNOWN'])
      }
      await expectBlob(other, bytes, digest)
      await pushBlob(registry, name, bytes, { algorithm })
      await expectBlob(name, bytes, digest)
    })
  })

  test('a blob is only in the repository that it was pushed to', async () => {
    const { digest } = await pushBlob(registry, newRepository())
    expect((await registry.call('HEAD', `/v2/${newRepository()}/blobs/${digest}`)).status).toBe(404)
  })

  test.each([
    ['bytes=500-1499', 500, 1499],
    ['bytes=500-', 500, 2047],
    ['bytes=-500', 1548, 2047],
    ['bytes=2000-5000', 2000, 2047],
    ['bytes=0-0', 0, 0],
    ['bytes=-5000', 0, 2047],
    ['Bytes=1-2', 1, 2],
  ])('range %s', async (range, first, last) => {
    const [name, bytes] = [newRepository(), newBytes(2048)]
    const { digest } = await pushBlob(registry, name, bytes)
    const answer = await registry.call('GET', `/v2/${name}/blobs/${digest}`, { headers: { range } })
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${last}/2048`)
    expect(answer.headers.get('content-length')).toBe(String(last - first + 1))
    expect(answer.bytes.equals(bytes.subarray(first, last + 1))).toBe(true)
  })

  test.each([
    ['bytes=500-0', 416],
    ['bytes=5000-10000', 416],
    ['bytes=2048-', 416],
    ['bytes=-0', 416],
    ['bytes=-', 200],
    ['bytes=a-b', 200],
    ['lines=1-2', 200],
    ['bytes=0-1,4-5', 200],
  ])('range %s gives status %i', async (range, status) => {
    const name = newRepository()
    const { digest } = await pushBlob(registry, name, newBytes(2048))
    const answer = await registry.call('GET', `/v2/${name}/blobs/${digest}`, { headers: { range } })
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.bytes.length).toBe(2048)
    else expect(answer.headers.get('content-range')).toBe('bytes */2048')
  })

  test('a chunk that skips or repeats is refused, and the upload goes on where it was', async () => {
    const [name, bytes] = [newRepository(), newBytes(2000)]
    const digest = digestOf(bytes)
    const location = await start(name)
    const early = await patch(location, bytes.subarray(1000), 1000)
    expect([early.status, early.errors]).toEqual([416, ['BLOB_UPLOAD_INVALID']])
    const first = await patch(location, bytes.subarray(0, 1000), 0)
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-999'])
    const again = await patch(location, bytes.subarray(0, 1000), 0)
    expect([again.status, again.headers.get('range'), locationOf(again)]).toEqual([416, '0-999', location])
    const gap = await registry.call('PUT', withDigest(location, digest), {
      headers: { 'content-range': '1500-1999' },
      body: bytes.subarray(1500),
    })
    expect(gap.status).toBe(416)
    const status = await registry.call('GET', location)
    expect([status.status, status.headers.get('range'), locationOf(status)]).toEqual([204, '0-999', location])
    const put = { headers: { 'content-range': '1000-1999' }, body: bytes.subarray(1000) }
    await expectCreated(await registry.call('PUT', withDigest(location, digest), put), bytes, digest)
  })

  test('an upload whose connection broke goes on from what has arrived', async () => {
    const [name, bytes] = [newRepository(), newBytes(300_000)]
    const [location, digest] = [await start(name), digestOf(bytes)]
    await new Promise<void>((resolve) => {
      const broken = request(new URL(location, `http://${registry.host}`), {
        method: 'PATCH',
        headers: { 'content-range': '0-299999', 'content-length': '300000' },
      })
      broken.on('error', () => resolve())
      // what is on its way is not what is kept: wait until the server has some
      broken.write(bytes.subarray(0, 100_000), () => void untilReceived(location, broken))
    })
    const status = await registry.call('GET', location)
    const received = Number(status.headers.get('range')?.slice(2)) + 1
    expect([status.status, received]).toEqual([204, 100_000])
    const rest = await patch(location, bytes.subarray(received), received)
    expect([rest.status, rest.headers.get('range')]).toEqual([202, '0-299999'])
    await expectCreated(await registry.call('PUT', withDigest(location, digest)), bytes, digest)
  })

  async function untilReceived(location: string, broken: ReturnType<typeof request>): Promise<void> {
    while ((await registry.call('GET', location)).headers.get('range') !== '0-99999') await Promise.resolve()
    broken.destroy()
  }

  test('a request that hangs does not keep its client from going on', async () => {
    const [name, bytes] = [newRepository(), newBytes(2000)]
    const [location, digest] = [await start(name), digestOf(bytes)]
    const hanging = request(new URL(location, `http://${registry.host}`), { method: 'PATCH' })
    const ended = new Promise((resolve) => hanging.on('error', resolve))
    hanging.write(bytes.subarray(0, 1000))
    while ((await registry.call('GET', location)).headers.get('range') !== '0-999') await Promise.resolve()
    const rest = await patch(location, bytes.subarray(1000), 1000)
    expect([rest.status, rest.headers.get('range')]).toEqual([202, '0-1999'])
    await ended
    await expectCreated(await registry.call('PUT', withDigest(location, digest)), bytes, digest)
  })

  test('DELETE cancels an upload', async () => {
    const location = await start(newRepository())
    expect((await registry.call('DELETE', location)).status).toBe(204)
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await registry.call(method, withDigest(location, nowhere))
      expect([method, answer.status, answer.errors]).toEqual([method, 404, ['BLOB_UPLOAD_UNKNOWN']])
    }
  })

  test('an upload belongs to the repository that it was started in', async () => {
    const id = (await start(newRepository())).split('/').at(-1) ?? ''
    expect((await registry.call('GET', `/v2/${newRepository()}/blobs/uploads/${id}`)).status).toBe(404)
  })

  test('uploads side by side do not mix', async () => {
    const name = newRepository()
    const blobs = Array.from({ length: 8 }, () => newBytes(100_000))
    await Promise.all(
      blobs.map(async (bytes) => {
        const answer = await registry.call('PATCH', await start(name), { body: streamOf(bytes, 7) })
        const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
        await expectCreated(await registry.call('PUT', withDigest(locationOf(answer), digest)), bytes, digest)
      }),
    )
    await Promise.all(blobs.map(async (bytes) => expectBlob(name, bytes, digestOf(bytes))))
  })

  test('the same blob pushed many times at once is there once', async () => {
    const [name, bytes] = [newRepository(), newBytes()]
    await Promise.all(Array.from({ length: 8 }, async () => pushBlob(registry, name, bytes)))
    await expectBlob(name, bytes, digestOf(bytes))
  })

  test.each([
    ['GET', '/v2/a-b/blobs/sha256:totallywrong', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a-b/blobs/md5:d41d8cd98f00b204e9800998ecf8427e', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/a-b/blobs/sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
    ['DELETE', '/v2/a-b/blobs/sha256:x', 400, 'DIGEST_INVALID'],
    ['POST', '/v2/a-b/blobs/uploads/?digest=sha256:x', 400, 'DIGEST_INVALID'],
    ['POST', '/v2/a-b/blobs/uploads/?mount=sha256:x', 400, 'DIGEST_INVALID'],
    ['POST', `/v2/a-b/blobs/uploads/?mount=${nowhere}&from=../../etc`, 400, 'NAME_INVALID'],
    ['POST', '/v2/Upper/blobs/uploads/', 400, 'NAME_INVALID'],
    ['GET', `/v2/a%2F..%2Fb/blobs/${nowhere}`, 400, 'NAME_INVALID'],
    ['GET', `/v2/_blobs/blobs/${nowhere}`, 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a/'.repeat(128)}b/blobs/${nowhere}`, 400, 'NAME_INVALID'],
    ['GET', '/v2/a-b/blobs/uploads/..%2f..%2findex.json', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/a-b/blobs/uploads/%00', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['GET', '/v2/%E0%A4%A/tags/list', 404, 'NAME_UNKNOWN'],
    ['GET', '/v1/search', 404, 'NAME_UNKNOWN'],
    ['PUT', `/v2/a-b/blobs/${nowhere}`, 405, 'UNSUPPORTED'],
    ['GET', '/v2/a-b/blobs/uploads/', 405, 'UNSUPPORTED'],
    ['POST', '/v2/', 405, 'UNSUPPORTED'],
  ])('%s %s gives %i %s', async (method, path, status, code) => {
    const answer = await registry.call(method, path)
    expect([answer.status, answer.errors]).toEqual([status, [code]])
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.json().errors[0].message).toEqual(expect.any(String))
  })

  test.each([
    ['PUT without a digest', 'PUT', {}, '', 400, 'DIGEST_INVALID'],
    ['PUT with half a digest', 'PUT', {}, '?digest=sha256:abc', 400, 'DIGEST_INVALID'],
    ['a range that is none', 'PATCH', { 'content-range': 'all' }, '', 400, 'BLOB_UPLOAD_INVALID'],
    ['a range that is longer than the body', 'PATCH', { 'content-range': '0-99' }, '', 400, 'SIZE_INVALID'],
    ['a range that ends before it starts', 'PATCH', { 'content-range': '0--1' }, '', 400, 'BLOB_UPLOAD_INVALID'],
  ])('an upload refuses %s and stays as it was', async (_, method, headers, query, status, code) => {
    const location = await start(newRepository())
    const answer = await registry.call(method, `${location}${query}`, { headers, body: 'four' })
    expect([answer.status, answer.errors]).toEqual([status, [code]])
    expect((await registry.call('GET', location)).headers.get('range')).toBe('0-0')
    expect((await patch(location, newBytes(10), 0)).status).toBe(202)
  })
})
