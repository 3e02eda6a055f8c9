import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { runProcess } from '../../subprocess/index.ts'
import { connectKube, type KubeClient } from '../index.ts'

/** A server that lets no SPDY through, as some proxies do, and speaks WebSocket channels. */

let server: Server
let client: KubeClient

afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

type Answer = (data: Buffer, send: (channel: number, text: string | Buffer) => void, close: () => void) => void

async function serve(
  answer: Answer,
  options: { readonly protocol?: string; readonly firstStatus?: number } = {},
): Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      [...offered].find((one) => one === (options.protocol ?? 'v4.channel.k8s.io')) ?? false,
  })
  let isFirst = true
  server = createServer()
  server.on('upgrade', (req, socket, head) => {
    if (options.firstStatus !== undefined && isFirst) {
      isFirst = false
      socket.end(`HTTP/1.1 ${options.firstStatus} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
      return
    }
    if (req.headers.upgrade !== 'websocket') {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(req, socket, head, (accepted) => {
      const send = (channel: number, text: string | Buffer): void =>
        accepted.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]))
      const port = Buffer.from([0x90, 0x1f])
      if (req.url?.includes('portforward') === true) {
        send(0, port)
        send(1, port)
      }
      accepted.on('message', (data: Buffer) => answer(data, send, () => accepted.close(1000)))
      if (req.url?.includes('stdin') !== true) answer(Buffer.alloc(0), send, () => accepted.close(1000))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const target = { context: 'test', namespace: 'default', server: url, tls: { isUnverified: false }, user: {} }
  client = connectKube(target, { env: {}, runProcess })
}

const pod = { namespace: 'default', name: 'web' }

describe('a port, where SPDY is not let through', () => {
  test('is reached over channels', async () => {
    await serve((data, send, close) => {
      if (data.length === 0) return
      send(0, `got ${data.subarray(1).toString()}`)
      close()
    })
    const stream = await client.connectPort(pod, { port: 8080 })
    stream.write('hello')
    const chunks: Buffer[] = []
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('got hello')
  })

  test('on which nothing listens is an error', async () => {
    await serve((data, send) => {
      if (data.length === 0) setImmediate(() => send(1, 'connection refused'))
    })
    const stream = await client.connectPort(pod, { port: 8080 })
    const error = await new Promise((resolve) => stream.once('error', resolve))
    expect(error).toMatchObject({
      code: 'KUBE_FAILED',
      message: expect.stringContaining('connection refused') as string,
    })
  })
})

describe('a program', () => {
  test('runs over v4, whose input has no end', async () => {
    const outcome = { status: 'Success' }
    await serve((data, send, close) => {
      send(1, data.subarray(1))
      send(3, JSON.stringify(outcome))
      close()
    })
    const said: Uint8Array[] = []
    const stdin = (async function* () {
      yield Buffer.from('archive')
    })()
    await client.exec(pod, { command: ['tar'], stdin, onStdout: (chunk) => void said.push(chunk) })
    expect(Buffer.concat(said).toString()).toBe('archive')
  })

  test('of which nothing more is heard is an error', async () => {
    await serve((_data, _send, close) => close(), { protocol: 'v5.channel.k8s.io' })
    await expect(client.exec(pod, { command: ['x'] })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' })
  })

  test('that a server refuses is an error with its status', async () => {
    await serve(() => {}, { firstStatus: 403 })
    await expect(client.exec(pod, { command: ['x'] })).rejects.toMatchObject({ code: 'KUBE_FORBIDDEN' })
  })
})
