import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  createHttpClient,
  isLoopbackHost,
  proxyFromEnv,
  readBytes,
  readJson,
  readText,
  type HttpClient,
} from './index.ts'
import { proxyFor } from './proxy.ts'
import { retryAfterMs } from './retry.ts'

const open: (Server | HttpClient)[] = []

afterEach(async () => {
  await Promise.all(
    open.splice(0).map(async (each) => {
      if ('request' in each) return each.close()
      each.closeAllConnections()
      return new Promise((resolve) => each.close(resolve))
    }),
  )
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function aClient(options: Parameters<typeof createHttpClient>[0] = {}): { client: HttpClient; waits: number[] } {
  const waits: number[] = []
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms)
    return Promise.resolve()
  }
  const client = createHttpClient({ ...options, retry: { sleep, ...options.retry } })
  open.push(client)
  return { client, waits }
}

describe('requests', () => {
  test('a streamed body arrives whole, with its length', async () => {
    const url = await serve((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => res.end(JSON.stringify([req.headers['content-length'], Buffer.concat(chunks).toString()])))
    })
    const { client } = aClient()
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab')
      yield Buffer.from('cd')
    }
    const response = await client.request({ method: 'PUT', url, body, headers: { 'content-length': '4' } })
    expect(await readJson(response, { maxBytes: 100 })).toEqual(['4', 'abcd'])
  })

  test('a redirect is given back, not followed', async () => {
    const url = await serve((_, res) => res.writeHead(307, { location: 'http://127.0.0.1:1/' }).end())
    const response = await aClient().client.request({ method: 'GET', url })
    expect(response).toMatchObject({ status: 307, headers: { location: 'http://127.0.0.1:1/' } })
    await response.discard()
  })

  test('a body is not read beyond what is allowed', async () => {
    const url = await serve((_, res) => res.end('x'.repeat(1000)))
    const response = await aClient().client.request({ method: 'GET', url })
    await expect(readBytes(response, { maxBytes: 999 })).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' })
  })

  test('what a body throws comes out as it is', async () => {
    const url = await serve((req, res) => req.on('end', () => res.end()).resume())
    const mine = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    // oxlint-disable-next-line require-yield -- fails before its first chunk
    async function* body(): AsyncGenerator<Uint8Array> {
      throw mine
    }
    await expect(aClient().client.request({ method: 'PUT', url, body })).rejects.toBe(mine)
  })

  test('an abort throws its reason, before the headers and in the body', async () => {
    const url = await serve((req, res) => {
      if (req.url === '/body') res.writeHead(200).write('x')
    })
    const { client } = aClient()
    for (const path of ['/headers', '/body']) {
      const controller = new AbortController()
      const reason = new Error('enough')
      setTimeout(() => controller.abort(reason), 30)
      const read = async (): Promise<string> =>
        readText(await client.request({ method: 'GET', url: url + path, signal: controller.signal }), { maxBytes: 9 })
      await expect(read()).rejects.toBe(reason)
    }
  })

  test('never more requests at once than allowed', async () => {
    let running = 0
    let peak = 0
    const url = await serve((_, res) => {
      running += 1
      peak = Math.max(peak, running)
      setTimeout(() => {
        running -= 1
        res.end()
      }, 5)
    })
    const { client } = aClient({ maxPerOrigin: 3 })
    await Promise.all(Array.from({ length: 12 }, async () => (await client.request({ method: 'GET', url })).discard()))
    expect(peak).toBe(3)
  })
})

describe('failures', () => {
  test('a refused connection is told at once', async () => {
    const { client, waits } = aClient()
    const failed = client.request({ method: 'GET', url: 'http://127.0.0.1:1/v2/?token=secret' })
    await expect(failed).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      message: 'http://127.0.0.1:1/v2/: the connection was refused',
    })
    expect(waits).toEqual([])
  })

  test('https to a server without TLS is a certificate failure', async () => {
    const url = await serve((_, res) => res.end())
    const failed = aClient().client.request({ method: 'GET', url: url.replace('http:', 'https:') })
    await expect(failed).rejects.toMatchObject({ code: 'HTTP_CERTIFICATE' })
  })

  test('a connection cut inside a body is an interruption', async () => {
    const url = await serve((_, res) => {
      res.writeHead(200, { 'content-length': '100000' }).write('half')
      setTimeout(() => res.destroy(), 10)
    })
    const response = await aClient().client.request({ method: 'GET', url })
    await expect(readBytes(response, { maxBytes: 100 })).rejects.toMatchObject({ code: 'HTTP_INTERRUPTED' })
  })

  test('a connection cut inside a small body is tried again', async () => {
    let seen = 0
    const url = await serve((_, res) => {
      seen += 1
      res.writeHead(200, { 'content-length': '4' }).write(seen === 1 ? 'ha' : 'half')
      if (seen === 1) setTimeout(() => res.destroy(), 10)
    })
    const response = await aClient().client.request({ method: 'GET', url })
    expect([await readText(response, { maxBytes: 100 }), seen]).toEqual(['half', 2])
  })

  test('requests one after the other take one connection, HEAD as well', async () => {
    const connections = new Set<unknown>()
    const url = await serve((req, res) => {
      connections.add(req.socket)
      res.writeHead(200, { 'content-length': '4' }).end(req.method === 'HEAD' ? undefined : 'body')
    })
    const { client } = aClient()
    for (const method of ['GET', 'HEAD', 'POST', 'GET'] as const) await client.request({ method, url })
    expect(connections.size).toBe(1)
  })
})

