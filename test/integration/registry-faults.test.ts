import { afterEach, describe, expect, test } from 'vitest'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { startTokenRegistry } from '../support/auth-server.ts'
import { startFaultProxy, type Fault, type FaultProxy, type Passing } from '../support/fault-proxy.ts'
import { aBlob, aReference, aRegistry, anImage, bytesOf, someBytes, startSpy } from '../support/registry-fixtures.ts'

const mebibyte = 1024 * 1024
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

async function behind(...faults: Fault[]): Promise<FaultProxy> {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  const server = await startSpy((req, res) => void handle(req, res))
  const proxy = await startFaultProxy(server.host, faults)
  closing.push(
    async () => proxy.close(),
    async () => server.close(),
  )
  return proxy
}

function aClient(...args: Parameters<typeof aRegistry>): ReturnType<typeof aRegistry> {
  const registry = aRegistry(...args)
  closing.push(async () => registry.close())
  return registry
}

/** Pushes a blob and reads it back. */
async function roundTrip(
  proxy: FaultProxy,
  bytes: Uint8Array,
  options: Parameters<typeof aRegistry>[0] = {},
): Promise<'came back'> {
  const client = aClient(options)
  const reference = aReference(proxy.host, 'team/app')
  const blob = aBlob(bytes)
  expect(await client.pushBlob(reference, blob)).toBe('uploaded')
  const back = await bytesOf(client.getBlob(reference, blob.descriptor))
  expect(back.equals(bytes)).toBe(true)
  return 'came back'
}

function bytesUp({ passed }: FaultProxy): number {
  return passed.reduce((sum, each) => sum + each.bytesUp, 0)
}

const isBlobGet = ({ method, url }: Passing): boolean => method === 'GET' && /blobs\/sha256:/.test(url)
const isUpload = ({ method, url }: Passing): boolean => ['PUT', 'PATCH'].includes(method) && url.includes('/uploads/')
const isClosing = ({ method, url }: Passing): boolean => method === 'PUT' && url.includes('/uploads/')
const isManifest = ({ url }: Passing): boolean => url.includes('/manifests/')
const is =
  (wanted: string) =>
  ({ method }: Passing): boolean =>
    method === wanted

