import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ToolError } from '../errors/index.ts'
import { digestOf } from '../image/index.ts'
import type { RegistryStore } from './contract.ts'
import { createRegistryHandler } from './handler.ts'
import { createMemoryStore } from './memory-store.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const servers: Server[] = []
afterEach(async () => {
  agent.destroy()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

interface Called {
  readonly status: number | undefined
  readonly text: string
  readonly localPort: number | undefined
}

interface Sent {
  readonly body?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Serves a store; all calls go over one connection as long as it lives. */
async function serve(store: RegistryStore): Promise<{
  readonly told: unknown[]
  readonly call: (method: string, path: string, sent?: Sent) => Promise<Called>
}> {
  const told: unknown[] = []
  const handler = createRegistryHandler({ store, onError: (error) => told.push(error) })
  const server = createServer((req, res) => void handler(req, res))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    told,
    call: async (method, path, { body, headers = {} } = {}) => {
      const req = request({ host: '127.0.0.1', port, path, method, agent, headers })
      const response = new Promise<IncomingMessage>((resolve, reject) =>
        req.on('response', resolve).on('error', reject),
      )
      req.end(body)
      const answer = await response
      const { localPort } = answer.socket
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      return { status: answer.statusCode, text: Buffer.concat(chunks).toString(), localPort }
    },
  }
}

function failingAppend(error: Error): RegistryStore {
  const store = createMemoryStore()
  return {
    ...store,
    uploads: {
      ...store.uploads,
      async append(_repository, _id, source) {
        for await (const _ of source) throw error
        return 0
      },
    },
  }
}

describe('a failing store', () => {
  test.each([
    [new Error('secret'), 500, 'the registry failed'],
    [new ToolError('DISK_FULL', 'no room left to write /secret'), 507, 'the registry has no room left'],
  ])('%s', async (error, status, message) => {
    const { told, call } = await serve(failingAppend(error))
    const body = Buffer.alloc(8_000_000)
    const first = await call('POST', `/v2/app/blobs/uploads/?digest=${digestOf(body)}`, { body })
    expect([first.status, JSON.parse(first.text)]).toEqual([status, { errors: [{ code: 'UNKNOWN', message }] }])
    expect(told).toEqual([error])
    const second = await call('GET', '/v2/')
    expect([second.status, second.localPort]).toEqual([200, first.localPort])
  })

  test('that fails in the middle of a blob cuts the connection', async () => {
    const store = createMemoryStore()
    const error = new Error('unreadable')
    const { told, call } = await serve({
      ...store,
      blobs: {
        ...store.blobs,
        stat: async () => Promise.resolve(10),
        async *open() {
          yield Buffer.from('half')
          throw error
        },
      },
    })
    await expect(call('GET', `/v2/app/blobs/${digestOf(Buffer.from('x'))}`)).rejects.toThrow(/aborted|hang up/)
    expect(told).toEqual([error])
  })
})

describe('requests', () => {
  test.each(['http://elsewhere/v2/', '/v2/?x', '/v2/?x?y=%'])('%s is understood', async (path) => {
    const { call } = await serve(createMemoryStore())
    expect((await call('GET', path)).status).toBe(200)
  })

  test.each(['//', '/\\', '/v2/a/../../x', '*', '/v2/a/blobs/uploads/../../../x'])('%s is nothing', async (path) => {
    const { told, call } = await serve(createMemoryStore())
    expect((await call('GET', path)).status).toBe(404)
    expect(told).toEqual([])
  })

  test('a refused body does not end the connection', async () => {
    const { call } = await serve(createMemoryStore())
    const first = await call('PUT', '/v2/', { body: Buffer.alloc(8_000_000) })
    const second = await call('GET', '/v2/')
    expect([first.status, second.status, second.localPort]).toEqual([405, 200, first.localPort])
  })

  test('ranges are for GET only', async () => {
    const { call } = await serve(createMemoryStore())
    const body = Buffer.from('content')
    await call('POST', `/v2/app/blobs/uploads/?digest=${digestOf(body)}`, { body })
    const head = await call('HEAD', `/v2/app/blobs/${digestOf(body)}`, { headers: { range: 'bytes=1-2' } })
    expect(head.status).toBe(200)
  })
})