describe('trying again', () => {
  async function flaky(failures: readonly (number | 'cut')[], headers: Record<string, string> = {}): Promise<string> {
    let seen = 0
    return serve((req, res) => {
      const failure = failures[seen]
      seen += 1
      if (failure === 'cut') req.socket.destroy()
      else res.writeHead(failure ?? 200, headers).end(String(seen))
    })
  }

  test.each([
    ['GET', [503, 'cut'], 200, 2],
    ['HEAD', [429], 200, 1],
    ['PUT', [500, 502, 504, 408], 408, 3],
    ['POST', [503], 503, 0],
    ['GET', [404], 404, 0],
    ['GET', [501], 501, 0],
    ['GET', [507], 507, 0],
    ['GET', [499, 522, 524], 200, 3],
  ] as const)('%s after %j ends with %i after %i waits', async (method, failures, status, waited) => {
    const url = await flaky(failures)
    const { client, waits } = aClient()
    const body = method === 'PUT' ? { body: 'x' } : {}
    const response = await client.request({ method, url, ...body })
    await response.discard()
    expect(response.status).toBe(status)
    expect(waits).toHaveLength(waited)
  })

  test('a POST that may be repeated is', async () => {
    const { client, waits } = aClient()
    const response = await client.request({ method: 'POST', url: await flaky([503]), isRepeatable: true })
    expect([await readText(response, { maxBytes: 9 }), waits.length]).toEqual(['2', 1])
  })

  test('waits as long as the server asks for, and not at all when that is too long', async () => {
    const patient = aClient()
    await (await patient.client.request({ method: 'GET', url: await flaky([429], { 'retry-after': '7' }) })).discard()
    expect(patient.waits).toEqual([7000])
    const hasty = aClient({ retry: { maxWaitMs: 5000 } })
    const response = await hasty.client.request({ method: 'GET', url: await flaky([429], { 'retry-after': '7' }) })
    await response.discard()
    expect([response.status, hasty.waits]).toEqual([429, []])
  })

  test.each([
    ['3', 3000],
    ['Tue, 24 Nov 2026 10:00:05 GMT', 5000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('Retry-After: %s is %s ms', (header, ms) => {
    expect(retryAfterMs(header, Date.parse('2026-11-24T10:00:00Z'))).toBe(ms)
  })
})

describe('proxies', () => {
  test.each([
    ['https://registry.example.com/', 'example.com', undefined],
    ['https://registry.example.com/', '.example.com', undefined],
    ['https://example.com/', '.example.com', 'http://proxy:3128'],
    ['https://notexample.com/', 'example.com', 'http://proxy:3128'],
    ['https://10.1.2.3/', '10.0.0.0/8', undefined],
    ['https://11.1.2.3/', '10.0.0.0/8,12.0.0.0/8', 'http://proxy:3128'],
    ['https://[fd00::1]/', 'fd00::/8', undefined],
    ['https://example.com:8443/', 'example.com:443', 'http://proxy:3128'],
    ['https://example.com/', 'a, example.com:443', undefined],
    ['https://example.com/', '*', undefined],
    ['https://localhost:5000/', '', undefined],
    ['http://example.com/', '', undefined],
  ])('%s with NO_PROXY=%s goes through %s', (url, noProxy, proxy) => {
    expect(proxyFor(new URL(url), { https: 'proxy:3128', noProxy })).toBe(proxy)
  })

  test('lower-case names win', () => {
    expect(proxyFromEnv({ HTTP_PROXY: 'a', http_proxy: 'b', NO_PROXY: 'c' })).toEqual({ http: 'b', noProxy: 'c' })
  })

  test('plain http is asked of the proxy with the whole URL', async () => {
    const proxy = await serve((req, res) => res.end(`${req.method} ${req.url}`))
    const { client } = aClient({ proxy: { http: proxy } })
    const response = await client.request({ method: 'GET', url: 'http://registry.invalid/v2/' })
    expect(await readText(response, { maxBytes: 100 })).toBe('GET http://registry.invalid/v2/')
  })

  test.each([
    ['localhost:5000', true],
    ['LOCALHOST', true],
    ['a.localhost', true],
    ['127.9.9.9:1', true],
    ['[::1]:5000', true],
    ['::1', true],
    ['localhost.example.com', false],
    ['128.0.0.1', false],
    ['10.0.0.1:5000', false],
  ])('%s is loopback: %s', (host, is) => {
    expect(isLoopbackHost(host)).toBe(is)
  })
})