describe('a busy registry', () => {
  test('429 with Retry-After in seconds is obeyed in full', async () => {
    const waits: number[] = []
    const proxy = await behind({
      when: is('POST'),
      times: 2,
      trouble: { kind: 'answer', status: 429, headers: { 'retry-after': '7' } },
    })
    const sleep = async (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    await roundTrip(proxy, someBytes(1000), { http: { retry: { sleep } } })
    expect(waits).toEqual([7000, 7000])
  })

  test('429 with Retry-After as a date is obeyed in full', async () => {
    const waits: number[] = []
    const now = Date.parse('2026-11-24T12:00:00Z')
    const proxy = await behind({
      when: isManifest,
      times: 1,
      trouble: { kind: 'answer', status: 429, headers: { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' } },
    })
    const sleep = async (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    const client = aClient({ http: { retry: { sleep, now: () => now } } })
    expect(await client.resolve(aReference(proxy.host, 'a:v1'))).toBeUndefined()
    expect(waits).toEqual([30_000])
  })

  test('a wait beyond the deadline is REGISTRY_RATE_LIMITED, at once, and says when to come back', async () => {
    const proxy = await behind({
      when: isManifest,
      trouble: { kind: 'answer', status: 429, headers: { 'retry-after': '3600' }, body: 'slow down' },
    })
    await expect(aClient().getManifest(aReference(proxy.host, 'a:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
      hint: 'try again after 3600 s',
    })
    expect(proxy.passed).toHaveLength(1)
  })

  test.each([502, 503, 504, 500])('bursts of %i are waited out', async (status) => {
    const proxy = await behind({ when: () => true, times: 3, trouble: { kind: 'answer', status } })
    expect(await roundTrip(proxy, someBytes(1000))).toBe('came back')
  })

  test('503 that stays is an error after some tries', async () => {
    const proxy = await behind({ when: () => true, trouble: { kind: 'answer', status: 503 } })
    await expect(aClient().getManifest(aReference(proxy.host, 'a:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
    })
    expect(proxy.passed).toHaveLength(5)
  })

  test('503 to the body of an upload is mended without a new upload', async () => {
    const proxy = await behind({ when: isClosing, times: 1, trouble: { kind: 'answer', status: 503 } })
    await roundTrip(proxy, someBytes(1000))
    expect(proxy.passed.filter(is('POST'))).toHaveLength(1)
  })
})

describe('cut connections', () => {
  test('half of a 64 MiB layer: the other half is sent, and no more', async () => {
    const bytes = someBytes(64 * mebibyte)
    const proxy = await behind({
      when: isClosing,
      times: 1,
      trouble: { kind: 'cutRequest', afterBytes: bytes.length / 2 },
    })
    await roundTrip(proxy, bytes)
    expect(bytesUp(proxy) / bytes.length).toBeLessThan(1.1)
  })

  test('again and again: each time what is there is kept', async () => {
    const bytes = someBytes(40 * mebibyte)
    const proxy = await behind({
      when: isUpload,
      times: 4,
      trouble: { kind: 'cutRequest', afterBytes: 5 * mebibyte },
    })
    await roundTrip(proxy, bytes)
    expect(bytesUp(proxy) / bytes.length).toBeLessThan(1.1)
  })

  test('every time: the push gives up', async () => {
    const proxy = await behind({ when: isUpload, trouble: { kind: 'cutRequest', afterBytes: 0 } })
    await expect(aClient().pushBlob(aReference(proxy.host, 'a'), aBlob(someBytes(1000)))).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
    })
    expect(proxy.passed.length).toBeLessThan(60)
  })

  test('a lost answer to a finished upload: the blob is found', async () => {
    const proxy = await behind({ when: isClosing, times: 1, trouble: { kind: 'loseAnswer' } })
    await roundTrip(proxy, someBytes(1000))
    expect(bytesUp(proxy)).toBe(1000)
  })

  test('an upload that the registry forgot is begun anew', async () => {
    const proxy = await behind(
      { when: isClosing, times: 1, trouble: { kind: 'cutRequest', afterBytes: 10 } },
      {
        when: ({ method, url }) => method === 'GET' && url.includes('/uploads/'),
        times: 1,
        trouble: { kind: 'answer', status: 404 },
      },
    )
    await roundTrip(proxy, someBytes(1000))
    expect(proxy.passed.filter(is('POST'))).toHaveLength(2)
  })

  test('a download goes on where it broke', async () => {
    const bytes = someBytes(4 * mebibyte)
    const proxy = await behind({
      when: isBlobGet,
      times: 3,
      trouble: { kind: 'cutAnswer', afterBytes: mebibyte },
    })
    await roundTrip(proxy, bytes)
    const gets = proxy.passed.filter(isBlobGet)
    expect(gets.map(({ headers }) => headers.range !== undefined)).toEqual([false, true, true, true])
    expect(gets.reduce((sum, each) => sum + each.bytesDown, 0) / bytes.length).toBeLessThan(1.1)
  })

  test('a download goes on also where the registry gives no parts', async () => {
    const handle = createRegistryHandler({ store: createMemoryStore() })
    const server = await startSpy((req, res) => {
      delete req.headers.range
      void handle(req, res)
    })
    const proxy = await startFaultProxy(server.host, [
      { when: isBlobGet, times: 1, trouble: { kind: 'cutAnswer', afterBytes: mebibyte } },
    ])
    closing.push(
      async () => proxy.close(),
      async () => server.close(),
    )
    expect(await roundTrip(proxy, someBytes(2 * mebibyte))).toBe('came back')
  })
})

describe('tokens that live 5 s', () => {
  test.each(['PATCH', 'PUT'])('run out before %s: it is sent again with a new one', async (method) => {
    let clock = 0
    const handle = createRegistryHandler({ store: createMemoryStore() })
    const tokens = await startTokenRegistry({
      lifeMs: 5000,
      saysSeconds: 300,
      now: () => clock,
      inner: (req, res) => void handle(req, res),
    })
    const proxy = await startFaultProxy(tokens.registry.host, [
      // nothing bigger than 4 MiB, so that there are several chunks
      {
        when: ({ headers }) => Number(headers['content-length'] ?? 0) > 4 * mebibyte,
        trouble: { kind: 'answer', status: 413 },
      },
      {
        when: (passing) =>
          passing.method === method && Number(passing.headers['content-length']) <= 4 * mebibyte && tick(),
        times: 1,
        trouble: { kind: 'edit' },
      },
    ])
    closing.push(
      async () => proxy.close(),
      async () => tokens.close(),
    )
    function tick(): boolean {
      clock += 6000
      return true
    }
    await roundTrip(proxy, someBytes(9 * mebibyte), { now: () => clock })
    expect(tokens.auth.seen.length).toBeGreaterThanOrEqual(2)
    expect(proxy.passed.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(2)
  })
})

describe('mounts', () => {
  test.each([400, 401, 403, 404, 405, 500])('%i: the blob is sent', async (status) => {
    const proxy = await behind({
      when: ({ url }) => url.includes('mount='),
      trouble: { kind: 'answer', status },
    })
    const client = aClient()
    const blob = aBlob('shared', aReference(proxy.host, 'base/os'))
    await client.pushBlob(aReference(proxy.host, 'base/os'), aBlob('shared'))
    expect(await client.pushBlob(aReference(proxy.host, 'team/app'), blob)).toBe('uploaded')
  })

  test('202 is no mount: the upload that it opens is used', async () => {
    const proxy = await behind({
      when: ({ url }) => url.includes('mount='),
      trouble: { kind: 'edit', status: 202, headers: () => ({ location: '/v2/team/app/blobs/uploads/none' }) },
    })
    const client = aClient()
    const [from, to] = [aReference(proxy.host, 'base/os'), aReference(proxy.host, 'team/app')]
    await client.pushBlob(from, aBlob('shared'))
    // the place leads nowhere: the push has to find another way
    expect(await client.pushBlob(to, aBlob('shared', from))).toBe('uploaded')
    const posts = proxy.passed.filter(({ method, url }) => method === 'POST' && url.startsWith('/v2/team/app'))
    expect(posts.length).toBeLessThanOrEqual(2)
  })
})

describe('odd answers', () => {
  test.each([403, 405])('HEAD of a manifest → %i: it is read instead', async (status) => {
    const proxy = await behind({
      when: (passing) => passing.method === 'HEAD' && isManifest(passing),
      trouble: { kind: 'answer', status },
    })
    const client = aClient()
    const image = anImage('amd64')
    const reference = aReference(proxy.host, 'team/app:v1')
    await publishImages(client, { reference, images: [image] })
    expect(await client.resolve(reference)).toMatchObject({ digest: image.descriptor.digest })
    expect(await client.resolve({ ...reference, tag: 'v2' })).toBeUndefined()
  })

  test.each([403, 405])('HEAD of a blob → %i: it is sent', async (status) => {
    const proxy = await behind({
      when: (passing) => passing.method === 'HEAD',
      trouble: { kind: 'answer', status },
    })
    expect(await roundTrip(proxy, someBytes(1000))).toBe('came back')
  })

  test.each<[string, (location: string, host: string) => string]>([
    ['relative', (location) => location],
    ['absolute', (location, host) => `http://${host}${location}`],
    ['with a query of its own', (location) => `${location}?_state=a%2Bb%3D&x=1`],
    ['relative to its folder', (location) => location.replace(/^.*\//, '')],
  ])('Location %s', async (name, write) => {
    const proxy = await behind({
      when: is('POST'),
      trouble: {
        kind: 'edit',
        headers: (headers) => ({ ...headers, location: write(headers.location ?? '', proxy.host) }),
      },
    })
    await roundTrip(proxy, someBytes(1000))
    if (name === 'with a query of its own') {
      expect(proxy.passed.find(isClosing)?.url).toMatch(/\?_state=a%2Bb%3D&x=1&digest=sha256%3A/)
    }
  })

  test('a Range that never moves on is not believed (ECR)', async () => {
    const bytes = someBytes(20 * mebibyte)
    const proxy = await behind(
      {
        when: (passing) => isClosing(passing) && passing.headers['content-range'] === undefined,
        trouble: { kind: 'answer', status: 413 },
      },
      { when: is('PATCH'), trouble: { kind: 'edit', headers: (headers) => ({ ...headers, range: '0-8388607' }) } },
    )
    await roundTrip(proxy, bytes)
    expect(proxy.passed.filter((passing) => isUpload(passing) && passing.status < 300)).toHaveLength(3)
  })

  test.each([413, 416])('chunks above 4 MiB → %i: they get smaller (GHCR)', async (status) => {
    const bytes = someBytes(10 * mebibyte)
    const proxy = await behind({
      when: (passing) => isUpload(passing) && Number(passing.headers['content-length']) > 4 * mebibyte,
      trouble: { kind: 'answer', status },
    })
    await roundTrip(proxy, bytes)
    const good = proxy.passed.filter((passing) => isUpload(passing) && passing.status < 300)
    expect(good.map(({ bytesUp: up }) => up)).toEqual([4 * mebibyte, 4 * mebibyte, 2 * mebibyte])
  })

  test('chunks as small as the registry takes are not made smaller', async () => {
    const proxy = await behind(
      {
        when: is('POST'),
        trouble: {
          kind: 'edit',
          headers: (headers) => ({ ...headers, 'oci-chunk-min-length': String(12 * mebibyte) }),
        },
      },
      {
        when: (passing) => isClosing(passing) && passing.headers['content-range'] === undefined,
        trouble: { kind: 'answer', status: 413 },
      },
    )
    await roundTrip(proxy, someBytes(30 * mebibyte))
    const good = proxy.passed.filter((passing) => isUpload(passing) && passing.status < 300)
    expect(good.map(({ bytesUp: up }) => up)).toEqual([12 * mebibyte, 12 * mebibyte, 6 * mebibyte])
  })

  test('an OCI index that is refused is an error that says what to do (SWR)', async () => {
    const proxy = await behind({
      when: ({ method, headers }) => method === 'PUT' && headers['content-type'] === mediaTypes.oci.index,
      trouble: {
        kind: 'answer',
        status: 400,
        body: JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID', message: "fail to parse 'manifest.json'" }] }),
      },
    })
    const images = [anImage('amd64'), anImage('arm64')]
    await expect(
      publishImages(aClient(), { reference: aReference(proxy.host, 'team/app:v1'), images }),
    ).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringContaining("MANIFEST_INVALID: fail to parse 'manifest.json'"),
      hint: expect.stringContaining(mediaTypes.oci.index),
    })
  })
})

describe('half a push', () => {
  test.each([
    ['a layer', (passing: Passing) => isClosing(passing), 403, 'REGISTRY_DENIED'],
    ['a manifest', (passing: Passing) => passing.method === 'PUT' && isManifest(passing), 400, 'REGISTRY_FAILED'],
  ] as const)('%s that is refused: no tag is written, and the next push completes', async (_, when, status, code) => {
    const proxy = await behind({ when, times: 1, trouble: { kind: 'answer', status } })
    const reference = aReference(proxy.host, 'team/app:v1')
    const images = [anImage('amd64'), anImage('arm64')]
    await expect(publishImages(aClient(), { reference, images })).rejects.toMatchObject({ code })
    expect(await aClient().resolve(reference)).toBeUndefined()
    const { digest } = await publishImages(aClient(), { reference, images })
    expect(await aClient().resolve(reference)).toMatchObject({ digest })
  })
})

describe('wrong content', () => {
  test('a manifest whose digest is another is DIGEST_MISMATCH', async () => {
    const proxy = await behind({
      when: (passing) => passing.method === 'GET' && isManifest(passing),
      trouble: { kind: 'corrupt' },
    })
    const client = aClient()
    const image = anImage('amd64')
    await publishImages(client, { reference: aReference(proxy.host, 'a:v1'), images: [image] })
    await expect(client.getManifest(aReference(proxy.host, 'a:v1'))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    const pinned = aReference(proxy.host, `a@${image.descriptor.digest}`)
    await expect(client.getManifest(pinned)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('a registry that stored something else is DIGEST_MISMATCH', async () => {
    const proxy = await behind({
      when: ({ method, headers }) => method === 'PUT' && headers['content-type'] === mediaTypes.oci.manifest,
      trouble: {
        kind: 'edit',
        headers: (headers) => ({ ...headers, 'docker-content-digest': aBlob('other').descriptor.digest }),
      },
    })
    await expect(
      publishImages(aClient(), { reference: aReference(proxy.host, 'a:v1'), images: [anImage('amd64')] }),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test.each(['corrupt', 'truncate'] as const)('a blob that comes %s is DIGEST_MISMATCH', async (kind) => {
    const trouble = kind === 'corrupt' ? { kind } : { kind, afterBytes: 500 }
    const proxy = await behind(
      { when: ({ method, headers }) => method === 'GET' && headers.range === undefined, trouble },
      {
        when: ({ headers }) => headers.range !== undefined,
        trouble: { kind: 'answer', status: 200, body: 'x'.repeat(500) },
      },
    )
    await expect(roundTrip(proxy, someBytes(1000))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})

describe('other origins', () => {
  test('no credential ever leaves its origin: blobs, uploads and pages that lead elsewhere', async () => {
    const elsewhere = await startSpy((req, res) => {
      req.resume()
      req.on('end', () => res.writeHead(req.method === 'GET' ? 200 : 201).end('content'))
    })
    const login = `Basic ${Buffer.from('me:secret').toString('base64')}`
    const registry = await startSpy((req, res) => {
      req.resume()
      if (req.headers.authorization !== login) res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      else if (req.method === 'HEAD') res.writeHead(404).end()
      else if (req.method === 'POST') res.writeHead(202, { location: `${elsewhere.url}/upload?sig=1` }).end()
      else if (req.url?.includes('/tags/')) {
        res.writeHead(200, { link: `<${elsewhere.url}/page>; rel="next"` }).end('{"tags":["a"]}')
      } else res.writeHead(307, { location: `${elsewhere.url}/blob` }).end()
    })
    closing.push(
      async () => elsewhere.close(),
      async () => registry.close(),
    )
    const auths = {
      [registry.host]: { auth: Buffer.from('me:secret').toString('base64') },
      [elsewhere.host]: { auth: Buffer.from('other:secret').toString('base64') },
    }
    const client = aClient({ env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } })
    const reference = aReference(registry.host, 'team/app')
    const blob = aBlob('content')
    expect((await bytesOf(client.getBlob(reference, blob.descriptor))).toString()).toBe('content')
    expect(await client.pushBlob(reference, blob)).toBe('uploaded')
    await expect(client.listTags(reference)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER_INVALID' })
    expect(
      elsewhere.seen.map(({ method, url, authorization }) => [method, url.replace(/digest=.*/, ''), authorization]),
    ).toEqual([
      ['GET', '/blob', undefined],
      ['PUT', '/upload?sig=1&', undefined],
    ])
  })
})
